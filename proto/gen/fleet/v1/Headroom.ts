// Original file: proto/fleet/v1/agent.proto

import type { Priority as _fleet_v1_Priority, Priority__Output as _fleet_v1_Priority__Output } from '../../fleet/v1/Priority.ts';
import type { Long } from '@grpc/proto-loader';

export interface Headroom {
  'gpu'?: (string);
  'priority'?: (_fleet_v1_Priority);
  'bytes'?: (number | string | Long);
  'marginBytes'?: (number | string | Long);
  'residentBytes'?: (number | string | Long);
  'isLiteral'?: (boolean);
  '_marginBytes'?: "marginBytes";
  '_residentBytes'?: "residentBytes";
}

export interface Headroom__Output {
  'gpu': (string);
  'priority': (_fleet_v1_Priority__Output);
  'bytes': (number);
  'marginBytes'?: (number);
  'residentBytes'?: (number);
  'isLiteral': (boolean);
  '_marginBytes'?: "marginBytes";
  '_residentBytes'?: "residentBytes";
}

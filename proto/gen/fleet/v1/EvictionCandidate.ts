// Original file: proto/fleet/v1/local.proto

import type { Priority as _fleet_v1_Priority, Priority__Output as _fleet_v1_Priority__Output } from '../../fleet/v1/Priority.ts';
import type { Long } from '@grpc/proto-loader';

export interface EvictionCandidate {
  'consumerId'?: (string);
  'gpu'?: (string);
  'label'?: (string);
  'subsystem'?: (string);
  'priority'?: (_fleet_v1_Priority);
  'vramBytes'?: (number | string | Long);
  'idleMs'?: (number | string | Long);
  'score'?: (number | string);
}

export interface EvictionCandidate__Output {
  'consumerId': (string);
  'gpu': (string);
  'label': (string);
  'subsystem': (string);
  'priority': (_fleet_v1_Priority__Output);
  'vramBytes': (number);
  'idleMs': (number);
  'score': (number);
}

// Original file: proto/fleet/v1/operator.proto

import type { Priority as _fleet_v1_Priority, Priority__Output as _fleet_v1_Priority__Output } from '../../fleet/v1/Priority.ts';
import type { Long } from '@grpc/proto-loader';

export interface Admissible {
  'priority'?: (_fleet_v1_Priority);
  'bytes'?: (number | string | Long);
  'largestBytes'?: (number | string | Long);
}

export interface Admissible__Output {
  'priority': (_fleet_v1_Priority__Output);
  'bytes': (number);
  'largestBytes': (number);
}

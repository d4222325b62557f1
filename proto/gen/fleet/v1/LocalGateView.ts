// Original file: proto/fleet/v1/local.proto

import type { Priority as _fleet_v1_Priority, Priority__Output as _fleet_v1_Priority__Output } from '../../fleet/v1/Priority.ts';
import type { Long } from '@grpc/proto-loader';

export interface LocalGateView {
  'priority'?: (_fleet_v1_Priority);
  'gate'?: (number | string);
  'live'?: (number);
  'refusals'?: (number | string | Long);
  'headroomBytes'?: (number | string | Long);
  'structurallyStarved'?: (boolean);
}

export interface LocalGateView__Output {
  'priority': (_fleet_v1_Priority__Output);
  'gate': (number);
  'live': (number);
  'refusals': (number);
  'headroomBytes': (number);
  'structurallyStarved': (boolean);
}

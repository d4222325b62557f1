// Original file: proto/fleet/v1/operator.proto

import type { Lane as _fleet_v1_Lane, Lane__Output as _fleet_v1_Lane__Output } from '../../fleet/v1/Lane.ts';

export interface LaneSlots {
  'lane'?: (_fleet_v1_Lane);
  'free'?: (number);
  'taken'?: (number);
}

export interface LaneSlots__Output {
  'lane': (_fleet_v1_Lane__Output);
  'free': (number);
  'taken': (number);
}

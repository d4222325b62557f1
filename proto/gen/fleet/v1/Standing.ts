// Original file: proto/fleet/v1/agent.proto

import type { Long } from '@grpc/proto-loader';

// Original file: proto/fleet/v1/agent.proto

export const _fleet_v1_Standing_Level = {
  LEVEL_UNSPECIFIED: 'LEVEL_UNSPECIFIED',
  LEVEL_WELL: 'LEVEL_WELL',
  LEVEL_THROTTLED: 'LEVEL_THROTTLED',
  LEVEL_DRAINED: 'LEVEL_DRAINED',
  LEVEL_QUARANTINED: 'LEVEL_QUARANTINED',
} as const;

export type _fleet_v1_Standing_Level =
  | 'LEVEL_UNSPECIFIED'
  | 0
  | 'LEVEL_WELL'
  | 1
  | 'LEVEL_THROTTLED'
  | 2
  | 'LEVEL_DRAINED'
  | 3
  | 'LEVEL_QUARANTINED'
  | 4

export type _fleet_v1_Standing_Level__Output = typeof _fleet_v1_Standing_Level[keyof typeof _fleet_v1_Standing_Level]

export interface Standing {
  'seq'?: (number | string | Long);
  'gpu'?: (string);
  'standing'?: (_fleet_v1_Standing_Level);
  'reason'?: (string);
  'cure'?: (string);
}

export interface Standing__Output {
  'seq': (number);
  'gpu': (string);
  'standing': (_fleet_v1_Standing_Level__Output);
  'reason': (string);
  'cure': (string);
}

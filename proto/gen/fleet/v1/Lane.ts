// Original file: proto/fleet/v1/types.proto

export const Lane = {
  LANE_UNSPECIFIED: 'LANE_UNSPECIFIED',
  LANE_GPU: 'LANE_GPU',
  LANE_CPU: 'LANE_CPU',
} as const;

export type Lane =
  | 'LANE_UNSPECIFIED'
  | 0
  | 'LANE_GPU'
  | 1
  | 'LANE_CPU'
  | 2

export type Lane__Output = typeof Lane[keyof typeof Lane]

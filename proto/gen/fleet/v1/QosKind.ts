// Original file: proto/fleet/v1/local.proto

export const QosKind = {
  QOS_UNSPECIFIED: 'QOS_UNSPECIFIED',
  QOS_FRAME_MISS: 'QOS_FRAME_MISS',
  QOS_LATENCY: 'QOS_LATENCY',
  QOS_STALL: 'QOS_STALL',
} as const;

export type QosKind =
  | 'QOS_UNSPECIFIED'
  | 0
  | 'QOS_FRAME_MISS'
  | 1
  | 'QOS_LATENCY'
  | 2
  | 'QOS_STALL'
  | 3

export type QosKind__Output = typeof QosKind[keyof typeof QosKind]

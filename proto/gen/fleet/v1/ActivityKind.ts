// Original file: proto/fleet/v1/local.proto

export const ActivityKind = {
  ACTIVITY_UNSPECIFIED: 'ACTIVITY_UNSPECIFIED',
  ACTIVITY_CALL: 'ACTIVITY_CALL',
  ACTIVITY_RINGING: 'ACTIVITY_RINGING',
  ACTIVITY_TYPING: 'ACTIVITY_TYPING',
  ACTIVITY_MID_TURN: 'ACTIVITY_MID_TURN',
  ACTIVITY_IDLE: 'ACTIVITY_IDLE',
} as const;

export type ActivityKind =
  | 'ACTIVITY_UNSPECIFIED'
  | 0
  | 'ACTIVITY_CALL'
  | 1
  | 'ACTIVITY_RINGING'
  | 2
  | 'ACTIVITY_TYPING'
  | 3
  | 'ACTIVITY_MID_TURN'
  | 4
  | 'ACTIVITY_IDLE'
  | 5

export type ActivityKind__Output = typeof ActivityKind[keyof typeof ActivityKind]

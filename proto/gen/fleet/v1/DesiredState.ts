// Original file: proto/fleet/v1/types.proto

export const DesiredState = {
  DESIRED_STATE_UNSPECIFIED: 'DESIRED_STATE_UNSPECIFIED',
  DESIRED_STATE_DISABLED: 'DESIRED_STATE_DISABLED',
  DESIRED_STATE_DOWN: 'DESIRED_STATE_DOWN',
  DESIRED_STATE_UP: 'DESIRED_STATE_UP',
  DESIRED_STATE_PAUSED: 'DESIRED_STATE_PAUSED',
} as const;

export type DesiredState =
  | 'DESIRED_STATE_UNSPECIFIED'
  | 0
  | 'DESIRED_STATE_DISABLED'
  | 1
  | 'DESIRED_STATE_DOWN'
  | 2
  | 'DESIRED_STATE_UP'
  | 3
  | 'DESIRED_STATE_PAUSED'
  | 4

export type DesiredState__Output = typeof DesiredState[keyof typeof DesiredState]

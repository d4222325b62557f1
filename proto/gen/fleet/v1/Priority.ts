// Original file: proto/fleet/v1/types.proto

export const Priority = {
  PRIORITY_UNSPECIFIED: 'PRIORITY_UNSPECIFIED',
  PRIORITY_REALTIME: 'PRIORITY_REALTIME',
  PRIORITY_INTERACTIVE: 'PRIORITY_INTERACTIVE',
  PRIORITY_BACKGROUND: 'PRIORITY_BACKGROUND',
  PRIORITY_BATCH: 'PRIORITY_BATCH',
} as const;

export type Priority =
  | 'PRIORITY_UNSPECIFIED'
  | 0
  | 'PRIORITY_REALTIME'
  | 1
  | 'PRIORITY_INTERACTIVE'
  | 2
  | 'PRIORITY_BACKGROUND'
  | 3
  | 'PRIORITY_BATCH'
  | 4

export type Priority__Output = typeof Priority[keyof typeof Priority]

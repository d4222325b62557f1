// Original file: proto/fleet/v1/types.proto

export const JobKind = {
  JOB_KIND_UNSPECIFIED: 'JOB_KIND_UNSPECIFIED',
  JOB_KIND_TASK: 'JOB_KIND_TASK',
  JOB_KIND_SERVICE: 'JOB_KIND_SERVICE',
} as const;

export type JobKind =
  | 'JOB_KIND_UNSPECIFIED'
  | 0
  | 'JOB_KIND_TASK'
  | 1
  | 'JOB_KIND_SERVICE'
  | 2

export type JobKind__Output = typeof JobKind[keyof typeof JobKind]

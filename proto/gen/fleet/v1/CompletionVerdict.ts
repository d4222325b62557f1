// Original file: proto/fleet/v1/agent.proto

import type { Long } from '@grpc/proto-loader';

// Original file: proto/fleet/v1/agent.proto

export const _fleet_v1_CompletionVerdict_Status = {
  STATUS_UNSPECIFIED: 'STATUS_UNSPECIFIED',
  STATUS_ACCEPTED: 'STATUS_ACCEPTED',
  STATUS_STALE: 'STATUS_STALE',
  STATUS_UNSTAGED: 'STATUS_UNSTAGED',
} as const;

export type _fleet_v1_CompletionVerdict_Status =
  | 'STATUS_UNSPECIFIED'
  | 0
  | 'STATUS_ACCEPTED'
  | 1
  | 'STATUS_STALE'
  | 2
  | 'STATUS_UNSTAGED'
  | 3

export type _fleet_v1_CompletionVerdict_Status__Output = typeof _fleet_v1_CompletionVerdict_Status[keyof typeof _fleet_v1_CompletionVerdict_Status]

export interface CompletionVerdict {
  'token'?: (number | string | Long);
  'status'?: (_fleet_v1_CompletionVerdict_Status);
}

export interface CompletionVerdict__Output {
  'token': (number);
  'status': (_fleet_v1_CompletionVerdict_Status__Output);
}

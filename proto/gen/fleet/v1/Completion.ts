// Original file: proto/fleet/v1/agent.proto

import type { Long } from '@grpc/proto-loader';

// Original file: proto/fleet/v1/agent.proto

export const _fleet_v1_Completion_Outcome = {
  OUTCOME_UNSPECIFIED: 'OUTCOME_UNSPECIFIED',
  OUTCOME_OK: 'OUTCOME_OK',
  OUTCOME_OWN_FAILURE: 'OUTCOME_OWN_FAILURE',
  OUTCOME_OOM: 'OUTCOME_OOM',
  OUTCOME_INFRA_LOST: 'OUTCOME_INFRA_LOST',
  OUTCOME_PREEMPTED: 'OUTCOME_PREEMPTED',
  OUTCOME_CANCELLED: 'OUTCOME_CANCELLED',
  OUTCOME_WEDGED: 'OUTCOME_WEDGED',
} as const;

export type _fleet_v1_Completion_Outcome =
  | 'OUTCOME_UNSPECIFIED'
  | 0
  | 'OUTCOME_OK'
  | 1
  | 'OUTCOME_OWN_FAILURE'
  | 2
  | 'OUTCOME_OOM'
  | 3
  | 'OUTCOME_INFRA_LOST'
  | 4
  | 'OUTCOME_PREEMPTED'
  | 5
  | 'OUTCOME_CANCELLED'
  | 6
  | 'OUTCOME_WEDGED'
  | 7

export type _fleet_v1_Completion_Outcome__Output = typeof _fleet_v1_Completion_Outcome[keyof typeof _fleet_v1_Completion_Outcome]

export interface Completion {
  'token'?: (number | string | Long);
  'outcome'?: (_fleet_v1_Completion_Outcome);
  'exitCode'?: (number);
  'detail'?: (string);
  'manifestSha256'?: (string);
  'resultJson'?: (string);
  'peakVramBytes'?: (number | string | Long);
  'ranMs'?: (number | string | Long);
}

export interface Completion__Output {
  'token': (number);
  'outcome': (_fleet_v1_Completion_Outcome__Output);
  'exitCode': (number);
  'detail': (string);
  'manifestSha256': (string);
  'resultJson': (string);
  'peakVramBytes': (number);
  'ranMs': (number);
}

// Original file: proto/fleet/v1/operator.proto

import type { SubmitVerdict as _fleet_v1_SubmitVerdict, SubmitVerdict__Output as _fleet_v1_SubmitVerdict__Output } from '../../fleet/v1/SubmitVerdict.ts';

export interface SubmitBatchReply {
  'verdicts'?: (_fleet_v1_SubmitVerdict)[];
}

export interface SubmitBatchReply__Output {
  'verdicts': (_fleet_v1_SubmitVerdict__Output)[];
}

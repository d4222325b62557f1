// Original file: proto/fleet/v1/operator.proto

import type { SubmitRequest as _fleet_v1_SubmitRequest, SubmitRequest__Output as _fleet_v1_SubmitRequest__Output } from '../../fleet/v1/SubmitRequest.ts';

export interface SubmitBatchRequest {
  'jobs'?: (_fleet_v1_SubmitRequest)[];
}

export interface SubmitBatchRequest__Output {
  'jobs': (_fleet_v1_SubmitRequest__Output)[];
}

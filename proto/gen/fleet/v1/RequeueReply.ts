// Original file: proto/fleet/v1/operator.proto

import type { Refusal as _fleet_v1_Refusal, Refusal__Output as _fleet_v1_Refusal__Output } from '../../fleet/v1/Refusal.ts';

export interface RequeueReply {
  'requeued'?: (string)[];
  'refused'?: (_fleet_v1_Refusal)[];
}

export interface RequeueReply__Output {
  'requeued': (string)[];
  'refused': (_fleet_v1_Refusal__Output)[];
}

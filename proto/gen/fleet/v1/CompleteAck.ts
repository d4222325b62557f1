// Original file: proto/fleet/v1/agent.proto

import type { CompletionVerdict as _fleet_v1_CompletionVerdict, CompletionVerdict__Output as _fleet_v1_CompletionVerdict__Output } from '../../fleet/v1/CompletionVerdict.ts';

export interface CompleteAck {
  'verdicts'?: (_fleet_v1_CompletionVerdict)[];
}

export interface CompleteAck__Output {
  'verdicts': (_fleet_v1_CompletionVerdict__Output)[];
}

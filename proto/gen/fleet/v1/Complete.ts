// Original file: proto/fleet/v1/agent.proto

import type { Completion as _fleet_v1_Completion, Completion__Output as _fleet_v1_Completion__Output } from '../../fleet/v1/Completion.ts';

export interface Complete {
  'completions'?: (_fleet_v1_Completion)[];
}

export interface Complete__Output {
  'completions': (_fleet_v1_Completion__Output)[];
}

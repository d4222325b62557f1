// Original file: proto/fleet/v1/operator.proto

import type { OverrideView as _fleet_v1_OverrideView, OverrideView__Output as _fleet_v1_OverrideView__Output } from '../../fleet/v1/OverrideView.ts';

export interface ListOverridesReply {
  'overrides'?: (_fleet_v1_OverrideView)[];
}

export interface ListOverridesReply__Output {
  'overrides': (_fleet_v1_OverrideView__Output)[];
}

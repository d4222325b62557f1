// Original file: proto/fleet/v1/operator.proto

import type { DesiredState as _fleet_v1_DesiredState, DesiredState__Output as _fleet_v1_DesiredState__Output } from '../../fleet/v1/DesiredState.ts';

export interface SetDesiredRequest {
  'state'?: (_fleet_v1_DesiredState);
  'isForced'?: (boolean);
  'reason'?: (string);
  'isEnable'?: (boolean);
  'isNow'?: (boolean);
  'isLossAccepted'?: (boolean);
  'isRollbackAccepted'?: (boolean);
}

export interface SetDesiredRequest__Output {
  'state': (_fleet_v1_DesiredState__Output);
  'isForced': (boolean);
  'reason': (string);
  'isEnable': (boolean);
  'isNow': (boolean);
  'isLossAccepted': (boolean);
  'isRollbackAccepted': (boolean);
}

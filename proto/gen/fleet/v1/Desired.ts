// Original file: proto/fleet/v1/agent.proto

import type { DesiredState as _fleet_v1_DesiredState, DesiredState__Output as _fleet_v1_DesiredState__Output } from '../../fleet/v1/DesiredState.ts';
import type { Long } from '@grpc/proto-loader';

export interface Desired {
  'generation'?: (number | string | Long);
  'state'?: (_fleet_v1_DesiredState);
  'graceMs'?: (number | string | Long);
}

export interface Desired__Output {
  'generation': (number);
  'state': (_fleet_v1_DesiredState__Output);
  'graceMs': (number);
}

// Original file: proto/fleet/v1/operator.proto

import type { DesiredState as _fleet_v1_DesiredState, DesiredState__Output as _fleet_v1_DesiredState__Output } from '../../fleet/v1/DesiredState.ts';
import type { Long } from '@grpc/proto-loader';

export interface SetDesiredReply {
  'state'?: (_fleet_v1_DesiredState);
  'generation'?: (number | string | Long);
  'waived'?: (string)[];
  'stopping'?: ({[key: string]: number});
}

export interface SetDesiredReply__Output {
  'state': (_fleet_v1_DesiredState__Output);
  'generation': (number);
  'waived': (string)[];
  'stopping': ({[key: string]: number});
}

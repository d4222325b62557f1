// Original file: proto/fleet/v1/agent.proto

import type { Long } from '@grpc/proto-loader';

// Original file: proto/fleet/v1/agent.proto

export const _fleet_v1_Inventory_State = {
  STATE_UNSPECIFIED: 'STATE_UNSPECIFIED',
  STATE_RUNNING: 'STATE_RUNNING',
  STATE_COMPLETING: 'STATE_COMPLETING',
} as const;

export type _fleet_v1_Inventory_State =
  | 'STATE_UNSPECIFIED'
  | 0
  | 'STATE_RUNNING'
  | 1
  | 'STATE_COMPLETING'
  | 2

export type _fleet_v1_Inventory_State__Output = typeof _fleet_v1_Inventory_State[keyof typeof _fleet_v1_Inventory_State]

export interface Inventory {
  'token'?: (number | string | Long);
  'state'?: (_fleet_v1_Inventory_State);
}

export interface Inventory__Output {
  'token': (number);
  'state': (_fleet_v1_Inventory_State__Output);
}

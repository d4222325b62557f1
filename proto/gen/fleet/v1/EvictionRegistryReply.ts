// Original file: proto/fleet/v1/local.proto

import type { RegistryRow as _fleet_v1_RegistryRow, RegistryRow__Output as _fleet_v1_RegistryRow__Output } from '../../fleet/v1/RegistryRow.ts';

export interface EvictionRegistryReply {
  'rows'?: (_fleet_v1_RegistryRow)[];
}

export interface EvictionRegistryReply__Output {
  'rows': (_fleet_v1_RegistryRow__Output)[];
}

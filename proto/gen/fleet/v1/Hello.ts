// Original file: proto/fleet/v1/agent.proto

import type { Inventory as _fleet_v1_Inventory, Inventory__Output as _fleet_v1_Inventory__Output } from '../../fleet/v1/Inventory.ts';
import type { RunnerInfo as _fleet_v1_RunnerInfo, RunnerInfo__Output as _fleet_v1_RunnerInfo__Output } from '../../fleet/v1/RunnerInfo.ts';
import type { Gpu as _fleet_v1_Gpu, Gpu__Output as _fleet_v1_Gpu__Output } from '../../fleet/v1/Gpu.ts';
import type { Capabilities as _fleet_v1_Capabilities, Capabilities__Output as _fleet_v1_Capabilities__Output } from '../../fleet/v1/Capabilities.ts';
import type { Long } from '@grpc/proto-loader';

export interface Hello {
  'protocolMajor'?: (number);
  'protocolMinor'?: (number);
  'node'?: (string);
  'bootId'?: (string);
  'agentInstance'?: (string);
  'maxTokenSeen'?: (number | string | Long);
  'hubEpochSeen'?: (number | string | Long);
  'isLatchedDown'?: (boolean);
  'inventory'?: (_fleet_v1_Inventory)[];
  'runners'?: (_fleet_v1_RunnerInfo)[];
  'gpus'?: (_fleet_v1_Gpu)[];
  'capabilities'?: (_fleet_v1_Capabilities | null);
  'hubId'?: (string);
  'maxJobSeen'?: (number | string | Long);
  'generation'?: (number | string | Long);
  'machineId'?: (string);
  'helloSeq'?: (number | string | Long);
}

export interface Hello__Output {
  'protocolMajor': (number);
  'protocolMinor': (number);
  'node': (string);
  'bootId': (string);
  'agentInstance': (string);
  'maxTokenSeen': (number);
  'hubEpochSeen': (number);
  'isLatchedDown': (boolean);
  'inventory': (_fleet_v1_Inventory__Output)[];
  'runners': (_fleet_v1_RunnerInfo__Output)[];
  'gpus': (_fleet_v1_Gpu__Output)[];
  'capabilities': (_fleet_v1_Capabilities__Output | null);
  'hubId': (string);
  'maxJobSeen': (number);
  'generation': (number);
  'machineId': (string);
  'helloSeq': (number);
}

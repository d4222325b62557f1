// Original file: proto/fleet/v1/agent.proto

import type { Headroom as _fleet_v1_Headroom, Headroom__Output as _fleet_v1_Headroom__Output } from '../../fleet/v1/Headroom.ts';
import type { Long } from '@grpc/proto-loader';

export interface Claim {
  'claimId'?: (number | string | Long);
  'gpuSlots'?: (number);
  'cpuSlots'?: (number);
  'headroom'?: (_fleet_v1_Headroom)[];
  'warm'?: (string)[];
  'maxTokenSeen'?: (number | string | Long);
}

export interface Claim__Output {
  'claimId': (number);
  'gpuSlots': (number);
  'cpuSlots': (number);
  'headroom': (_fleet_v1_Headroom__Output)[];
  'warm': (string)[];
  'maxTokenSeen': (number);
}

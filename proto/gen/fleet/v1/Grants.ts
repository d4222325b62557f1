// Original file: proto/fleet/v1/agent.proto

import type { Grant as _fleet_v1_Grant, Grant__Output as _fleet_v1_Grant__Output } from '../../fleet/v1/Grant.ts';
import type { Long } from '@grpc/proto-loader';

export interface Grants {
  'claimId'?: (number | string | Long);
  'heartbeatSeq'?: (number | string | Long);
  'grants'?: (_fleet_v1_Grant)[];
}

export interface Grants__Output {
  'claimId': (number);
  'heartbeatSeq': (number);
  'grants': (_fleet_v1_Grant__Output)[];
}

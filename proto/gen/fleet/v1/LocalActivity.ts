// Original file: proto/fleet/v1/local.proto

import type { ActivityKind as _fleet_v1_ActivityKind, ActivityKind__Output as _fleet_v1_ActivityKind__Output } from '../../fleet/v1/ActivityKind.ts';
import type { Long } from '@grpc/proto-loader';

export interface LocalActivity {
  'owner'?: (string);
  'kind'?: (_fleet_v1_ActivityKind);
  'expiresMs'?: (number | string | Long);
}

export interface LocalActivity__Output {
  'owner': (string);
  'kind': (_fleet_v1_ActivityKind__Output);
  'expiresMs': (number);
}

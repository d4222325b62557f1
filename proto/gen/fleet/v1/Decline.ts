// Original file: proto/fleet/v1/agent.proto

import type { Long } from '@grpc/proto-loader';

export interface Decline {
  'token'?: (number | string | Long);
  'reason'?: (string);
}

export interface Decline__Output {
  'token': (number);
  'reason': (string);
}

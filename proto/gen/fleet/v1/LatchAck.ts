// Original file: proto/fleet/v1/agent.proto

import type { Long } from '@grpc/proto-loader';

export interface LatchAck {
  'generation'?: (number | string | Long);
}

export interface LatchAck__Output {
  'generation': (number);
}

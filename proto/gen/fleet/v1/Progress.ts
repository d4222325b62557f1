// Original file: proto/fleet/v1/agent.proto

import type { Long } from '@grpc/proto-loader';

export interface Progress {
  'token'?: (number | string | Long);
  'ratio'?: (number | string);
}

export interface Progress__Output {
  'token': (number);
  'ratio': (number);
}

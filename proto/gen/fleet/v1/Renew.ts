// Original file: proto/fleet/v1/agent.proto

import type { Long } from '@grpc/proto-loader';

export interface Renew {
  'seq'?: (number | string | Long);
  'tokens'?: (number | string | Long)[];
}

export interface Renew__Output {
  'seq': (number);
  'tokens': (number)[];
}

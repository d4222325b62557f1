// Original file: proto/fleet/v1/agent.proto

import type { Long } from '@grpc/proto-loader';

export interface Renewed {
  'seq'?: (number | string | Long);
  'tokens'?: (number | string | Long)[];
  'ttlMs'?: (number | string | Long);
}

export interface Renewed__Output {
  'seq': (number);
  'tokens': (number)[];
  'ttlMs': (number);
}

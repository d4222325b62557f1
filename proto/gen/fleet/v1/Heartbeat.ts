// Original file: proto/fleet/v1/agent.proto

import type { Long } from '@grpc/proto-loader';

export interface Heartbeat {
  'seq'?: (number | string | Long);
  'isLatchedDown'?: (boolean);
}

export interface Heartbeat__Output {
  'seq': (number);
  'isLatchedDown': (boolean);
}

// Original file: proto/fleet/v1/agent.proto

import type { Long } from '@grpc/proto-loader';

export interface HeartbeatEcho {
  'seq'?: (number | string | Long);
}

export interface HeartbeatEcho__Output {
  'seq': (number);
}

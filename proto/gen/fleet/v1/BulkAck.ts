// Original file: proto/fleet/v1/agent.proto

import type { Long } from '@grpc/proto-loader';

export interface BulkAck {
  'offset'?: (number | string | Long);
}

export interface BulkAck__Output {
  'offset': (number);
}

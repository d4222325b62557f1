// Original file: proto/fleet/v1/agent.proto

import type { Long } from '@grpc/proto-loader';

export interface BulkResume {
  'offset'?: (number | string | Long);
  'bytes'?: (number | string | Long);
}

export interface BulkResume__Output {
  'offset': (number);
  'bytes': (number);
}

// Original file: proto/fleet/v1/local.proto

import type { Long } from '@grpc/proto-loader';

export interface EvictRequest {
  'consumerId'?: (string);
  'vramBytes'?: (number | string | Long);
  'deadlineMs'?: (number | string | Long);
  'reason'?: (string);
}

export interface EvictRequest__Output {
  'consumerId': (string);
  'vramBytes': (number);
  'deadlineMs': (number);
  'reason': (string);
}

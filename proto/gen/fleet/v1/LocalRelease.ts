// Original file: proto/fleet/v1/local.proto

import type { Long } from '@grpc/proto-loader';

export interface LocalRelease {
  'consumerId'?: (string);
  'vramBytes'?: (number | string | Long);
  '_vramBytes'?: "vramBytes";
}

export interface LocalRelease__Output {
  'consumerId': (string);
  'vramBytes'?: (number);
  '_vramBytes'?: "vramBytes";
}

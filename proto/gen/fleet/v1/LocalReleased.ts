// Original file: proto/fleet/v1/local.proto

import type { Long } from '@grpc/proto-loader';

export interface LocalReleased {
  'freedBytes'?: (number | string | Long);
}

export interface LocalReleased__Output {
  'freedBytes': (number);
}

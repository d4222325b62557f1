// Original file: proto/fleet/v1/local.proto

import type { Long } from '@grpc/proto-loader';

export interface SubsystemBytes {
  'subsystem'?: (string);
  'bytes'?: (number | string | Long);
}

export interface SubsystemBytes__Output {
  'subsystem': (string);
  'bytes': (number);
}

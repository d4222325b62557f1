// Original file: proto/fleet/v1/agent.proto

import type { Long } from '@grpc/proto-loader';

export interface Started {
  'token'?: (number | string | Long);
  'gpu'?: (string);
}

export interface Started__Output {
  'token': (number);
  'gpu': (string);
}

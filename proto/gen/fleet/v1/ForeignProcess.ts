// Original file: proto/fleet/v1/agent.proto

import type { Long } from '@grpc/proto-loader';

export interface ForeignProcess {
  'pid'?: (number);
  'name'?: (string);
  'bytes'?: (number | string | Long);
}

export interface ForeignProcess__Output {
  'pid': (number);
  'name': (string);
  'bytes': (number);
}

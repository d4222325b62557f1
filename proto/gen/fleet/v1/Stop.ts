// Original file: proto/fleet/v1/agent.proto

import type { Long } from '@grpc/proto-loader';

export interface Stop {
  'token'?: (number | string | Long);
  'reason'?: (string);
  'graceMs'?: (number | string | Long);
  'isPreemption'?: (boolean);
}

export interface Stop__Output {
  'token': (number);
  'reason': (string);
  'graceMs': (number);
  'isPreemption': (boolean);
}

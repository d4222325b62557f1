// Original file: proto/fleet/v1/agent.proto

import type { Long } from '@grpc/proto-loader';

export interface Verdict {
  'token'?: (number | string | Long);
  'isKept'?: (boolean);
}

export interface Verdict__Output {
  'token': (number);
  'isKept': (boolean);
}

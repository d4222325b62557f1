// Original file: proto/fleet/v1/agent.proto

import type { Long } from '@grpc/proto-loader';

export interface Crossing {
  'seq'?: (number | string | Long);
  'resource'?: (string);
  'level'?: (string);
  'ratio'?: (number | string);
  'gpu'?: (string);
}

export interface Crossing__Output {
  'seq': (number);
  'resource': (string);
  'level': (string);
  'ratio': (number);
  'gpu': (string);
}

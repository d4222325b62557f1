// Original file: proto/fleet/v1/agent.proto

import type { Long } from '@grpc/proto-loader';

export interface Fault {
  'seq'?: (number | string | Long);
  'gpu'?: (string);
  'cause'?: (string);
  'action'?: (string);
  'detail'?: (string);
  'jobId'?: (string);
}

export interface Fault__Output {
  'seq': (number);
  'gpu': (string);
  'cause': (string);
  'action': (string);
  'detail': (string);
  'jobId': (string);
}

// Original file: proto/fleet/v1/agent.proto

import type { Long } from '@grpc/proto-loader';

export interface Query {
  'queryId'?: (number | string | Long);
  'method'?: (string);
  'bodyJson'?: (string);
}

export interface Query__Output {
  'queryId': (number);
  'method': (string);
  'bodyJson': (string);
}

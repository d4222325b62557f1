// Original file: proto/fleet/v1/agent.proto

import type { Long } from '@grpc/proto-loader';

export interface Answer {
  'queryId'?: (number | string | Long);
  'bodyJson'?: (string);
  'refusal'?: (string);
}

export interface Answer__Output {
  'queryId': (number);
  'bodyJson': (string);
  'refusal': (string);
}

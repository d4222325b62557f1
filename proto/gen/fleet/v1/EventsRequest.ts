// Original file: proto/fleet/v1/operator.proto

import type { Long } from '@grpc/proto-loader';

export interface EventsRequest {
  'sinceSeq'?: (number | string | Long);
  'follow'?: (boolean);
  'limit'?: (number);
}

export interface EventsRequest__Output {
  'sinceSeq': (number);
  'follow': (boolean);
  'limit': (number);
}

// Original file: proto/fleet/v1/operator.proto

import type { Long } from '@grpc/proto-loader';

export interface EventView {
  'seq'?: (number | string | Long);
  'wallMs'?: (number | string | Long);
  'kind'?: (string);
  'bodyJson'?: (string);
}

export interface EventView__Output {
  'seq': (number);
  'wallMs': (number);
  'kind': (string);
  'bodyJson': (string);
}

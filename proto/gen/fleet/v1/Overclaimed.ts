// Original file: proto/fleet/v1/local.proto

import type { Long } from '@grpc/proto-loader';

export interface Overclaimed {
  'consumerId'?: (string);
  'label'?: (string);
  'reservedBytes'?: (number | string | Long);
  'measuredBytes'?: (number | string | Long);
}

export interface Overclaimed__Output {
  'consumerId': (string);
  'label': (string);
  'reservedBytes': (number);
  'measuredBytes': (number);
}

// Original file: proto/fleet/v1/operator.proto

import type { Long } from '@grpc/proto-loader';

export interface Evidence {
  'name'?: (string);
  'value'?: (string);
  'ageMs'?: (number | string | Long);
}

export interface Evidence__Output {
  'name': (string);
  'value': (string);
  'ageMs': (number);
}

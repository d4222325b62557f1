// Original file: proto/fleet/v1/operator.proto

import type { Long } from '@grpc/proto-loader';

export interface Cordon {
  'by'?: (string);
  'reason'?: (string);
  'sinceWallMs'?: (number | string | Long);
  'isDrain'?: (boolean);
}

export interface Cordon__Output {
  'by': (string);
  'reason': (string);
  'sinceWallMs': (number);
  'isDrain': (boolean);
}

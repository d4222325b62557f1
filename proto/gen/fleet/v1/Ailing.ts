// Original file: proto/fleet/v1/operator.proto

import type { Long } from '@grpc/proto-loader';

export interface Ailing {
  'gpu'?: (string);
  'standing'?: (string);
  'reason'?: (string);
  'cure'?: (string);
  'sinceWallMs'?: (number | string | Long);
}

export interface Ailing__Output {
  'gpu': (string);
  'standing': (string);
  'reason': (string);
  'cure': (string);
  'sinceWallMs': (number);
}

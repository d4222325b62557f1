// Original file: proto/fleet/v1/operator.proto

import type { Long } from '@grpc/proto-loader';

export interface OverrideView {
  'id'?: (string);
  'effect'?: (string);
  'subject'?: (string);
  'name'?: (string);
  'until'?: (string);
  'forMs'?: (number | string | Long);
  'reason'?: (string);
  'by'?: (string);
  'sinceWallMs'?: (number | string | Long);
  'value'?: (string);
  'notes'?: (string)[];
}

export interface OverrideView__Output {
  'id': (string);
  'effect': (string);
  'subject': (string);
  'name': (string);
  'until': (string);
  'forMs': (number);
  'reason': (string);
  'by': (string);
  'sinceWallMs': (number);
  'value': (string);
  'notes': (string)[];
}

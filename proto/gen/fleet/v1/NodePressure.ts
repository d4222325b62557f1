// Original file: proto/fleet/v1/operator.proto

import type { Long } from '@grpc/proto-loader';

export interface NodePressure {
  'node'?: (string);
  'wallMs'?: (number | string | Long);
  'name'?: (string);
  'level'?: (string);
  'ratio'?: (number | string);
  'gpu'?: (string);
  'lost'?: (string);
}

export interface NodePressure__Output {
  'node': (string);
  'wallMs': (number);
  'name': (string);
  'level': (string);
  'ratio': (number);
  'gpu': (string);
  'lost': (string);
}

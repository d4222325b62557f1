// Original file: proto/fleet/v1/operator.proto

import type { Long } from '@grpc/proto-loader';

export interface NodesApart {
  'nodes'?: (number);
  'totalBytes'?: (number | string | Long);
}

export interface NodesApart__Output {
  'nodes': (number);
  'totalBytes': (number);
}

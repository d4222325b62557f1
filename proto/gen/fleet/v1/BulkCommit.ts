// Original file: proto/fleet/v1/agent.proto

import type { Long } from '@grpc/proto-loader';

export interface BulkCommit {
  'token'?: (number | string | Long);
  'manifestJson'?: (string);
}

export interface BulkCommit__Output {
  'token': (number);
  'manifestJson': (string);
}

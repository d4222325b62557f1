// Original file: proto/fleet/v1/operator.proto

import type { Long } from '@grpc/proto-loader';

export interface CordonRequest {
  'node'?: (string);
  'reason'?: (string);
  'isDrain'?: (boolean);
  'deadlineMs'?: (number | string | Long);
  'isDryRun'?: (boolean);
  '_deadlineMs'?: "deadlineMs";
}

export interface CordonRequest__Output {
  'node': (string);
  'reason': (string);
  'isDrain': (boolean);
  'deadlineMs'?: (number);
  'isDryRun': (boolean);
  '_deadlineMs'?: "deadlineMs";
}

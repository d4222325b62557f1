// Original file: proto/fleet/v1/agent.proto

import type { Long } from '@grpc/proto-loader';

export interface NoWork {
  'claimId'?: (number | string | Long);
  'reason'?: (string);
}

export interface NoWork__Output {
  'claimId': (number);
  'reason': (string);
}

// Original file: proto/fleet/v1/agent.proto

import type { Long } from '@grpc/proto-loader';

export interface Upload {
  'token'?: (number | string | Long);
  'path'?: (string);
  'bytes'?: (number | string | Long);
  'sha256'?: (string);
}

export interface Upload__Output {
  'token': (number);
  'path': (string);
  'bytes': (number);
  'sha256': (string);
}

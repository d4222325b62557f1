// Original file: proto/fleet/v1/agent.proto

import type { Long } from '@grpc/proto-loader';

export interface Upload {
  'token'?: (number | string | Long);
  'path'?: (string);
  'bytes'?: (number | string | Long);
  'sha256'?: (string);
}

export interface Upload__Output {
  'token': (string);
  'path': (string);
  'bytes': (string);
  'sha256': (string);
}

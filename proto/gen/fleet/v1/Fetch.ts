// Original file: proto/fleet/v1/agent.proto

import type { Long } from '@grpc/proto-loader';

export interface Fetch {
  'sha256'?: (string);
  'offset'?: (number | string | Long);
}

export interface Fetch__Output {
  'sha256': (string);
  'offset': (number);
}

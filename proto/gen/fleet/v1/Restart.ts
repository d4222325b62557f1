// Original file: proto/fleet/v1/agent.proto

import type { Long } from '@grpc/proto-loader';

export interface Restart {
  'token'?: (number | string | Long);
  'restart'?: (number);
  'strikes'?: (number);
  'burst'?: (number);
  'exitCode'?: (number);
  'detail'?: (string);
  'afterMs'?: (number | string | Long);
}

export interface Restart__Output {
  'token': (number);
  'restart': (number);
  'strikes': (number);
  'burst': (number);
  'exitCode': (number);
  'detail': (string);
  'afterMs': (number);
}

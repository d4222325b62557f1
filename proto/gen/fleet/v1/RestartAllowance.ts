// Original file: proto/fleet/v1/agent.proto

import type { Long } from '@grpc/proto-loader';

export interface RestartAllowance {
  'burst'?: (number);
  'windowMs'?: (number | string | Long);
  'backoffMs'?: (number | string | Long);
  'backoffFactor'?: (number);
  'maxBackoffMs'?: (number | string | Long);
  'healthyUptimeMs'?: (number | string | Long);
}

export interface RestartAllowance__Output {
  'burst': (number);
  'windowMs': (number);
  'backoffMs': (number);
  'backoffFactor': (number);
  'maxBackoffMs': (number);
  'healthyUptimeMs': (number);
}

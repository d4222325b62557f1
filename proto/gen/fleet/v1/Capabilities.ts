// Original file: proto/fleet/v1/agent.proto

import type { Long } from '@grpc/proto-loader';

export interface Capabilities {
  'cpuCores'?: (number);
  'memoryBytes'?: (number | string | Long);
  'startLimitBurst'?: (number);
  'labels'?: ({[key: string]: string});
  'agentVersion'?: (string);
}

export interface Capabilities__Output {
  'cpuCores': (number);
  'memoryBytes': (number);
  'startLimitBurst': (number);
  'labels': ({[key: string]: string});
  'agentVersion': (string);
}

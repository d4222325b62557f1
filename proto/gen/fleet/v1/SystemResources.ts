// Original file: proto/fleet/v1/local.proto

import type { ProcessRow as _fleet_v1_ProcessRow, ProcessRow__Output as _fleet_v1_ProcessRow__Output } from '../../fleet/v1/ProcessRow.ts';
import type { Long } from '@grpc/proto-loader';

export interface SystemResources {
  'cpuCores'?: (number);
  'cpuRatio'?: (number | string);
  'memoryTotalBytes'?: (number | string | Long);
  'memoryAvailableBytes'?: (number | string | Long);
  'swapTotalBytes'?: (number | string | Long);
  'swapUsedBytes'?: (number | string | Long);
  'memoryStallPercent'?: (number | string);
  'processes'?: (_fleet_v1_ProcessRow)[];
  '_cpuRatio'?: "cpuRatio";
  '_memoryTotalBytes'?: "memoryTotalBytes";
  '_memoryAvailableBytes'?: "memoryAvailableBytes";
  '_swapTotalBytes'?: "swapTotalBytes";
  '_swapUsedBytes'?: "swapUsedBytes";
  '_memoryStallPercent'?: "memoryStallPercent";
}

export interface SystemResources__Output {
  'cpuCores': (number);
  'cpuRatio'?: (number);
  'memoryTotalBytes'?: (number);
  'memoryAvailableBytes'?: (number);
  'swapTotalBytes'?: (number);
  'swapUsedBytes'?: (number);
  'memoryStallPercent'?: (number);
  'processes': (_fleet_v1_ProcessRow__Output)[];
  '_cpuRatio'?: "cpuRatio";
  '_memoryTotalBytes'?: "memoryTotalBytes";
  '_memoryAvailableBytes'?: "memoryAvailableBytes";
  '_swapTotalBytes'?: "swapTotalBytes";
  '_swapUsedBytes'?: "swapUsedBytes";
  '_memoryStallPercent'?: "memoryStallPercent";
}

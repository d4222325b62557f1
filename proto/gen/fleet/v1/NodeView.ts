// Original file: proto/fleet/v1/operator.proto

import type { Gpu as _fleet_v1_Gpu, Gpu__Output as _fleet_v1_Gpu__Output } from '../../fleet/v1/Gpu.ts';
import type { Ailing as _fleet_v1_Ailing, Ailing__Output as _fleet_v1_Ailing__Output } from '../../fleet/v1/Ailing.ts';
import type { Cordon as _fleet_v1_Cordon, Cordon__Output as _fleet_v1_Cordon__Output } from '../../fleet/v1/Cordon.ts';
import type { Long } from '@grpc/proto-loader';

export interface NodeView {
  'node'?: (string);
  'state'?: (string);
  'silentMs'?: (number | string | Long);
  'gpus'?: (_fleet_v1_Gpu)[];
  'gpuPressure'?: (number | string);
  'gpuLevel'?: (string);
  'cpuRatio'?: (number | string);
  'memoryRatio'?: (number | string);
  'running'?: (number);
  'leases'?: (number);
  'runners'?: (string)[];
  'isLatchedDown'?: (boolean);
  'isTelemetryFresh'?: (boolean);
  'ailing'?: (_fleet_v1_Ailing)[];
  'cordon'?: (_fleet_v1_Cordon | null);
  'orderedOff'?: (string);
  '_cpuRatio'?: "cpuRatio";
  '_memoryRatio'?: "memoryRatio";
  '_cordon'?: "cordon";
}

export interface NodeView__Output {
  'node': (string);
  'state': (string);
  'silentMs': (number);
  'gpus': (_fleet_v1_Gpu__Output)[];
  'gpuPressure': (number);
  'gpuLevel': (string);
  'cpuRatio'?: (number);
  'memoryRatio'?: (number);
  'running': (number);
  'leases': (number);
  'runners': (string)[];
  'isLatchedDown': (boolean);
  'isTelemetryFresh': (boolean);
  'ailing': (_fleet_v1_Ailing__Output)[];
  'cordon'?: (_fleet_v1_Cordon__Output | null);
  'orderedOff': (string);
  '_cpuRatio'?: "cpuRatio";
  '_memoryRatio'?: "memoryRatio";
  '_cordon'?: "cordon";
}

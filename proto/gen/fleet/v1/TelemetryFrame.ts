// Original file: proto/fleet/v1/agent.proto

import type { Gpu as _fleet_v1_Gpu, Gpu__Output as _fleet_v1_Gpu__Output } from '../../fleet/v1/Gpu.ts';
import type { CardNote as _fleet_v1_CardNote, CardNote__Output as _fleet_v1_CardNote__Output } from '../../fleet/v1/CardNote.ts';
import type { Long } from '@grpc/proto-loader';

export interface TelemetryFrame {
  'sessionId'?: (string);
  'seq'?: (number | string | Long);
  'gpuAgeMs'?: (number | string | Long);
  'isGpuStale'?: (boolean);
  'gpus'?: (_fleet_v1_Gpu)[];
  'gpuPressure'?: (number | string);
  'gpuLevel'?: (string);
  'cpuRatio'?: (number | string);
  'memoryRatio'?: (number | string);
  'running'?: (number);
  'notes'?: (_fleet_v1_CardNote)[];
  'problem'?: (string);
  '_cpuRatio'?: "cpuRatio";
  '_memoryRatio'?: "memoryRatio";
}

export interface TelemetryFrame__Output {
  'sessionId': (string);
  'seq': (number);
  'gpuAgeMs': (number);
  'isGpuStale': (boolean);
  'gpus': (_fleet_v1_Gpu__Output)[];
  'gpuPressure': (number);
  'gpuLevel': (string);
  'cpuRatio'?: (number);
  'memoryRatio'?: (number);
  'running': (number);
  'notes': (_fleet_v1_CardNote__Output)[];
  'problem': (string);
  '_cpuRatio'?: "cpuRatio";
  '_memoryRatio'?: "memoryRatio";
}

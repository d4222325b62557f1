// Original file: proto/fleet/v1/local.proto

import type { LocalGpu as _fleet_v1_LocalGpu, LocalGpu__Output as _fleet_v1_LocalGpu__Output } from '../../fleet/v1/LocalGpu.ts';
import type { QosSeries as _fleet_v1_QosSeries, QosSeries__Output as _fleet_v1_QosSeries__Output } from '../../fleet/v1/QosSeries.ts';
import type { LocalActivity as _fleet_v1_LocalActivity, LocalActivity__Output as _fleet_v1_LocalActivity__Output } from '../../fleet/v1/LocalActivity.ts';

export interface LocalStats {
  'gpus'?: (_fleet_v1_LocalGpu)[];
  'qos'?: (_fleet_v1_QosSeries)[];
  'activities'?: (_fleet_v1_LocalActivity)[];
}

export interface LocalStats__Output {
  'gpus': (_fleet_v1_LocalGpu__Output)[];
  'qos': (_fleet_v1_QosSeries__Output)[];
  'activities': (_fleet_v1_LocalActivity__Output)[];
}

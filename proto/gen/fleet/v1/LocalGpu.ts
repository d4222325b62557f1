// Original file: proto/fleet/v1/local.proto

import type { LocalGateView as _fleet_v1_LocalGateView, LocalGateView__Output as _fleet_v1_LocalGateView__Output } from '../../fleet/v1/LocalGateView.ts';
import type { LocalBudgetView as _fleet_v1_LocalBudgetView, LocalBudgetView__Output as _fleet_v1_LocalBudgetView__Output } from '../../fleet/v1/LocalBudgetView.ts';
import type { Overclaimed as _fleet_v1_Overclaimed, Overclaimed__Output as _fleet_v1_Overclaimed__Output } from '../../fleet/v1/Overclaimed.ts';
import type { Long } from '@grpc/proto-loader';

export interface LocalGpu {
  'uuid'?: (string);
  'totalBytes'?: (number | string | Long);
  'usableBytes'?: (number | string | Long);
  'usedBytes'?: (number | string | Long);
  'reservedBytes'?: (number | string | Long);
  'measuredBytes'?: (number | string | Long);
  'foreignBytes'?: (number | string | Long);
  'pressure'?: (number | string);
  'level'?: (string);
  'sampleAgeMs'?: (number | string | Long);
  'gates'?: (_fleet_v1_LocalGateView)[];
  'budgets'?: (_fleet_v1_LocalBudgetView)[];
  'overclaimed'?: (_fleet_v1_Overclaimed)[];
  'name'?: (string);
  'source'?: (string);
  '_measuredBytes'?: "measuredBytes";
  '_foreignBytes'?: "foreignBytes";
  '_sampleAgeMs'?: "sampleAgeMs";
}

export interface LocalGpu__Output {
  'uuid': (string);
  'totalBytes': (number);
  'usableBytes': (number);
  'usedBytes': (number);
  'reservedBytes': (number);
  'measuredBytes'?: (number);
  'foreignBytes'?: (number);
  'pressure': (number);
  'level': (string);
  'sampleAgeMs'?: (number);
  'gates': (_fleet_v1_LocalGateView__Output)[];
  'budgets': (_fleet_v1_LocalBudgetView__Output)[];
  'overclaimed': (_fleet_v1_Overclaimed__Output)[];
  'name': (string);
  'source': (string);
  '_measuredBytes'?: "measuredBytes";
  '_foreignBytes'?: "foreignBytes";
  '_sampleAgeMs'?: "sampleAgeMs";
}

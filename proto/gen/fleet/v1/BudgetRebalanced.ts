// Original file: proto/fleet/v1/local.proto

import type { SubsystemBytes as _fleet_v1_SubsystemBytes, SubsystemBytes__Output as _fleet_v1_SubsystemBytes__Output } from '../../fleet/v1/SubsystemBytes.ts';

export interface BudgetRebalanced {
  'gpu'?: (string);
  'reason'?: (string);
  'before'?: (_fleet_v1_SubsystemBytes)[];
  'after'?: (_fleet_v1_SubsystemBytes)[];
}

export interface BudgetRebalanced__Output {
  'gpu': (string);
  'reason': (string);
  'before': (_fleet_v1_SubsystemBytes__Output)[];
  'after': (_fleet_v1_SubsystemBytes__Output)[];
}

// Original file: proto/fleet/v1/local.proto

import type { PressureEvent as _fleet_v1_PressureEvent, PressureEvent__Output as _fleet_v1_PressureEvent__Output } from '../../fleet/v1/PressureEvent.ts';
import type { EvictRequest as _fleet_v1_EvictRequest, EvictRequest__Output as _fleet_v1_EvictRequest__Output } from '../../fleet/v1/EvictRequest.ts';
import type { BudgetRebalanced as _fleet_v1_BudgetRebalanced, BudgetRebalanced__Output as _fleet_v1_BudgetRebalanced__Output } from '../../fleet/v1/BudgetRebalanced.ts';

export interface LocalEvent {
  'pressure'?: (_fleet_v1_PressureEvent | null);
  'evict'?: (_fleet_v1_EvictRequest | null);
  'rebalanced'?: (_fleet_v1_BudgetRebalanced | null);
  'event'?: "pressure"|"evict"|"rebalanced";
}

export interface LocalEvent__Output {
  'pressure'?: (_fleet_v1_PressureEvent__Output | null);
  'evict'?: (_fleet_v1_EvictRequest__Output | null);
  'rebalanced'?: (_fleet_v1_BudgetRebalanced__Output | null);
  'event'?: "pressure"|"evict"|"rebalanced";
}

// Original file: proto/fleet/v1/local.proto

import type { LocalBudgetView as _fleet_v1_LocalBudgetView, LocalBudgetView__Output as _fleet_v1_LocalBudgetView__Output } from '../../fleet/v1/LocalBudgetView.ts';

export interface LocalBudgetReply {
  'applied'?: (boolean);
  'because'?: (string);
  'budgets'?: (_fleet_v1_LocalBudgetView)[];
}

export interface LocalBudgetReply__Output {
  'applied': (boolean);
  'because': (string);
  'budgets': (_fleet_v1_LocalBudgetView__Output)[];
}

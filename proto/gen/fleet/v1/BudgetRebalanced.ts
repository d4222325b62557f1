// Original file: proto/fleet/v1/local.proto

import type { Long } from '@grpc/proto-loader';

export interface BudgetRebalanced {
  'gpu'?: (string);
  'reason'?: (string);
  'before'?: ({[key: string]: number | string | Long});
  'after'?: ({[key: string]: number | string | Long});
}

export interface BudgetRebalanced__Output {
  'gpu': (string);
  'reason': (string);
  'before': ({[key: string]: string});
  'after': ({[key: string]: string});
}

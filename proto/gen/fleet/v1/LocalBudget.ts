// Original file: proto/fleet/v1/local.proto

import type { Long } from '@grpc/proto-loader';

export interface LocalBudget {
  'subsystem'?: (string);
  'budgetMib'?: (number | string | Long);
  'gpu'?: (string);
}

export interface LocalBudget__Output {
  'subsystem': (string);
  'budgetMib': (number);
  'gpu': (string);
}

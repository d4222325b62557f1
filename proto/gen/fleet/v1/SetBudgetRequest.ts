// Original file: proto/fleet/v1/operator.proto

import type { Long } from '@grpc/proto-loader';

export interface SetBudgetRequest {
  'node'?: (string);
  'subsystem'?: (string);
  'budgetMib'?: (number | string | Long);
  'gpu'?: (string);
}

export interface SetBudgetRequest__Output {
  'node': (string);
  'subsystem': (string);
  'budgetMib': (number);
  'gpu': (string);
}

// Original file: proto/fleet/v1/local.proto

import type { Long } from '@grpc/proto-loader';

export interface LocalBudgetView {
  'subsystem'?: (string);
  'baselineBytes'?: (number | string | Long);
  'currentBytes'?: (number | string | Long);
  'heldBytes'?: (number | string | Long);
}

export interface LocalBudgetView__Output {
  'subsystem': (string);
  'baselineBytes': (number);
  'currentBytes': (number);
  'heldBytes': (number);
}

// Original file: proto/fleet/v1/agent.proto

import type { ForeignProcess as _fleet_v1_ForeignProcess, ForeignProcess__Output as _fleet_v1_ForeignProcess__Output } from '../../fleet/v1/ForeignProcess.ts';
import type { Priority as _fleet_v1_Priority, Priority__Output as _fleet_v1_Priority__Output } from '../../fleet/v1/Priority.ts';
import type { Long } from '@grpc/proto-loader';

export interface CardNote {
  'gpu'?: (string);
  'foreign'?: (_fleet_v1_ForeignProcess)[];
  'unattributedBytes'?: (number | string | Long);
  'leakedBytes'?: (number | string | Long);
  'starved'?: (_fleet_v1_Priority)[];
  '_unattributedBytes'?: "unattributedBytes";
}

export interface CardNote__Output {
  'gpu': (string);
  'foreign': (_fleet_v1_ForeignProcess__Output)[];
  'unattributedBytes'?: (number);
  'leakedBytes': (number);
  'starved': (_fleet_v1_Priority__Output)[];
  '_unattributedBytes'?: "unattributedBytes";
}

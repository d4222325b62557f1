// Original file: proto/fleet/v1/local.proto

import type { Priority as _fleet_v1_Priority, Priority__Output as _fleet_v1_Priority__Output } from '../../fleet/v1/Priority.ts';
import type { Long } from '@grpc/proto-loader';

export interface LocalClaim {
  'key'?: (string);
  'priority'?: (_fleet_v1_Priority);
  'vramBytes'?: (number | string | Long);
  'gpu'?: (string);
  'subsystem'?: (string);
  'label'?: (string);
  'owner'?: (string);
  'evictable'?: (boolean);
  'reloadMs'?: (number | string | Long);
  'keepMs'?: (number | string | Long);
  'idleMs'?: (number | string | Long);
}

export interface LocalClaim__Output {
  'key': (string);
  'priority': (_fleet_v1_Priority__Output);
  'vramBytes': (number);
  'gpu': (string);
  'subsystem': (string);
  'label': (string);
  'owner': (string);
  'evictable': (boolean);
  'reloadMs': (number);
  'keepMs': (number);
  'idleMs': (number);
}

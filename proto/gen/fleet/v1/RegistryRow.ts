// Original file: proto/fleet/v1/local.proto

import type { Priority as _fleet_v1_Priority, Priority__Output as _fleet_v1_Priority__Output } from '../../fleet/v1/Priority.ts';
import type { Long } from '@grpc/proto-loader';

export interface RegistryRow {
  'consumerId'?: (string);
  'gpu'?: (string);
  'label'?: (string);
  'subsystem'?: (string);
  'priority'?: (_fleet_v1_Priority);
  'vramBytes'?: (number | string | Long);
  'measuredBytes'?: (number | string | Long);
  'heldForMs'?: (number | string | Long);
  'idleMs'?: (number | string | Long);
  'evictable'?: (boolean);
  'score'?: (number | string);
  'pid'?: (number);
  'uid'?: (number);
  '_measuredBytes'?: "measuredBytes";
  '_pid'?: "pid";
  '_uid'?: "uid";
}

export interface RegistryRow__Output {
  'consumerId': (string);
  'gpu': (string);
  'label': (string);
  'subsystem': (string);
  'priority': (_fleet_v1_Priority__Output);
  'vramBytes': (number);
  'measuredBytes'?: (number);
  'heldForMs': (number);
  'idleMs': (number);
  'evictable': (boolean);
  'score': (number);
  'pid'?: (number);
  'uid'?: (number);
  '_measuredBytes'?: "measuredBytes";
  '_pid'?: "pid";
  '_uid'?: "uid";
}

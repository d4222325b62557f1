// Original file: proto/fleet/v1/operator.proto

import type { Priority as _fleet_v1_Priority, Priority__Output as _fleet_v1_Priority__Output } from '../../fleet/v1/Priority.ts';

export interface WindowView {
  'name'?: (string);
  'fromMinute'?: (number);
  'toMinute'?: (number);
  'utcOffsetMinutes'?: (number);
  'nodes'?: (string)[];
  'priorities'?: (_fleet_v1_Priority)[];
}

export interface WindowView__Output {
  'name': (string);
  'fromMinute': (number);
  'toMinute': (number);
  'utcOffsetMinutes': (number);
  'nodes': (string)[];
  'priorities': (_fleet_v1_Priority__Output)[];
}

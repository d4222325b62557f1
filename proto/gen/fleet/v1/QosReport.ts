// Original file: proto/fleet/v1/local.proto

import type { QosKind as _fleet_v1_QosKind, QosKind__Output as _fleet_v1_QosKind__Output } from '../../fleet/v1/QosKind.ts';

export interface QosReport {
  'subsystem'?: (string);
  'kind'?: (_fleet_v1_QosKind);
  'value'?: (number | string);
}

export interface QosReport__Output {
  'subsystem': (string);
  'kind': (_fleet_v1_QosKind__Output);
  'value': (number);
}

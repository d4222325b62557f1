// Original file: proto/fleet/v1/local.proto

import type { QosKind as _fleet_v1_QosKind, QosKind__Output as _fleet_v1_QosKind__Output } from '../../fleet/v1/QosKind.ts';
import type { Long } from '@grpc/proto-loader';

export interface QosSeries {
  'subsystem'?: (string);
  'kind'?: (_fleet_v1_QosKind);
  'count'?: (number | string | Long);
  'last'?: (number | string);
  'worst'?: (number | string);
  'ageMs'?: (number | string | Long);
}

export interface QosSeries__Output {
  'subsystem': (string);
  'kind': (_fleet_v1_QosKind__Output);
  'count': (number);
  'last': (number);
  'worst': (number);
  'ageMs': (number);
}

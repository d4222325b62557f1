// Original file: proto/fleet/v1/operator.proto

import type { Long } from '@grpc/proto-loader';

export interface ReplicaView {
  'address'?: (string);
  'holder'?: (string);
  'isLeader'?: (boolean);
  'sinceWallMs'?: (number | string | Long);
  'silentMs'?: (number | string | Long);
  'problem'?: (string);
}

export interface ReplicaView__Output {
  'address': (string);
  'holder': (string);
  'isLeader': (boolean);
  'sinceWallMs': (number);
  'silentMs': (number);
  'problem': (string);
}

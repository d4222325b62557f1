// Original file: proto/fleet/v1/operator.proto

import type { Admissible as _fleet_v1_Admissible, Admissible__Output as _fleet_v1_Admissible__Output } from '../../fleet/v1/Admissible.ts';
import type { LaneSlots as _fleet_v1_LaneSlots, LaneSlots__Output as _fleet_v1_LaneSlots__Output } from '../../fleet/v1/LaneSlots.ts';
import type { NodesApart as _fleet_v1_NodesApart, NodesApart__Output as _fleet_v1_NodesApart__Output } from '../../fleet/v1/NodesApart.ts';
import type { Long } from '@grpc/proto-loader';

export interface Capacity {
  'nodes'?: (number);
  'cards'?: (number);
  'totalBytes'?: (number | string | Long);
  'freeBytes'?: (number | string | Long);
  'unknownBytes'?: (number | string | Long);
  'admissible'?: (_fleet_v1_Admissible)[];
  'slots'?: (_fleet_v1_LaneSlots)[];
  'closed'?: (_fleet_v1_NodesApart | null);
  'suspect'?: (_fleet_v1_NodesApart | null);
  'lost'?: (_fleet_v1_NodesApart | null);
  'untoldNodes'?: (number);
}

export interface Capacity__Output {
  'nodes': (number);
  'cards': (number);
  'totalBytes': (number);
  'freeBytes': (number);
  'unknownBytes': (number);
  'admissible': (_fleet_v1_Admissible__Output)[];
  'slots': (_fleet_v1_LaneSlots__Output)[];
  'closed': (_fleet_v1_NodesApart__Output | null);
  'suspect': (_fleet_v1_NodesApart__Output | null);
  'lost': (_fleet_v1_NodesApart__Output | null);
  'untoldNodes': (number);
}

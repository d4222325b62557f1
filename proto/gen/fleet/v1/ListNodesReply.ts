// Original file: proto/fleet/v1/operator.proto

import type { NodeView as _fleet_v1_NodeView, NodeView__Output as _fleet_v1_NodeView__Output } from '../../fleet/v1/NodeView.ts';

export interface ListNodesReply {
  'nodes'?: (_fleet_v1_NodeView)[];
  'undurableEvents'?: (number);
}

export interface ListNodesReply__Output {
  'nodes': (_fleet_v1_NodeView__Output)[];
  'undurableEvents': (number);
}

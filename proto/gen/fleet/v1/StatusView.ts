// Original file: proto/fleet/v1/operator.proto

import type { DesiredState as _fleet_v1_DesiredState, DesiredState__Output as _fleet_v1_DesiredState__Output } from '../../fleet/v1/DesiredState.ts';
import type { Guardrail as _fleet_v1_Guardrail, Guardrail__Output as _fleet_v1_Guardrail__Output } from '../../fleet/v1/Guardrail.ts';
import type { NodeView as _fleet_v1_NodeView, NodeView__Output as _fleet_v1_NodeView__Output } from '../../fleet/v1/NodeView.ts';
import type { CampaignView as _fleet_v1_CampaignView, CampaignView__Output as _fleet_v1_CampaignView__Output } from '../../fleet/v1/CampaignView.ts';
import type { JobView as _fleet_v1_JobView, JobView__Output as _fleet_v1_JobView__Output } from '../../fleet/v1/JobView.ts';
import type { Capacity as _fleet_v1_Capacity, Capacity__Output as _fleet_v1_Capacity__Output } from '../../fleet/v1/Capacity.ts';
import type { ReplicaView as _fleet_v1_ReplicaView, ReplicaView__Output as _fleet_v1_ReplicaView__Output } from '../../fleet/v1/ReplicaView.ts';
import type { OverrideView as _fleet_v1_OverrideView, OverrideView__Output as _fleet_v1_OverrideView__Output } from '../../fleet/v1/OverrideView.ts';
import type { WindowView as _fleet_v1_WindowView, WindowView__Output as _fleet_v1_WindowView__Output } from '../../fleet/v1/WindowView.ts';
import type { Long } from '@grpc/proto-loader';

export interface StatusView {
  'desired'?: (_fleet_v1_DesiredState);
  'generation'?: (number | string | Long);
  'epoch'?: (number | string | Long);
  'journalSeq'?: (number | string | Long);
  'guardrails'?: (_fleet_v1_Guardrail)[];
  'waived'?: (string)[];
  'pending'?: (number);
  'running'?: (number);
  'succeeded'?: (number);
  'failed'?: (number);
  'cancelled'?: (number);
  'quarantined'?: (number);
  'published'?: (number);
  'nodes'?: (_fleet_v1_NodeView)[];
  'campaigns'?: (_fleet_v1_CampaignView)[];
  'ownerPrompt'?: (string);
  'root'?: (string);
  'version'?: (string);
  'insights'?: (number);
  'desiredReason'?: (string);
  'desiredActor'?: (string);
  'warnings'?: (string)[];
  'services'?: (_fleet_v1_JobView)[];
  'capacity'?: (_fleet_v1_Capacity | null);
  'replicas'?: (_fleet_v1_ReplicaView)[];
  'undurableEvents'?: (number);
  'overrides'?: (_fleet_v1_OverrideView)[];
  'windows'?: (_fleet_v1_WindowView)[];
  'rule'?: (string);
  'definedCampaigns'?: (string)[];
}

export interface StatusView__Output {
  'desired': (_fleet_v1_DesiredState__Output);
  'generation': (number);
  'epoch': (number);
  'journalSeq': (number);
  'guardrails': (_fleet_v1_Guardrail__Output)[];
  'waived': (string)[];
  'pending': (number);
  'running': (number);
  'succeeded': (number);
  'failed': (number);
  'cancelled': (number);
  'quarantined': (number);
  'published': (number);
  'nodes': (_fleet_v1_NodeView__Output)[];
  'campaigns': (_fleet_v1_CampaignView__Output)[];
  'ownerPrompt': (string);
  'root': (string);
  'version': (string);
  'insights': (number);
  'desiredReason': (string);
  'desiredActor': (string);
  'warnings': (string)[];
  'services': (_fleet_v1_JobView__Output)[];
  'capacity': (_fleet_v1_Capacity__Output | null);
  'replicas': (_fleet_v1_ReplicaView__Output)[];
  'undurableEvents': (number);
  'overrides': (_fleet_v1_OverrideView__Output)[];
  'windows': (_fleet_v1_WindowView__Output)[];
  'rule': (string);
  'definedCampaigns': (string)[];
}

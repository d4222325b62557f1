import type * as grpc from '@grpc/grpc-js';
import type { EnumTypeDefinition, MessageTypeDefinition } from '@grpc/proto-loader';

import type { Admissible as _fleet_v1_Admissible, Admissible__Output as _fleet_v1_Admissible__Output } from './fleet/v1/Admissible.ts';
import type { Ailing as _fleet_v1_Ailing, Ailing__Output as _fleet_v1_Ailing__Output } from './fleet/v1/Ailing.ts';
import type { CampaignView as _fleet_v1_CampaignView, CampaignView__Output as _fleet_v1_CampaignView__Output } from './fleet/v1/CampaignView.ts';
import type { CancelJobRequest as _fleet_v1_CancelJobRequest, CancelJobRequest__Output as _fleet_v1_CancelJobRequest__Output } from './fleet/v1/CancelJobRequest.ts';
import type { Capacity as _fleet_v1_Capacity, Capacity__Output as _fleet_v1_Capacity__Output } from './fleet/v1/Capacity.ts';
import type { ClearOverrideRequest as _fleet_v1_ClearOverrideRequest, ClearOverrideRequest__Output as _fleet_v1_ClearOverrideRequest__Output } from './fleet/v1/ClearOverrideRequest.ts';
import type { ConvergeRequest as _fleet_v1_ConvergeRequest, ConvergeRequest__Output as _fleet_v1_ConvergeRequest__Output } from './fleet/v1/ConvergeRequest.ts';
import type { Cordon as _fleet_v1_Cordon, Cordon__Output as _fleet_v1_Cordon__Output } from './fleet/v1/Cordon.ts';
import type { CordonReply as _fleet_v1_CordonReply, CordonReply__Output as _fleet_v1_CordonReply__Output } from './fleet/v1/CordonReply.ts';
import type { CordonRequest as _fleet_v1_CordonRequest, CordonRequest__Output as _fleet_v1_CordonRequest__Output } from './fleet/v1/CordonRequest.ts';
import type { EventView as _fleet_v1_EventView, EventView__Output as _fleet_v1_EventView__Output } from './fleet/v1/EventView.ts';
import type { EventsRequest as _fleet_v1_EventsRequest, EventsRequest__Output as _fleet_v1_EventsRequest__Output } from './fleet/v1/EventsRequest.ts';
import type { Evidence as _fleet_v1_Evidence, Evidence__Output as _fleet_v1_Evidence__Output } from './fleet/v1/Evidence.ts';
import type { GetCampaignRequest as _fleet_v1_GetCampaignRequest, GetCampaignRequest__Output as _fleet_v1_GetCampaignRequest__Output } from './fleet/v1/GetCampaignRequest.ts';
import type { GetJobRequest as _fleet_v1_GetJobRequest, GetJobRequest__Output as _fleet_v1_GetJobRequest__Output } from './fleet/v1/GetJobRequest.ts';
import type { GetStatusRequest as _fleet_v1_GetStatusRequest, GetStatusRequest__Output as _fleet_v1_GetStatusRequest__Output } from './fleet/v1/GetStatusRequest.ts';
import type { Gpu as _fleet_v1_Gpu, Gpu__Output as _fleet_v1_Gpu__Output } from './fleet/v1/Gpu.ts';
import type { Guardrail as _fleet_v1_Guardrail, Guardrail__Output as _fleet_v1_Guardrail__Output } from './fleet/v1/Guardrail.ts';
import type { InputFile as _fleet_v1_InputFile, InputFile__Output as _fleet_v1_InputFile__Output } from './fleet/v1/InputFile.ts';
import type { JobView as _fleet_v1_JobView, JobView__Output as _fleet_v1_JobView__Output } from './fleet/v1/JobView.ts';
import type { LaneSlots as _fleet_v1_LaneSlots, LaneSlots__Output as _fleet_v1_LaneSlots__Output } from './fleet/v1/LaneSlots.ts';
import type { ListJobsReply as _fleet_v1_ListJobsReply, ListJobsReply__Output as _fleet_v1_ListJobsReply__Output } from './fleet/v1/ListJobsReply.ts';
import type { ListJobsRequest as _fleet_v1_ListJobsRequest, ListJobsRequest__Output as _fleet_v1_ListJobsRequest__Output } from './fleet/v1/ListJobsRequest.ts';
import type { ListNodesReply as _fleet_v1_ListNodesReply, ListNodesReply__Output as _fleet_v1_ListNodesReply__Output } from './fleet/v1/ListNodesReply.ts';
import type { ListNodesRequest as _fleet_v1_ListNodesRequest, ListNodesRequest__Output as _fleet_v1_ListNodesRequest__Output } from './fleet/v1/ListNodesRequest.ts';
import type { ListNoticesRequest as _fleet_v1_ListNoticesRequest, ListNoticesRequest__Output as _fleet_v1_ListNoticesRequest__Output } from './fleet/v1/ListNoticesRequest.ts';
import type { ListOverridesReply as _fleet_v1_ListOverridesReply, ListOverridesReply__Output as _fleet_v1_ListOverridesReply__Output } from './fleet/v1/ListOverridesReply.ts';
import type { ListOverridesRequest as _fleet_v1_ListOverridesRequest, ListOverridesRequest__Output as _fleet_v1_ListOverridesRequest__Output } from './fleet/v1/ListOverridesRequest.ts';
import type { NodePressure as _fleet_v1_NodePressure, NodePressure__Output as _fleet_v1_NodePressure__Output } from './fleet/v1/NodePressure.ts';
import type { NodeView as _fleet_v1_NodeView, NodeView__Output as _fleet_v1_NodeView__Output } from './fleet/v1/NodeView.ts';
import type { NodesApart as _fleet_v1_NodesApart, NodesApart__Output as _fleet_v1_NodesApart__Output } from './fleet/v1/NodesApart.ts';
import type { NotifyReply as _fleet_v1_NotifyReply, NotifyReply__Output as _fleet_v1_NotifyReply__Output } from './fleet/v1/NotifyReply.ts';
import type { OperatorClient as _fleet_v1_OperatorClient, OperatorDefinition as _fleet_v1_OperatorDefinition } from './fleet/v1/Operator.ts';
import type { OverrideView as _fleet_v1_OverrideView, OverrideView__Output as _fleet_v1_OverrideView__Output } from './fleet/v1/OverrideView.ts';
import type { QueryNodeReply as _fleet_v1_QueryNodeReply, QueryNodeReply__Output as _fleet_v1_QueryNodeReply__Output } from './fleet/v1/QueryNodeReply.ts';
import type { QueryNodeRequest as _fleet_v1_QueryNodeRequest, QueryNodeRequest__Output as _fleet_v1_QueryNodeRequest__Output } from './fleet/v1/QueryNodeRequest.ts';
import type { RefillReply as _fleet_v1_RefillReply, RefillReply__Output as _fleet_v1_RefillReply__Output } from './fleet/v1/RefillReply.ts';
import type { RefillRequest as _fleet_v1_RefillRequest, RefillRequest__Output as _fleet_v1_RefillRequest__Output } from './fleet/v1/RefillRequest.ts';
import type { Refusal as _fleet_v1_Refusal, Refusal__Output as _fleet_v1_Refusal__Output } from './fleet/v1/Refusal.ts';
import type { ReplicaView as _fleet_v1_ReplicaView, ReplicaView__Output as _fleet_v1_ReplicaView__Output } from './fleet/v1/ReplicaView.ts';
import type { RequeueReply as _fleet_v1_RequeueReply, RequeueReply__Output as _fleet_v1_RequeueReply__Output } from './fleet/v1/RequeueReply.ts';
import type { RequeueRequest as _fleet_v1_RequeueRequest, RequeueRequest__Output as _fleet_v1_RequeueRequest__Output } from './fleet/v1/RequeueRequest.ts';
import type { SetBudgetRequest as _fleet_v1_SetBudgetRequest, SetBudgetRequest__Output as _fleet_v1_SetBudgetRequest__Output } from './fleet/v1/SetBudgetRequest.ts';
import type { SetDesiredReply as _fleet_v1_SetDesiredReply, SetDesiredReply__Output as _fleet_v1_SetDesiredReply__Output } from './fleet/v1/SetDesiredReply.ts';
import type { SetDesiredRequest as _fleet_v1_SetDesiredRequest, SetDesiredRequest__Output as _fleet_v1_SetDesiredRequest__Output } from './fleet/v1/SetDesiredRequest.ts';
import type { StatusView as _fleet_v1_StatusView, StatusView__Output as _fleet_v1_StatusView__Output } from './fleet/v1/StatusView.ts';
import type { SubmitBatchReply as _fleet_v1_SubmitBatchReply, SubmitBatchReply__Output as _fleet_v1_SubmitBatchReply__Output } from './fleet/v1/SubmitBatchReply.ts';
import type { SubmitBatchRequest as _fleet_v1_SubmitBatchRequest, SubmitBatchRequest__Output as _fleet_v1_SubmitBatchRequest__Output } from './fleet/v1/SubmitBatchRequest.ts';
import type { SubmitReply as _fleet_v1_SubmitReply, SubmitReply__Output as _fleet_v1_SubmitReply__Output } from './fleet/v1/SubmitReply.ts';
import type { SubmitRequest as _fleet_v1_SubmitRequest, SubmitRequest__Output as _fleet_v1_SubmitRequest__Output } from './fleet/v1/SubmitRequest.ts';
import type { SubmitVerdict as _fleet_v1_SubmitVerdict, SubmitVerdict__Output as _fleet_v1_SubmitVerdict__Output } from './fleet/v1/SubmitVerdict.ts';
import type { TestNotifyRequest as _fleet_v1_TestNotifyRequest, TestNotifyRequest__Output as _fleet_v1_TestNotifyRequest__Output } from './fleet/v1/TestNotifyRequest.ts';
import type { UncordonRequest as _fleet_v1_UncordonRequest, UncordonRequest__Output as _fleet_v1_UncordonRequest__Output } from './fleet/v1/UncordonRequest.ts';
import type { WatchRequest as _fleet_v1_WatchRequest, WatchRequest__Output as _fleet_v1_WatchRequest__Output } from './fleet/v1/WatchRequest.ts';
import type { WhyReply as _fleet_v1_WhyReply, WhyReply__Output as _fleet_v1_WhyReply__Output } from './fleet/v1/WhyReply.ts';
import type { WhyRequest as _fleet_v1_WhyRequest, WhyRequest__Output as _fleet_v1_WhyRequest__Output } from './fleet/v1/WhyRequest.ts';
import type { WindowView as _fleet_v1_WindowView, WindowView__Output as _fleet_v1_WindowView__Output } from './fleet/v1/WindowView.ts';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  fleet: {
    v1: {
      Admissible: MessageTypeDefinition<_fleet_v1_Admissible, _fleet_v1_Admissible__Output>
      Ailing: MessageTypeDefinition<_fleet_v1_Ailing, _fleet_v1_Ailing__Output>
      CampaignView: MessageTypeDefinition<_fleet_v1_CampaignView, _fleet_v1_CampaignView__Output>
      CancelJobRequest: MessageTypeDefinition<_fleet_v1_CancelJobRequest, _fleet_v1_CancelJobRequest__Output>
      Capacity: MessageTypeDefinition<_fleet_v1_Capacity, _fleet_v1_Capacity__Output>
      ClearOverrideRequest: MessageTypeDefinition<_fleet_v1_ClearOverrideRequest, _fleet_v1_ClearOverrideRequest__Output>
      ConvergeRequest: MessageTypeDefinition<_fleet_v1_ConvergeRequest, _fleet_v1_ConvergeRequest__Output>
      Cordon: MessageTypeDefinition<_fleet_v1_Cordon, _fleet_v1_Cordon__Output>
      CordonReply: MessageTypeDefinition<_fleet_v1_CordonReply, _fleet_v1_CordonReply__Output>
      CordonRequest: MessageTypeDefinition<_fleet_v1_CordonRequest, _fleet_v1_CordonRequest__Output>
      DesiredState: EnumTypeDefinition
      EventView: MessageTypeDefinition<_fleet_v1_EventView, _fleet_v1_EventView__Output>
      EventsRequest: MessageTypeDefinition<_fleet_v1_EventsRequest, _fleet_v1_EventsRequest__Output>
      Evidence: MessageTypeDefinition<_fleet_v1_Evidence, _fleet_v1_Evidence__Output>
      GetCampaignRequest: MessageTypeDefinition<_fleet_v1_GetCampaignRequest, _fleet_v1_GetCampaignRequest__Output>
      GetJobRequest: MessageTypeDefinition<_fleet_v1_GetJobRequest, _fleet_v1_GetJobRequest__Output>
      GetStatusRequest: MessageTypeDefinition<_fleet_v1_GetStatusRequest, _fleet_v1_GetStatusRequest__Output>
      Gpu: MessageTypeDefinition<_fleet_v1_Gpu, _fleet_v1_Gpu__Output>
      Guardrail: MessageTypeDefinition<_fleet_v1_Guardrail, _fleet_v1_Guardrail__Output>
      InputFile: MessageTypeDefinition<_fleet_v1_InputFile, _fleet_v1_InputFile__Output>
      JobKind: EnumTypeDefinition
      JobView: MessageTypeDefinition<_fleet_v1_JobView, _fleet_v1_JobView__Output>
      Lane: EnumTypeDefinition
      LaneSlots: MessageTypeDefinition<_fleet_v1_LaneSlots, _fleet_v1_LaneSlots__Output>
      ListJobsReply: MessageTypeDefinition<_fleet_v1_ListJobsReply, _fleet_v1_ListJobsReply__Output>
      ListJobsRequest: MessageTypeDefinition<_fleet_v1_ListJobsRequest, _fleet_v1_ListJobsRequest__Output>
      ListNodesReply: MessageTypeDefinition<_fleet_v1_ListNodesReply, _fleet_v1_ListNodesReply__Output>
      ListNodesRequest: MessageTypeDefinition<_fleet_v1_ListNodesRequest, _fleet_v1_ListNodesRequest__Output>
      ListNoticesRequest: MessageTypeDefinition<_fleet_v1_ListNoticesRequest, _fleet_v1_ListNoticesRequest__Output>
      ListOverridesReply: MessageTypeDefinition<_fleet_v1_ListOverridesReply, _fleet_v1_ListOverridesReply__Output>
      ListOverridesRequest: MessageTypeDefinition<_fleet_v1_ListOverridesRequest, _fleet_v1_ListOverridesRequest__Output>
      NodePressure: MessageTypeDefinition<_fleet_v1_NodePressure, _fleet_v1_NodePressure__Output>
      NodeView: MessageTypeDefinition<_fleet_v1_NodeView, _fleet_v1_NodeView__Output>
      NodesApart: MessageTypeDefinition<_fleet_v1_NodesApart, _fleet_v1_NodesApart__Output>
      NotifyReply: MessageTypeDefinition<_fleet_v1_NotifyReply, _fleet_v1_NotifyReply__Output>
      OnHubLoss: EnumTypeDefinition
      Operator: SubtypeConstructor<typeof grpc.Client, _fleet_v1_OperatorClient> & { service: _fleet_v1_OperatorDefinition }
      OverrideView: MessageTypeDefinition<_fleet_v1_OverrideView, _fleet_v1_OverrideView__Output>
      Priority: EnumTypeDefinition
      QueryNodeReply: MessageTypeDefinition<_fleet_v1_QueryNodeReply, _fleet_v1_QueryNodeReply__Output>
      QueryNodeRequest: MessageTypeDefinition<_fleet_v1_QueryNodeRequest, _fleet_v1_QueryNodeRequest__Output>
      RefillReply: MessageTypeDefinition<_fleet_v1_RefillReply, _fleet_v1_RefillReply__Output>
      RefillRequest: MessageTypeDefinition<_fleet_v1_RefillRequest, _fleet_v1_RefillRequest__Output>
      Refusal: MessageTypeDefinition<_fleet_v1_Refusal, _fleet_v1_Refusal__Output>
      ReplicaView: MessageTypeDefinition<_fleet_v1_ReplicaView, _fleet_v1_ReplicaView__Output>
      RequeueReply: MessageTypeDefinition<_fleet_v1_RequeueReply, _fleet_v1_RequeueReply__Output>
      RequeueRequest: MessageTypeDefinition<_fleet_v1_RequeueRequest, _fleet_v1_RequeueRequest__Output>
      SetBudgetRequest: MessageTypeDefinition<_fleet_v1_SetBudgetRequest, _fleet_v1_SetBudgetRequest__Output>
      SetDesiredReply: MessageTypeDefinition<_fleet_v1_SetDesiredReply, _fleet_v1_SetDesiredReply__Output>
      SetDesiredRequest: MessageTypeDefinition<_fleet_v1_SetDesiredRequest, _fleet_v1_SetDesiredRequest__Output>
      StatusView: MessageTypeDefinition<_fleet_v1_StatusView, _fleet_v1_StatusView__Output>
      SubmitBatchReply: MessageTypeDefinition<_fleet_v1_SubmitBatchReply, _fleet_v1_SubmitBatchReply__Output>
      SubmitBatchRequest: MessageTypeDefinition<_fleet_v1_SubmitBatchRequest, _fleet_v1_SubmitBatchRequest__Output>
      SubmitReply: MessageTypeDefinition<_fleet_v1_SubmitReply, _fleet_v1_SubmitReply__Output>
      SubmitRequest: MessageTypeDefinition<_fleet_v1_SubmitRequest, _fleet_v1_SubmitRequest__Output>
      SubmitVerdict: MessageTypeDefinition<_fleet_v1_SubmitVerdict, _fleet_v1_SubmitVerdict__Output>
      TestNotifyRequest: MessageTypeDefinition<_fleet_v1_TestNotifyRequest, _fleet_v1_TestNotifyRequest__Output>
      UncordonRequest: MessageTypeDefinition<_fleet_v1_UncordonRequest, _fleet_v1_UncordonRequest__Output>
      WatchRequest: MessageTypeDefinition<_fleet_v1_WatchRequest, _fleet_v1_WatchRequest__Output>
      WhyReply: MessageTypeDefinition<_fleet_v1_WhyReply, _fleet_v1_WhyReply__Output>
      WhyRequest: MessageTypeDefinition<_fleet_v1_WhyRequest, _fleet_v1_WhyRequest__Output>
      WindowView: MessageTypeDefinition<_fleet_v1_WindowView, _fleet_v1_WindowView__Output>
    }
  }
}


// Original file: proto/fleet/v1/operator.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { CampaignView as _fleet_v1_CampaignView, CampaignView__Output as _fleet_v1_CampaignView__Output } from '../../fleet/v1/CampaignView.ts';
import type { CancelJobRequest as _fleet_v1_CancelJobRequest, CancelJobRequest__Output as _fleet_v1_CancelJobRequest__Output } from '../../fleet/v1/CancelJobRequest.ts';
import type { ClearOverrideRequest as _fleet_v1_ClearOverrideRequest, ClearOverrideRequest__Output as _fleet_v1_ClearOverrideRequest__Output } from '../../fleet/v1/ClearOverrideRequest.ts';
import type { ConvergeRequest as _fleet_v1_ConvergeRequest, ConvergeRequest__Output as _fleet_v1_ConvergeRequest__Output } from '../../fleet/v1/ConvergeRequest.ts';
import type { CordonReply as _fleet_v1_CordonReply, CordonReply__Output as _fleet_v1_CordonReply__Output } from '../../fleet/v1/CordonReply.ts';
import type { CordonRequest as _fleet_v1_CordonRequest, CordonRequest__Output as _fleet_v1_CordonRequest__Output } from '../../fleet/v1/CordonRequest.ts';
import type { EventView as _fleet_v1_EventView, EventView__Output as _fleet_v1_EventView__Output } from '../../fleet/v1/EventView.ts';
import type { EventsRequest as _fleet_v1_EventsRequest, EventsRequest__Output as _fleet_v1_EventsRequest__Output } from '../../fleet/v1/EventsRequest.ts';
import type { GetCampaignRequest as _fleet_v1_GetCampaignRequest, GetCampaignRequest__Output as _fleet_v1_GetCampaignRequest__Output } from '../../fleet/v1/GetCampaignRequest.ts';
import type { GetJobRequest as _fleet_v1_GetJobRequest, GetJobRequest__Output as _fleet_v1_GetJobRequest__Output } from '../../fleet/v1/GetJobRequest.ts';
import type { GetStatusRequest as _fleet_v1_GetStatusRequest, GetStatusRequest__Output as _fleet_v1_GetStatusRequest__Output } from '../../fleet/v1/GetStatusRequest.ts';
import type { JobView as _fleet_v1_JobView, JobView__Output as _fleet_v1_JobView__Output } from '../../fleet/v1/JobView.ts';
import type { ListJobsReply as _fleet_v1_ListJobsReply, ListJobsReply__Output as _fleet_v1_ListJobsReply__Output } from '../../fleet/v1/ListJobsReply.ts';
import type { ListJobsRequest as _fleet_v1_ListJobsRequest, ListJobsRequest__Output as _fleet_v1_ListJobsRequest__Output } from '../../fleet/v1/ListJobsRequest.ts';
import type { ListNodesReply as _fleet_v1_ListNodesReply, ListNodesReply__Output as _fleet_v1_ListNodesReply__Output } from '../../fleet/v1/ListNodesReply.ts';
import type { ListNodesRequest as _fleet_v1_ListNodesRequest, ListNodesRequest__Output as _fleet_v1_ListNodesRequest__Output } from '../../fleet/v1/ListNodesRequest.ts';
import type { ListNoticesRequest as _fleet_v1_ListNoticesRequest, ListNoticesRequest__Output as _fleet_v1_ListNoticesRequest__Output } from '../../fleet/v1/ListNoticesRequest.ts';
import type { ListOverridesReply as _fleet_v1_ListOverridesReply, ListOverridesReply__Output as _fleet_v1_ListOverridesReply__Output } from '../../fleet/v1/ListOverridesReply.ts';
import type { ListOverridesRequest as _fleet_v1_ListOverridesRequest, ListOverridesRequest__Output as _fleet_v1_ListOverridesRequest__Output } from '../../fleet/v1/ListOverridesRequest.ts';
import type { NodePressure as _fleet_v1_NodePressure, NodePressure__Output as _fleet_v1_NodePressure__Output } from '../../fleet/v1/NodePressure.ts';
import type { NotifyReply as _fleet_v1_NotifyReply, NotifyReply__Output as _fleet_v1_NotifyReply__Output } from '../../fleet/v1/NotifyReply.ts';
import type { OverrideView as _fleet_v1_OverrideView, OverrideView__Output as _fleet_v1_OverrideView__Output } from '../../fleet/v1/OverrideView.ts';
import type { QueryNodeReply as _fleet_v1_QueryNodeReply, QueryNodeReply__Output as _fleet_v1_QueryNodeReply__Output } from '../../fleet/v1/QueryNodeReply.ts';
import type { QueryNodeRequest as _fleet_v1_QueryNodeRequest, QueryNodeRequest__Output as _fleet_v1_QueryNodeRequest__Output } from '../../fleet/v1/QueryNodeRequest.ts';
import type { RefillReply as _fleet_v1_RefillReply, RefillReply__Output as _fleet_v1_RefillReply__Output } from '../../fleet/v1/RefillReply.ts';
import type { RefillRequest as _fleet_v1_RefillRequest, RefillRequest__Output as _fleet_v1_RefillRequest__Output } from '../../fleet/v1/RefillRequest.ts';
import type { RequeueReply as _fleet_v1_RequeueReply, RequeueReply__Output as _fleet_v1_RequeueReply__Output } from '../../fleet/v1/RequeueReply.ts';
import type { RequeueRequest as _fleet_v1_RequeueRequest, RequeueRequest__Output as _fleet_v1_RequeueRequest__Output } from '../../fleet/v1/RequeueRequest.ts';
import type { SetBudgetRequest as _fleet_v1_SetBudgetRequest, SetBudgetRequest__Output as _fleet_v1_SetBudgetRequest__Output } from '../../fleet/v1/SetBudgetRequest.ts';
import type { SetDesiredReply as _fleet_v1_SetDesiredReply, SetDesiredReply__Output as _fleet_v1_SetDesiredReply__Output } from '../../fleet/v1/SetDesiredReply.ts';
import type { SetDesiredRequest as _fleet_v1_SetDesiredRequest, SetDesiredRequest__Output as _fleet_v1_SetDesiredRequest__Output } from '../../fleet/v1/SetDesiredRequest.ts';
import type { StatusView as _fleet_v1_StatusView, StatusView__Output as _fleet_v1_StatusView__Output } from '../../fleet/v1/StatusView.ts';
import type { SubmitBatchReply as _fleet_v1_SubmitBatchReply, SubmitBatchReply__Output as _fleet_v1_SubmitBatchReply__Output } from '../../fleet/v1/SubmitBatchReply.ts';
import type { SubmitBatchRequest as _fleet_v1_SubmitBatchRequest, SubmitBatchRequest__Output as _fleet_v1_SubmitBatchRequest__Output } from '../../fleet/v1/SubmitBatchRequest.ts';
import type { SubmitReply as _fleet_v1_SubmitReply, SubmitReply__Output as _fleet_v1_SubmitReply__Output } from '../../fleet/v1/SubmitReply.ts';
import type { SubmitRequest as _fleet_v1_SubmitRequest, SubmitRequest__Output as _fleet_v1_SubmitRequest__Output } from '../../fleet/v1/SubmitRequest.ts';
import type { TestNotifyRequest as _fleet_v1_TestNotifyRequest, TestNotifyRequest__Output as _fleet_v1_TestNotifyRequest__Output } from '../../fleet/v1/TestNotifyRequest.ts';
import type { UncordonRequest as _fleet_v1_UncordonRequest, UncordonRequest__Output as _fleet_v1_UncordonRequest__Output } from '../../fleet/v1/UncordonRequest.ts';
import type { WatchRequest as _fleet_v1_WatchRequest, WatchRequest__Output as _fleet_v1_WatchRequest__Output } from '../../fleet/v1/WatchRequest.ts';
import type { WhyReply as _fleet_v1_WhyReply, WhyReply__Output as _fleet_v1_WhyReply__Output } from '../../fleet/v1/WhyReply.ts';
import type { WhyRequest as _fleet_v1_WhyRequest, WhyRequest__Output as _fleet_v1_WhyRequest__Output } from '../../fleet/v1/WhyRequest.ts';

export interface OperatorClient extends grpc.Client {
  CancelJob(argument: _fleet_v1_CancelJobRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_fleet_v1_JobView__Output>): grpc.ClientUnaryCall;
  CancelJob(argument: _fleet_v1_CancelJobRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_fleet_v1_JobView__Output>): grpc.ClientUnaryCall;
  CancelJob(argument: _fleet_v1_CancelJobRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_fleet_v1_JobView__Output>): grpc.ClientUnaryCall;
  CancelJob(argument: _fleet_v1_CancelJobRequest, callback: grpc.requestCallback<_fleet_v1_JobView__Output>): grpc.ClientUnaryCall;
  cancelJob(argument: _fleet_v1_CancelJobRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_fleet_v1_JobView__Output>): grpc.ClientUnaryCall;
  cancelJob(argument: _fleet_v1_CancelJobRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_fleet_v1_JobView__Output>): grpc.ClientUnaryCall;
  cancelJob(argument: _fleet_v1_CancelJobRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_fleet_v1_JobView__Output>): grpc.ClientUnaryCall;
  cancelJob(argument: _fleet_v1_CancelJobRequest, callback: grpc.requestCallback<_fleet_v1_JobView__Output>): grpc.ClientUnaryCall;
  
  ClearOverride(argument: _fleet_v1_ClearOverrideRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_fleet_v1_OverrideView__Output>): grpc.ClientUnaryCall;
  ClearOverride(argument: _fleet_v1_ClearOverrideRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_fleet_v1_OverrideView__Output>): grpc.ClientUnaryCall;
  ClearOverride(argument: _fleet_v1_ClearOverrideRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_fleet_v1_OverrideView__Output>): grpc.ClientUnaryCall;
  ClearOverride(argument: _fleet_v1_ClearOverrideRequest, callback: grpc.requestCallback<_fleet_v1_OverrideView__Output>): grpc.ClientUnaryCall;
  clearOverride(argument: _fleet_v1_ClearOverrideRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_fleet_v1_OverrideView__Output>): grpc.ClientUnaryCall;
  clearOverride(argument: _fleet_v1_ClearOverrideRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_fleet_v1_OverrideView__Output>): grpc.ClientUnaryCall;
  clearOverride(argument: _fleet_v1_ClearOverrideRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_fleet_v1_OverrideView__Output>): grpc.ClientUnaryCall;
  clearOverride(argument: _fleet_v1_ClearOverrideRequest, callback: grpc.requestCallback<_fleet_v1_OverrideView__Output>): grpc.ClientUnaryCall;
  
  Converge(argument: _fleet_v1_ConvergeRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_fleet_v1_CampaignView__Output>): grpc.ClientUnaryCall;
  Converge(argument: _fleet_v1_ConvergeRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_fleet_v1_CampaignView__Output>): grpc.ClientUnaryCall;
  Converge(argument: _fleet_v1_ConvergeRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_fleet_v1_CampaignView__Output>): grpc.ClientUnaryCall;
  Converge(argument: _fleet_v1_ConvergeRequest, callback: grpc.requestCallback<_fleet_v1_CampaignView__Output>): grpc.ClientUnaryCall;
  converge(argument: _fleet_v1_ConvergeRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_fleet_v1_CampaignView__Output>): grpc.ClientUnaryCall;
  converge(argument: _fleet_v1_ConvergeRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_fleet_v1_CampaignView__Output>): grpc.ClientUnaryCall;
  converge(argument: _fleet_v1_ConvergeRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_fleet_v1_CampaignView__Output>): grpc.ClientUnaryCall;
  converge(argument: _fleet_v1_ConvergeRequest, callback: grpc.requestCallback<_fleet_v1_CampaignView__Output>): grpc.ClientUnaryCall;
  
  Cordon(argument: _fleet_v1_CordonRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_fleet_v1_CordonReply__Output>): grpc.ClientUnaryCall;
  Cordon(argument: _fleet_v1_CordonRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_fleet_v1_CordonReply__Output>): grpc.ClientUnaryCall;
  Cordon(argument: _fleet_v1_CordonRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_fleet_v1_CordonReply__Output>): grpc.ClientUnaryCall;
  Cordon(argument: _fleet_v1_CordonRequest, callback: grpc.requestCallback<_fleet_v1_CordonReply__Output>): grpc.ClientUnaryCall;
  cordon(argument: _fleet_v1_CordonRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_fleet_v1_CordonReply__Output>): grpc.ClientUnaryCall;
  cordon(argument: _fleet_v1_CordonRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_fleet_v1_CordonReply__Output>): grpc.ClientUnaryCall;
  cordon(argument: _fleet_v1_CordonRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_fleet_v1_CordonReply__Output>): grpc.ClientUnaryCall;
  cordon(argument: _fleet_v1_CordonRequest, callback: grpc.requestCallback<_fleet_v1_CordonReply__Output>): grpc.ClientUnaryCall;
  
  Events(argument: _fleet_v1_EventsRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_fleet_v1_EventView__Output>;
  Events(argument: _fleet_v1_EventsRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_fleet_v1_EventView__Output>;
  events(argument: _fleet_v1_EventsRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_fleet_v1_EventView__Output>;
  events(argument: _fleet_v1_EventsRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_fleet_v1_EventView__Output>;
  
  GetCampaign(argument: _fleet_v1_GetCampaignRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_fleet_v1_CampaignView__Output>): grpc.ClientUnaryCall;
  GetCampaign(argument: _fleet_v1_GetCampaignRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_fleet_v1_CampaignView__Output>): grpc.ClientUnaryCall;
  GetCampaign(argument: _fleet_v1_GetCampaignRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_fleet_v1_CampaignView__Output>): grpc.ClientUnaryCall;
  GetCampaign(argument: _fleet_v1_GetCampaignRequest, callback: grpc.requestCallback<_fleet_v1_CampaignView__Output>): grpc.ClientUnaryCall;
  getCampaign(argument: _fleet_v1_GetCampaignRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_fleet_v1_CampaignView__Output>): grpc.ClientUnaryCall;
  getCampaign(argument: _fleet_v1_GetCampaignRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_fleet_v1_CampaignView__Output>): grpc.ClientUnaryCall;
  getCampaign(argument: _fleet_v1_GetCampaignRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_fleet_v1_CampaignView__Output>): grpc.ClientUnaryCall;
  getCampaign(argument: _fleet_v1_GetCampaignRequest, callback: grpc.requestCallback<_fleet_v1_CampaignView__Output>): grpc.ClientUnaryCall;
  
  GetJob(argument: _fleet_v1_GetJobRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_fleet_v1_JobView__Output>): grpc.ClientUnaryCall;
  GetJob(argument: _fleet_v1_GetJobRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_fleet_v1_JobView__Output>): grpc.ClientUnaryCall;
  GetJob(argument: _fleet_v1_GetJobRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_fleet_v1_JobView__Output>): grpc.ClientUnaryCall;
  GetJob(argument: _fleet_v1_GetJobRequest, callback: grpc.requestCallback<_fleet_v1_JobView__Output>): grpc.ClientUnaryCall;
  getJob(argument: _fleet_v1_GetJobRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_fleet_v1_JobView__Output>): grpc.ClientUnaryCall;
  getJob(argument: _fleet_v1_GetJobRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_fleet_v1_JobView__Output>): grpc.ClientUnaryCall;
  getJob(argument: _fleet_v1_GetJobRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_fleet_v1_JobView__Output>): grpc.ClientUnaryCall;
  getJob(argument: _fleet_v1_GetJobRequest, callback: grpc.requestCallback<_fleet_v1_JobView__Output>): grpc.ClientUnaryCall;
  
  GetStatus(argument: _fleet_v1_GetStatusRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_fleet_v1_StatusView__Output>): grpc.ClientUnaryCall;
  GetStatus(argument: _fleet_v1_GetStatusRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_fleet_v1_StatusView__Output>): grpc.ClientUnaryCall;
  GetStatus(argument: _fleet_v1_GetStatusRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_fleet_v1_StatusView__Output>): grpc.ClientUnaryCall;
  GetStatus(argument: _fleet_v1_GetStatusRequest, callback: grpc.requestCallback<_fleet_v1_StatusView__Output>): grpc.ClientUnaryCall;
  getStatus(argument: _fleet_v1_GetStatusRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_fleet_v1_StatusView__Output>): grpc.ClientUnaryCall;
  getStatus(argument: _fleet_v1_GetStatusRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_fleet_v1_StatusView__Output>): grpc.ClientUnaryCall;
  getStatus(argument: _fleet_v1_GetStatusRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_fleet_v1_StatusView__Output>): grpc.ClientUnaryCall;
  getStatus(argument: _fleet_v1_GetStatusRequest, callback: grpc.requestCallback<_fleet_v1_StatusView__Output>): grpc.ClientUnaryCall;
  
  ListJobs(argument: _fleet_v1_ListJobsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_fleet_v1_ListJobsReply__Output>): grpc.ClientUnaryCall;
  ListJobs(argument: _fleet_v1_ListJobsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_fleet_v1_ListJobsReply__Output>): grpc.ClientUnaryCall;
  ListJobs(argument: _fleet_v1_ListJobsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_fleet_v1_ListJobsReply__Output>): grpc.ClientUnaryCall;
  ListJobs(argument: _fleet_v1_ListJobsRequest, callback: grpc.requestCallback<_fleet_v1_ListJobsReply__Output>): grpc.ClientUnaryCall;
  listJobs(argument: _fleet_v1_ListJobsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_fleet_v1_ListJobsReply__Output>): grpc.ClientUnaryCall;
  listJobs(argument: _fleet_v1_ListJobsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_fleet_v1_ListJobsReply__Output>): grpc.ClientUnaryCall;
  listJobs(argument: _fleet_v1_ListJobsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_fleet_v1_ListJobsReply__Output>): grpc.ClientUnaryCall;
  listJobs(argument: _fleet_v1_ListJobsRequest, callback: grpc.requestCallback<_fleet_v1_ListJobsReply__Output>): grpc.ClientUnaryCall;
  
  ListNodes(argument: _fleet_v1_ListNodesRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_fleet_v1_ListNodesReply__Output>): grpc.ClientUnaryCall;
  ListNodes(argument: _fleet_v1_ListNodesRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_fleet_v1_ListNodesReply__Output>): grpc.ClientUnaryCall;
  ListNodes(argument: _fleet_v1_ListNodesRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_fleet_v1_ListNodesReply__Output>): grpc.ClientUnaryCall;
  ListNodes(argument: _fleet_v1_ListNodesRequest, callback: grpc.requestCallback<_fleet_v1_ListNodesReply__Output>): grpc.ClientUnaryCall;
  listNodes(argument: _fleet_v1_ListNodesRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_fleet_v1_ListNodesReply__Output>): grpc.ClientUnaryCall;
  listNodes(argument: _fleet_v1_ListNodesRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_fleet_v1_ListNodesReply__Output>): grpc.ClientUnaryCall;
  listNodes(argument: _fleet_v1_ListNodesRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_fleet_v1_ListNodesReply__Output>): grpc.ClientUnaryCall;
  listNodes(argument: _fleet_v1_ListNodesRequest, callback: grpc.requestCallback<_fleet_v1_ListNodesReply__Output>): grpc.ClientUnaryCall;
  
  ListNotices(argument: _fleet_v1_ListNoticesRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_fleet_v1_NotifyReply__Output>): grpc.ClientUnaryCall;
  ListNotices(argument: _fleet_v1_ListNoticesRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_fleet_v1_NotifyReply__Output>): grpc.ClientUnaryCall;
  ListNotices(argument: _fleet_v1_ListNoticesRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_fleet_v1_NotifyReply__Output>): grpc.ClientUnaryCall;
  ListNotices(argument: _fleet_v1_ListNoticesRequest, callback: grpc.requestCallback<_fleet_v1_NotifyReply__Output>): grpc.ClientUnaryCall;
  listNotices(argument: _fleet_v1_ListNoticesRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_fleet_v1_NotifyReply__Output>): grpc.ClientUnaryCall;
  listNotices(argument: _fleet_v1_ListNoticesRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_fleet_v1_NotifyReply__Output>): grpc.ClientUnaryCall;
  listNotices(argument: _fleet_v1_ListNoticesRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_fleet_v1_NotifyReply__Output>): grpc.ClientUnaryCall;
  listNotices(argument: _fleet_v1_ListNoticesRequest, callback: grpc.requestCallback<_fleet_v1_NotifyReply__Output>): grpc.ClientUnaryCall;
  
  ListOverrides(argument: _fleet_v1_ListOverridesRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_fleet_v1_ListOverridesReply__Output>): grpc.ClientUnaryCall;
  ListOverrides(argument: _fleet_v1_ListOverridesRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_fleet_v1_ListOverridesReply__Output>): grpc.ClientUnaryCall;
  ListOverrides(argument: _fleet_v1_ListOverridesRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_fleet_v1_ListOverridesReply__Output>): grpc.ClientUnaryCall;
  ListOverrides(argument: _fleet_v1_ListOverridesRequest, callback: grpc.requestCallback<_fleet_v1_ListOverridesReply__Output>): grpc.ClientUnaryCall;
  listOverrides(argument: _fleet_v1_ListOverridesRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_fleet_v1_ListOverridesReply__Output>): grpc.ClientUnaryCall;
  listOverrides(argument: _fleet_v1_ListOverridesRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_fleet_v1_ListOverridesReply__Output>): grpc.ClientUnaryCall;
  listOverrides(argument: _fleet_v1_ListOverridesRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_fleet_v1_ListOverridesReply__Output>): grpc.ClientUnaryCall;
  listOverrides(argument: _fleet_v1_ListOverridesRequest, callback: grpc.requestCallback<_fleet_v1_ListOverridesReply__Output>): grpc.ClientUnaryCall;
  
  QueryNode(argument: _fleet_v1_QueryNodeRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_fleet_v1_QueryNodeReply__Output>): grpc.ClientUnaryCall;
  QueryNode(argument: _fleet_v1_QueryNodeRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_fleet_v1_QueryNodeReply__Output>): grpc.ClientUnaryCall;
  QueryNode(argument: _fleet_v1_QueryNodeRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_fleet_v1_QueryNodeReply__Output>): grpc.ClientUnaryCall;
  QueryNode(argument: _fleet_v1_QueryNodeRequest, callback: grpc.requestCallback<_fleet_v1_QueryNodeReply__Output>): grpc.ClientUnaryCall;
  queryNode(argument: _fleet_v1_QueryNodeRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_fleet_v1_QueryNodeReply__Output>): grpc.ClientUnaryCall;
  queryNode(argument: _fleet_v1_QueryNodeRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_fleet_v1_QueryNodeReply__Output>): grpc.ClientUnaryCall;
  queryNode(argument: _fleet_v1_QueryNodeRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_fleet_v1_QueryNodeReply__Output>): grpc.ClientUnaryCall;
  queryNode(argument: _fleet_v1_QueryNodeRequest, callback: grpc.requestCallback<_fleet_v1_QueryNodeReply__Output>): grpc.ClientUnaryCall;
  
  Refill(argument: _fleet_v1_RefillRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_fleet_v1_RefillReply__Output>): grpc.ClientUnaryCall;
  Refill(argument: _fleet_v1_RefillRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_fleet_v1_RefillReply__Output>): grpc.ClientUnaryCall;
  Refill(argument: _fleet_v1_RefillRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_fleet_v1_RefillReply__Output>): grpc.ClientUnaryCall;
  Refill(argument: _fleet_v1_RefillRequest, callback: grpc.requestCallback<_fleet_v1_RefillReply__Output>): grpc.ClientUnaryCall;
  refill(argument: _fleet_v1_RefillRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_fleet_v1_RefillReply__Output>): grpc.ClientUnaryCall;
  refill(argument: _fleet_v1_RefillRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_fleet_v1_RefillReply__Output>): grpc.ClientUnaryCall;
  refill(argument: _fleet_v1_RefillRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_fleet_v1_RefillReply__Output>): grpc.ClientUnaryCall;
  refill(argument: _fleet_v1_RefillRequest, callback: grpc.requestCallback<_fleet_v1_RefillReply__Output>): grpc.ClientUnaryCall;
  
  Requeue(argument: _fleet_v1_RequeueRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_fleet_v1_RequeueReply__Output>): grpc.ClientUnaryCall;
  Requeue(argument: _fleet_v1_RequeueRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_fleet_v1_RequeueReply__Output>): grpc.ClientUnaryCall;
  Requeue(argument: _fleet_v1_RequeueRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_fleet_v1_RequeueReply__Output>): grpc.ClientUnaryCall;
  Requeue(argument: _fleet_v1_RequeueRequest, callback: grpc.requestCallback<_fleet_v1_RequeueReply__Output>): grpc.ClientUnaryCall;
  requeue(argument: _fleet_v1_RequeueRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_fleet_v1_RequeueReply__Output>): grpc.ClientUnaryCall;
  requeue(argument: _fleet_v1_RequeueRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_fleet_v1_RequeueReply__Output>): grpc.ClientUnaryCall;
  requeue(argument: _fleet_v1_RequeueRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_fleet_v1_RequeueReply__Output>): grpc.ClientUnaryCall;
  requeue(argument: _fleet_v1_RequeueRequest, callback: grpc.requestCallback<_fleet_v1_RequeueReply__Output>): grpc.ClientUnaryCall;
  
  SetBudget(argument: _fleet_v1_SetBudgetRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_fleet_v1_QueryNodeReply__Output>): grpc.ClientUnaryCall;
  SetBudget(argument: _fleet_v1_SetBudgetRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_fleet_v1_QueryNodeReply__Output>): grpc.ClientUnaryCall;
  SetBudget(argument: _fleet_v1_SetBudgetRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_fleet_v1_QueryNodeReply__Output>): grpc.ClientUnaryCall;
  SetBudget(argument: _fleet_v1_SetBudgetRequest, callback: grpc.requestCallback<_fleet_v1_QueryNodeReply__Output>): grpc.ClientUnaryCall;
  setBudget(argument: _fleet_v1_SetBudgetRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_fleet_v1_QueryNodeReply__Output>): grpc.ClientUnaryCall;
  setBudget(argument: _fleet_v1_SetBudgetRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_fleet_v1_QueryNodeReply__Output>): grpc.ClientUnaryCall;
  setBudget(argument: _fleet_v1_SetBudgetRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_fleet_v1_QueryNodeReply__Output>): grpc.ClientUnaryCall;
  setBudget(argument: _fleet_v1_SetBudgetRequest, callback: grpc.requestCallback<_fleet_v1_QueryNodeReply__Output>): grpc.ClientUnaryCall;
  
  SetDesired(argument: _fleet_v1_SetDesiredRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_fleet_v1_SetDesiredReply__Output>): grpc.ClientUnaryCall;
  SetDesired(argument: _fleet_v1_SetDesiredRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_fleet_v1_SetDesiredReply__Output>): grpc.ClientUnaryCall;
  SetDesired(argument: _fleet_v1_SetDesiredRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_fleet_v1_SetDesiredReply__Output>): grpc.ClientUnaryCall;
  SetDesired(argument: _fleet_v1_SetDesiredRequest, callback: grpc.requestCallback<_fleet_v1_SetDesiredReply__Output>): grpc.ClientUnaryCall;
  setDesired(argument: _fleet_v1_SetDesiredRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_fleet_v1_SetDesiredReply__Output>): grpc.ClientUnaryCall;
  setDesired(argument: _fleet_v1_SetDesiredRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_fleet_v1_SetDesiredReply__Output>): grpc.ClientUnaryCall;
  setDesired(argument: _fleet_v1_SetDesiredRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_fleet_v1_SetDesiredReply__Output>): grpc.ClientUnaryCall;
  setDesired(argument: _fleet_v1_SetDesiredRequest, callback: grpc.requestCallback<_fleet_v1_SetDesiredReply__Output>): grpc.ClientUnaryCall;
  
  SetOverride(argument: _fleet_v1_OverrideView, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_fleet_v1_OverrideView__Output>): grpc.ClientUnaryCall;
  SetOverride(argument: _fleet_v1_OverrideView, metadata: grpc.Metadata, callback: grpc.requestCallback<_fleet_v1_OverrideView__Output>): grpc.ClientUnaryCall;
  SetOverride(argument: _fleet_v1_OverrideView, options: grpc.CallOptions, callback: grpc.requestCallback<_fleet_v1_OverrideView__Output>): grpc.ClientUnaryCall;
  SetOverride(argument: _fleet_v1_OverrideView, callback: grpc.requestCallback<_fleet_v1_OverrideView__Output>): grpc.ClientUnaryCall;
  setOverride(argument: _fleet_v1_OverrideView, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_fleet_v1_OverrideView__Output>): grpc.ClientUnaryCall;
  setOverride(argument: _fleet_v1_OverrideView, metadata: grpc.Metadata, callback: grpc.requestCallback<_fleet_v1_OverrideView__Output>): grpc.ClientUnaryCall;
  setOverride(argument: _fleet_v1_OverrideView, options: grpc.CallOptions, callback: grpc.requestCallback<_fleet_v1_OverrideView__Output>): grpc.ClientUnaryCall;
  setOverride(argument: _fleet_v1_OverrideView, callback: grpc.requestCallback<_fleet_v1_OverrideView__Output>): grpc.ClientUnaryCall;
  
  Submit(argument: _fleet_v1_SubmitRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_fleet_v1_SubmitReply__Output>): grpc.ClientUnaryCall;
  Submit(argument: _fleet_v1_SubmitRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_fleet_v1_SubmitReply__Output>): grpc.ClientUnaryCall;
  Submit(argument: _fleet_v1_SubmitRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_fleet_v1_SubmitReply__Output>): grpc.ClientUnaryCall;
  Submit(argument: _fleet_v1_SubmitRequest, callback: grpc.requestCallback<_fleet_v1_SubmitReply__Output>): grpc.ClientUnaryCall;
  submit(argument: _fleet_v1_SubmitRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_fleet_v1_SubmitReply__Output>): grpc.ClientUnaryCall;
  submit(argument: _fleet_v1_SubmitRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_fleet_v1_SubmitReply__Output>): grpc.ClientUnaryCall;
  submit(argument: _fleet_v1_SubmitRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_fleet_v1_SubmitReply__Output>): grpc.ClientUnaryCall;
  submit(argument: _fleet_v1_SubmitRequest, callback: grpc.requestCallback<_fleet_v1_SubmitReply__Output>): grpc.ClientUnaryCall;
  
  SubmitBatch(argument: _fleet_v1_SubmitBatchRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_fleet_v1_SubmitBatchReply__Output>): grpc.ClientUnaryCall;
  SubmitBatch(argument: _fleet_v1_SubmitBatchRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_fleet_v1_SubmitBatchReply__Output>): grpc.ClientUnaryCall;
  SubmitBatch(argument: _fleet_v1_SubmitBatchRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_fleet_v1_SubmitBatchReply__Output>): grpc.ClientUnaryCall;
  SubmitBatch(argument: _fleet_v1_SubmitBatchRequest, callback: grpc.requestCallback<_fleet_v1_SubmitBatchReply__Output>): grpc.ClientUnaryCall;
  submitBatch(argument: _fleet_v1_SubmitBatchRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_fleet_v1_SubmitBatchReply__Output>): grpc.ClientUnaryCall;
  submitBatch(argument: _fleet_v1_SubmitBatchRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_fleet_v1_SubmitBatchReply__Output>): grpc.ClientUnaryCall;
  submitBatch(argument: _fleet_v1_SubmitBatchRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_fleet_v1_SubmitBatchReply__Output>): grpc.ClientUnaryCall;
  submitBatch(argument: _fleet_v1_SubmitBatchRequest, callback: grpc.requestCallback<_fleet_v1_SubmitBatchReply__Output>): grpc.ClientUnaryCall;
  
  TestNotify(argument: _fleet_v1_TestNotifyRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_fleet_v1_NotifyReply__Output>): grpc.ClientUnaryCall;
  TestNotify(argument: _fleet_v1_TestNotifyRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_fleet_v1_NotifyReply__Output>): grpc.ClientUnaryCall;
  TestNotify(argument: _fleet_v1_TestNotifyRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_fleet_v1_NotifyReply__Output>): grpc.ClientUnaryCall;
  TestNotify(argument: _fleet_v1_TestNotifyRequest, callback: grpc.requestCallback<_fleet_v1_NotifyReply__Output>): grpc.ClientUnaryCall;
  testNotify(argument: _fleet_v1_TestNotifyRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_fleet_v1_NotifyReply__Output>): grpc.ClientUnaryCall;
  testNotify(argument: _fleet_v1_TestNotifyRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_fleet_v1_NotifyReply__Output>): grpc.ClientUnaryCall;
  testNotify(argument: _fleet_v1_TestNotifyRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_fleet_v1_NotifyReply__Output>): grpc.ClientUnaryCall;
  testNotify(argument: _fleet_v1_TestNotifyRequest, callback: grpc.requestCallback<_fleet_v1_NotifyReply__Output>): grpc.ClientUnaryCall;
  
  Uncordon(argument: _fleet_v1_UncordonRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_fleet_v1_CordonReply__Output>): grpc.ClientUnaryCall;
  Uncordon(argument: _fleet_v1_UncordonRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_fleet_v1_CordonReply__Output>): grpc.ClientUnaryCall;
  Uncordon(argument: _fleet_v1_UncordonRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_fleet_v1_CordonReply__Output>): grpc.ClientUnaryCall;
  Uncordon(argument: _fleet_v1_UncordonRequest, callback: grpc.requestCallback<_fleet_v1_CordonReply__Output>): grpc.ClientUnaryCall;
  uncordon(argument: _fleet_v1_UncordonRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_fleet_v1_CordonReply__Output>): grpc.ClientUnaryCall;
  uncordon(argument: _fleet_v1_UncordonRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_fleet_v1_CordonReply__Output>): grpc.ClientUnaryCall;
  uncordon(argument: _fleet_v1_UncordonRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_fleet_v1_CordonReply__Output>): grpc.ClientUnaryCall;
  uncordon(argument: _fleet_v1_UncordonRequest, callback: grpc.requestCallback<_fleet_v1_CordonReply__Output>): grpc.ClientUnaryCall;
  
  Watch(argument: _fleet_v1_WatchRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_fleet_v1_NodePressure__Output>;
  Watch(argument: _fleet_v1_WatchRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_fleet_v1_NodePressure__Output>;
  watch(argument: _fleet_v1_WatchRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_fleet_v1_NodePressure__Output>;
  watch(argument: _fleet_v1_WatchRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_fleet_v1_NodePressure__Output>;
  
  Why(argument: _fleet_v1_WhyRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_fleet_v1_WhyReply__Output>): grpc.ClientUnaryCall;
  Why(argument: _fleet_v1_WhyRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_fleet_v1_WhyReply__Output>): grpc.ClientUnaryCall;
  Why(argument: _fleet_v1_WhyRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_fleet_v1_WhyReply__Output>): grpc.ClientUnaryCall;
  Why(argument: _fleet_v1_WhyRequest, callback: grpc.requestCallback<_fleet_v1_WhyReply__Output>): grpc.ClientUnaryCall;
  why(argument: _fleet_v1_WhyRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_fleet_v1_WhyReply__Output>): grpc.ClientUnaryCall;
  why(argument: _fleet_v1_WhyRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_fleet_v1_WhyReply__Output>): grpc.ClientUnaryCall;
  why(argument: _fleet_v1_WhyRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_fleet_v1_WhyReply__Output>): grpc.ClientUnaryCall;
  why(argument: _fleet_v1_WhyRequest, callback: grpc.requestCallback<_fleet_v1_WhyReply__Output>): grpc.ClientUnaryCall;
  
}

export interface OperatorHandlers extends grpc.UntypedServiceImplementation {
  CancelJob: grpc.handleUnaryCall<_fleet_v1_CancelJobRequest__Output, _fleet_v1_JobView>;
  
  ClearOverride: grpc.handleUnaryCall<_fleet_v1_ClearOverrideRequest__Output, _fleet_v1_OverrideView>;
  
  Converge: grpc.handleUnaryCall<_fleet_v1_ConvergeRequest__Output, _fleet_v1_CampaignView>;
  
  Cordon: grpc.handleUnaryCall<_fleet_v1_CordonRequest__Output, _fleet_v1_CordonReply>;
  
  Events: grpc.handleServerStreamingCall<_fleet_v1_EventsRequest__Output, _fleet_v1_EventView>;
  
  GetCampaign: grpc.handleUnaryCall<_fleet_v1_GetCampaignRequest__Output, _fleet_v1_CampaignView>;
  
  GetJob: grpc.handleUnaryCall<_fleet_v1_GetJobRequest__Output, _fleet_v1_JobView>;
  
  GetStatus: grpc.handleUnaryCall<_fleet_v1_GetStatusRequest__Output, _fleet_v1_StatusView>;
  
  ListJobs: grpc.handleUnaryCall<_fleet_v1_ListJobsRequest__Output, _fleet_v1_ListJobsReply>;
  
  ListNodes: grpc.handleUnaryCall<_fleet_v1_ListNodesRequest__Output, _fleet_v1_ListNodesReply>;
  
  ListNotices: grpc.handleUnaryCall<_fleet_v1_ListNoticesRequest__Output, _fleet_v1_NotifyReply>;
  
  ListOverrides: grpc.handleUnaryCall<_fleet_v1_ListOverridesRequest__Output, _fleet_v1_ListOverridesReply>;
  
  QueryNode: grpc.handleUnaryCall<_fleet_v1_QueryNodeRequest__Output, _fleet_v1_QueryNodeReply>;
  
  Refill: grpc.handleUnaryCall<_fleet_v1_RefillRequest__Output, _fleet_v1_RefillReply>;
  
  Requeue: grpc.handleUnaryCall<_fleet_v1_RequeueRequest__Output, _fleet_v1_RequeueReply>;
  
  SetBudget: grpc.handleUnaryCall<_fleet_v1_SetBudgetRequest__Output, _fleet_v1_QueryNodeReply>;
  
  SetDesired: grpc.handleUnaryCall<_fleet_v1_SetDesiredRequest__Output, _fleet_v1_SetDesiredReply>;
  
  SetOverride: grpc.handleUnaryCall<_fleet_v1_OverrideView__Output, _fleet_v1_OverrideView>;
  
  Submit: grpc.handleUnaryCall<_fleet_v1_SubmitRequest__Output, _fleet_v1_SubmitReply>;
  
  SubmitBatch: grpc.handleUnaryCall<_fleet_v1_SubmitBatchRequest__Output, _fleet_v1_SubmitBatchReply>;
  
  TestNotify: grpc.handleUnaryCall<_fleet_v1_TestNotifyRequest__Output, _fleet_v1_NotifyReply>;
  
  Uncordon: grpc.handleUnaryCall<_fleet_v1_UncordonRequest__Output, _fleet_v1_CordonReply>;
  
  Watch: grpc.handleServerStreamingCall<_fleet_v1_WatchRequest__Output, _fleet_v1_NodePressure>;
  
  Why: grpc.handleUnaryCall<_fleet_v1_WhyRequest__Output, _fleet_v1_WhyReply>;
  
}

export interface OperatorDefinition extends grpc.ServiceDefinition {
  CancelJob: MethodDefinition<_fleet_v1_CancelJobRequest, _fleet_v1_JobView, _fleet_v1_CancelJobRequest__Output, _fleet_v1_JobView__Output>
  ClearOverride: MethodDefinition<_fleet_v1_ClearOverrideRequest, _fleet_v1_OverrideView, _fleet_v1_ClearOverrideRequest__Output, _fleet_v1_OverrideView__Output>
  Converge: MethodDefinition<_fleet_v1_ConvergeRequest, _fleet_v1_CampaignView, _fleet_v1_ConvergeRequest__Output, _fleet_v1_CampaignView__Output>
  Cordon: MethodDefinition<_fleet_v1_CordonRequest, _fleet_v1_CordonReply, _fleet_v1_CordonRequest__Output, _fleet_v1_CordonReply__Output>
  Events: MethodDefinition<_fleet_v1_EventsRequest, _fleet_v1_EventView, _fleet_v1_EventsRequest__Output, _fleet_v1_EventView__Output>
  GetCampaign: MethodDefinition<_fleet_v1_GetCampaignRequest, _fleet_v1_CampaignView, _fleet_v1_GetCampaignRequest__Output, _fleet_v1_CampaignView__Output>
  GetJob: MethodDefinition<_fleet_v1_GetJobRequest, _fleet_v1_JobView, _fleet_v1_GetJobRequest__Output, _fleet_v1_JobView__Output>
  GetStatus: MethodDefinition<_fleet_v1_GetStatusRequest, _fleet_v1_StatusView, _fleet_v1_GetStatusRequest__Output, _fleet_v1_StatusView__Output>
  ListJobs: MethodDefinition<_fleet_v1_ListJobsRequest, _fleet_v1_ListJobsReply, _fleet_v1_ListJobsRequest__Output, _fleet_v1_ListJobsReply__Output>
  ListNodes: MethodDefinition<_fleet_v1_ListNodesRequest, _fleet_v1_ListNodesReply, _fleet_v1_ListNodesRequest__Output, _fleet_v1_ListNodesReply__Output>
  ListNotices: MethodDefinition<_fleet_v1_ListNoticesRequest, _fleet_v1_NotifyReply, _fleet_v1_ListNoticesRequest__Output, _fleet_v1_NotifyReply__Output>
  ListOverrides: MethodDefinition<_fleet_v1_ListOverridesRequest, _fleet_v1_ListOverridesReply, _fleet_v1_ListOverridesRequest__Output, _fleet_v1_ListOverridesReply__Output>
  QueryNode: MethodDefinition<_fleet_v1_QueryNodeRequest, _fleet_v1_QueryNodeReply, _fleet_v1_QueryNodeRequest__Output, _fleet_v1_QueryNodeReply__Output>
  Refill: MethodDefinition<_fleet_v1_RefillRequest, _fleet_v1_RefillReply, _fleet_v1_RefillRequest__Output, _fleet_v1_RefillReply__Output>
  Requeue: MethodDefinition<_fleet_v1_RequeueRequest, _fleet_v1_RequeueReply, _fleet_v1_RequeueRequest__Output, _fleet_v1_RequeueReply__Output>
  SetBudget: MethodDefinition<_fleet_v1_SetBudgetRequest, _fleet_v1_QueryNodeReply, _fleet_v1_SetBudgetRequest__Output, _fleet_v1_QueryNodeReply__Output>
  SetDesired: MethodDefinition<_fleet_v1_SetDesiredRequest, _fleet_v1_SetDesiredReply, _fleet_v1_SetDesiredRequest__Output, _fleet_v1_SetDesiredReply__Output>
  SetOverride: MethodDefinition<_fleet_v1_OverrideView, _fleet_v1_OverrideView, _fleet_v1_OverrideView__Output, _fleet_v1_OverrideView__Output>
  Submit: MethodDefinition<_fleet_v1_SubmitRequest, _fleet_v1_SubmitReply, _fleet_v1_SubmitRequest__Output, _fleet_v1_SubmitReply__Output>
  SubmitBatch: MethodDefinition<_fleet_v1_SubmitBatchRequest, _fleet_v1_SubmitBatchReply, _fleet_v1_SubmitBatchRequest__Output, _fleet_v1_SubmitBatchReply__Output>
  TestNotify: MethodDefinition<_fleet_v1_TestNotifyRequest, _fleet_v1_NotifyReply, _fleet_v1_TestNotifyRequest__Output, _fleet_v1_NotifyReply__Output>
  Uncordon: MethodDefinition<_fleet_v1_UncordonRequest, _fleet_v1_CordonReply, _fleet_v1_UncordonRequest__Output, _fleet_v1_CordonReply__Output>
  Watch: MethodDefinition<_fleet_v1_WatchRequest, _fleet_v1_NodePressure, _fleet_v1_WatchRequest__Output, _fleet_v1_NodePressure__Output>
  Why: MethodDefinition<_fleet_v1_WhyRequest, _fleet_v1_WhyReply, _fleet_v1_WhyRequest__Output, _fleet_v1_WhyReply__Output>
}

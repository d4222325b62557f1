// Original file: proto/fleet/v1/local.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { EvictionCandidatesReply as _fleet_v1_EvictionCandidatesReply, EvictionCandidatesReply__Output as _fleet_v1_EvictionCandidatesReply__Output } from '../../fleet/v1/EvictionCandidatesReply.ts';
import type { EvictionCandidatesRequest as _fleet_v1_EvictionCandidatesRequest, EvictionCandidatesRequest__Output as _fleet_v1_EvictionCandidatesRequest__Output } from '../../fleet/v1/EvictionCandidatesRequest.ts';
import type { EvictionRegistryReply as _fleet_v1_EvictionRegistryReply, EvictionRegistryReply__Output as _fleet_v1_EvictionRegistryReply__Output } from '../../fleet/v1/EvictionRegistryReply.ts';
import type { EvictionRegistryRequest as _fleet_v1_EvictionRegistryRequest, EvictionRegistryRequest__Output as _fleet_v1_EvictionRegistryRequest__Output } from '../../fleet/v1/EvictionRegistryRequest.ts';
import type { LocalActivity as _fleet_v1_LocalActivity, LocalActivity__Output as _fleet_v1_LocalActivity__Output } from '../../fleet/v1/LocalActivity.ts';
import type { LocalActivitySet as _fleet_v1_LocalActivitySet, LocalActivitySet__Output as _fleet_v1_LocalActivitySet__Output } from '../../fleet/v1/LocalActivitySet.ts';
import type { LocalBudget as _fleet_v1_LocalBudget, LocalBudget__Output as _fleet_v1_LocalBudget__Output } from '../../fleet/v1/LocalBudget.ts';
import type { LocalBudgetReply as _fleet_v1_LocalBudgetReply, LocalBudgetReply__Output as _fleet_v1_LocalBudgetReply__Output } from '../../fleet/v1/LocalBudgetReply.ts';
import type { LocalClaim as _fleet_v1_LocalClaim, LocalClaim__Output as _fleet_v1_LocalClaim__Output } from '../../fleet/v1/LocalClaim.ts';
import type { LocalEvent as _fleet_v1_LocalEvent, LocalEvent__Output as _fleet_v1_LocalEvent__Output } from '../../fleet/v1/LocalEvent.ts';
import type { LocalRelease as _fleet_v1_LocalRelease, LocalRelease__Output as _fleet_v1_LocalRelease__Output } from '../../fleet/v1/LocalRelease.ts';
import type { LocalReleased as _fleet_v1_LocalReleased, LocalReleased__Output as _fleet_v1_LocalReleased__Output } from '../../fleet/v1/LocalReleased.ts';
import type { LocalSchema as _fleet_v1_LocalSchema, LocalSchema__Output as _fleet_v1_LocalSchema__Output } from '../../fleet/v1/LocalSchema.ts';
import type { LocalSchemaRequest as _fleet_v1_LocalSchemaRequest, LocalSchemaRequest__Output as _fleet_v1_LocalSchemaRequest__Output } from '../../fleet/v1/LocalSchemaRequest.ts';
import type { LocalStats as _fleet_v1_LocalStats, LocalStats__Output as _fleet_v1_LocalStats__Output } from '../../fleet/v1/LocalStats.ts';
import type { LocalStatsRequest as _fleet_v1_LocalStatsRequest, LocalStatsRequest__Output as _fleet_v1_LocalStatsRequest__Output } from '../../fleet/v1/LocalStatsRequest.ts';
import type { LocalTouch as _fleet_v1_LocalTouch, LocalTouch__Output as _fleet_v1_LocalTouch__Output } from '../../fleet/v1/LocalTouch.ts';
import type { LocalTouched as _fleet_v1_LocalTouched, LocalTouched__Output as _fleet_v1_LocalTouched__Output } from '../../fleet/v1/LocalTouched.ts';
import type { LocalVerdict as _fleet_v1_LocalVerdict, LocalVerdict__Output as _fleet_v1_LocalVerdict__Output } from '../../fleet/v1/LocalVerdict.ts';
import type { LocalWatch as _fleet_v1_LocalWatch, LocalWatch__Output as _fleet_v1_LocalWatch__Output } from '../../fleet/v1/LocalWatch.ts';
import type { QosNoted as _fleet_v1_QosNoted, QosNoted__Output as _fleet_v1_QosNoted__Output } from '../../fleet/v1/QosNoted.ts';
import type { QosReport as _fleet_v1_QosReport, QosReport__Output as _fleet_v1_QosReport__Output } from '../../fleet/v1/QosReport.ts';
import type { SystemResources as _fleet_v1_SystemResources, SystemResources__Output as _fleet_v1_SystemResources__Output } from '../../fleet/v1/SystemResources.ts';
import type { SystemResourcesRequest as _fleet_v1_SystemResourcesRequest, SystemResourcesRequest__Output as _fleet_v1_SystemResourcesRequest__Output } from '../../fleet/v1/SystemResourcesRequest.ts';

export interface LocalGateClient extends grpc.Client {
  Account(argument: _fleet_v1_LocalClaim, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_fleet_v1_LocalVerdict__Output>): grpc.ClientUnaryCall;
  Account(argument: _fleet_v1_LocalClaim, metadata: grpc.Metadata, callback: grpc.requestCallback<_fleet_v1_LocalVerdict__Output>): grpc.ClientUnaryCall;
  Account(argument: _fleet_v1_LocalClaim, options: grpc.CallOptions, callback: grpc.requestCallback<_fleet_v1_LocalVerdict__Output>): grpc.ClientUnaryCall;
  Account(argument: _fleet_v1_LocalClaim, callback: grpc.requestCallback<_fleet_v1_LocalVerdict__Output>): grpc.ClientUnaryCall;
  account(argument: _fleet_v1_LocalClaim, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_fleet_v1_LocalVerdict__Output>): grpc.ClientUnaryCall;
  account(argument: _fleet_v1_LocalClaim, metadata: grpc.Metadata, callback: grpc.requestCallback<_fleet_v1_LocalVerdict__Output>): grpc.ClientUnaryCall;
  account(argument: _fleet_v1_LocalClaim, options: grpc.CallOptions, callback: grpc.requestCallback<_fleet_v1_LocalVerdict__Output>): grpc.ClientUnaryCall;
  account(argument: _fleet_v1_LocalClaim, callback: grpc.requestCallback<_fleet_v1_LocalVerdict__Output>): grpc.ClientUnaryCall;
  
  EvictionCandidates(argument: _fleet_v1_EvictionCandidatesRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_fleet_v1_EvictionCandidatesReply__Output>): grpc.ClientUnaryCall;
  EvictionCandidates(argument: _fleet_v1_EvictionCandidatesRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_fleet_v1_EvictionCandidatesReply__Output>): grpc.ClientUnaryCall;
  EvictionCandidates(argument: _fleet_v1_EvictionCandidatesRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_fleet_v1_EvictionCandidatesReply__Output>): grpc.ClientUnaryCall;
  EvictionCandidates(argument: _fleet_v1_EvictionCandidatesRequest, callback: grpc.requestCallback<_fleet_v1_EvictionCandidatesReply__Output>): grpc.ClientUnaryCall;
  evictionCandidates(argument: _fleet_v1_EvictionCandidatesRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_fleet_v1_EvictionCandidatesReply__Output>): grpc.ClientUnaryCall;
  evictionCandidates(argument: _fleet_v1_EvictionCandidatesRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_fleet_v1_EvictionCandidatesReply__Output>): grpc.ClientUnaryCall;
  evictionCandidates(argument: _fleet_v1_EvictionCandidatesRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_fleet_v1_EvictionCandidatesReply__Output>): grpc.ClientUnaryCall;
  evictionCandidates(argument: _fleet_v1_EvictionCandidatesRequest, callback: grpc.requestCallback<_fleet_v1_EvictionCandidatesReply__Output>): grpc.ClientUnaryCall;
  
  EvictionRegistry(argument: _fleet_v1_EvictionRegistryRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_fleet_v1_EvictionRegistryReply__Output>): grpc.ClientUnaryCall;
  EvictionRegistry(argument: _fleet_v1_EvictionRegistryRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_fleet_v1_EvictionRegistryReply__Output>): grpc.ClientUnaryCall;
  EvictionRegistry(argument: _fleet_v1_EvictionRegistryRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_fleet_v1_EvictionRegistryReply__Output>): grpc.ClientUnaryCall;
  EvictionRegistry(argument: _fleet_v1_EvictionRegistryRequest, callback: grpc.requestCallback<_fleet_v1_EvictionRegistryReply__Output>): grpc.ClientUnaryCall;
  evictionRegistry(argument: _fleet_v1_EvictionRegistryRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_fleet_v1_EvictionRegistryReply__Output>): grpc.ClientUnaryCall;
  evictionRegistry(argument: _fleet_v1_EvictionRegistryRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_fleet_v1_EvictionRegistryReply__Output>): grpc.ClientUnaryCall;
  evictionRegistry(argument: _fleet_v1_EvictionRegistryRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_fleet_v1_EvictionRegistryReply__Output>): grpc.ClientUnaryCall;
  evictionRegistry(argument: _fleet_v1_EvictionRegistryRequest, callback: grpc.requestCallback<_fleet_v1_EvictionRegistryReply__Output>): grpc.ClientUnaryCall;
  
  GetSchema(argument: _fleet_v1_LocalSchemaRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_fleet_v1_LocalSchema__Output>): grpc.ClientUnaryCall;
  GetSchema(argument: _fleet_v1_LocalSchemaRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_fleet_v1_LocalSchema__Output>): grpc.ClientUnaryCall;
  GetSchema(argument: _fleet_v1_LocalSchemaRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_fleet_v1_LocalSchema__Output>): grpc.ClientUnaryCall;
  GetSchema(argument: _fleet_v1_LocalSchemaRequest, callback: grpc.requestCallback<_fleet_v1_LocalSchema__Output>): grpc.ClientUnaryCall;
  getSchema(argument: _fleet_v1_LocalSchemaRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_fleet_v1_LocalSchema__Output>): grpc.ClientUnaryCall;
  getSchema(argument: _fleet_v1_LocalSchemaRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_fleet_v1_LocalSchema__Output>): grpc.ClientUnaryCall;
  getSchema(argument: _fleet_v1_LocalSchemaRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_fleet_v1_LocalSchema__Output>): grpc.ClientUnaryCall;
  getSchema(argument: _fleet_v1_LocalSchemaRequest, callback: grpc.requestCallback<_fleet_v1_LocalSchema__Output>): grpc.ClientUnaryCall;
  
  GetSystemResources(argument: _fleet_v1_SystemResourcesRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_fleet_v1_SystemResources__Output>): grpc.ClientUnaryCall;
  GetSystemResources(argument: _fleet_v1_SystemResourcesRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_fleet_v1_SystemResources__Output>): grpc.ClientUnaryCall;
  GetSystemResources(argument: _fleet_v1_SystemResourcesRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_fleet_v1_SystemResources__Output>): grpc.ClientUnaryCall;
  GetSystemResources(argument: _fleet_v1_SystemResourcesRequest, callback: grpc.requestCallback<_fleet_v1_SystemResources__Output>): grpc.ClientUnaryCall;
  getSystemResources(argument: _fleet_v1_SystemResourcesRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_fleet_v1_SystemResources__Output>): grpc.ClientUnaryCall;
  getSystemResources(argument: _fleet_v1_SystemResourcesRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_fleet_v1_SystemResources__Output>): grpc.ClientUnaryCall;
  getSystemResources(argument: _fleet_v1_SystemResourcesRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_fleet_v1_SystemResources__Output>): grpc.ClientUnaryCall;
  getSystemResources(argument: _fleet_v1_SystemResourcesRequest, callback: grpc.requestCallback<_fleet_v1_SystemResources__Output>): grpc.ClientUnaryCall;
  
  Release(argument: _fleet_v1_LocalRelease, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_fleet_v1_LocalReleased__Output>): grpc.ClientUnaryCall;
  Release(argument: _fleet_v1_LocalRelease, metadata: grpc.Metadata, callback: grpc.requestCallback<_fleet_v1_LocalReleased__Output>): grpc.ClientUnaryCall;
  Release(argument: _fleet_v1_LocalRelease, options: grpc.CallOptions, callback: grpc.requestCallback<_fleet_v1_LocalReleased__Output>): grpc.ClientUnaryCall;
  Release(argument: _fleet_v1_LocalRelease, callback: grpc.requestCallback<_fleet_v1_LocalReleased__Output>): grpc.ClientUnaryCall;
  release(argument: _fleet_v1_LocalRelease, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_fleet_v1_LocalReleased__Output>): grpc.ClientUnaryCall;
  release(argument: _fleet_v1_LocalRelease, metadata: grpc.Metadata, callback: grpc.requestCallback<_fleet_v1_LocalReleased__Output>): grpc.ClientUnaryCall;
  release(argument: _fleet_v1_LocalRelease, options: grpc.CallOptions, callback: grpc.requestCallback<_fleet_v1_LocalReleased__Output>): grpc.ClientUnaryCall;
  release(argument: _fleet_v1_LocalRelease, callback: grpc.requestCallback<_fleet_v1_LocalReleased__Output>): grpc.ClientUnaryCall;
  
  ReportQos(argument: _fleet_v1_QosReport, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_fleet_v1_QosNoted__Output>): grpc.ClientUnaryCall;
  ReportQos(argument: _fleet_v1_QosReport, metadata: grpc.Metadata, callback: grpc.requestCallback<_fleet_v1_QosNoted__Output>): grpc.ClientUnaryCall;
  ReportQos(argument: _fleet_v1_QosReport, options: grpc.CallOptions, callback: grpc.requestCallback<_fleet_v1_QosNoted__Output>): grpc.ClientUnaryCall;
  ReportQos(argument: _fleet_v1_QosReport, callback: grpc.requestCallback<_fleet_v1_QosNoted__Output>): grpc.ClientUnaryCall;
  reportQos(argument: _fleet_v1_QosReport, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_fleet_v1_QosNoted__Output>): grpc.ClientUnaryCall;
  reportQos(argument: _fleet_v1_QosReport, metadata: grpc.Metadata, callback: grpc.requestCallback<_fleet_v1_QosNoted__Output>): grpc.ClientUnaryCall;
  reportQos(argument: _fleet_v1_QosReport, options: grpc.CallOptions, callback: grpc.requestCallback<_fleet_v1_QosNoted__Output>): grpc.ClientUnaryCall;
  reportQos(argument: _fleet_v1_QosReport, callback: grpc.requestCallback<_fleet_v1_QosNoted__Output>): grpc.ClientUnaryCall;
  
  Reserve(argument: _fleet_v1_LocalClaim, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_fleet_v1_LocalVerdict__Output>): grpc.ClientUnaryCall;
  Reserve(argument: _fleet_v1_LocalClaim, metadata: grpc.Metadata, callback: grpc.requestCallback<_fleet_v1_LocalVerdict__Output>): grpc.ClientUnaryCall;
  Reserve(argument: _fleet_v1_LocalClaim, options: grpc.CallOptions, callback: grpc.requestCallback<_fleet_v1_LocalVerdict__Output>): grpc.ClientUnaryCall;
  Reserve(argument: _fleet_v1_LocalClaim, callback: grpc.requestCallback<_fleet_v1_LocalVerdict__Output>): grpc.ClientUnaryCall;
  reserve(argument: _fleet_v1_LocalClaim, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_fleet_v1_LocalVerdict__Output>): grpc.ClientUnaryCall;
  reserve(argument: _fleet_v1_LocalClaim, metadata: grpc.Metadata, callback: grpc.requestCallback<_fleet_v1_LocalVerdict__Output>): grpc.ClientUnaryCall;
  reserve(argument: _fleet_v1_LocalClaim, options: grpc.CallOptions, callback: grpc.requestCallback<_fleet_v1_LocalVerdict__Output>): grpc.ClientUnaryCall;
  reserve(argument: _fleet_v1_LocalClaim, callback: grpc.requestCallback<_fleet_v1_LocalVerdict__Output>): grpc.ClientUnaryCall;
  
  SetActivity(argument: _fleet_v1_LocalActivity, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_fleet_v1_LocalActivitySet__Output>): grpc.ClientUnaryCall;
  SetActivity(argument: _fleet_v1_LocalActivity, metadata: grpc.Metadata, callback: grpc.requestCallback<_fleet_v1_LocalActivitySet__Output>): grpc.ClientUnaryCall;
  SetActivity(argument: _fleet_v1_LocalActivity, options: grpc.CallOptions, callback: grpc.requestCallback<_fleet_v1_LocalActivitySet__Output>): grpc.ClientUnaryCall;
  SetActivity(argument: _fleet_v1_LocalActivity, callback: grpc.requestCallback<_fleet_v1_LocalActivitySet__Output>): grpc.ClientUnaryCall;
  setActivity(argument: _fleet_v1_LocalActivity, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_fleet_v1_LocalActivitySet__Output>): grpc.ClientUnaryCall;
  setActivity(argument: _fleet_v1_LocalActivity, metadata: grpc.Metadata, callback: grpc.requestCallback<_fleet_v1_LocalActivitySet__Output>): grpc.ClientUnaryCall;
  setActivity(argument: _fleet_v1_LocalActivity, options: grpc.CallOptions, callback: grpc.requestCallback<_fleet_v1_LocalActivitySet__Output>): grpc.ClientUnaryCall;
  setActivity(argument: _fleet_v1_LocalActivity, callback: grpc.requestCallback<_fleet_v1_LocalActivitySet__Output>): grpc.ClientUnaryCall;
  
  SetBudget(argument: _fleet_v1_LocalBudget, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_fleet_v1_LocalBudgetReply__Output>): grpc.ClientUnaryCall;
  SetBudget(argument: _fleet_v1_LocalBudget, metadata: grpc.Metadata, callback: grpc.requestCallback<_fleet_v1_LocalBudgetReply__Output>): grpc.ClientUnaryCall;
  SetBudget(argument: _fleet_v1_LocalBudget, options: grpc.CallOptions, callback: grpc.requestCallback<_fleet_v1_LocalBudgetReply__Output>): grpc.ClientUnaryCall;
  SetBudget(argument: _fleet_v1_LocalBudget, callback: grpc.requestCallback<_fleet_v1_LocalBudgetReply__Output>): grpc.ClientUnaryCall;
  setBudget(argument: _fleet_v1_LocalBudget, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_fleet_v1_LocalBudgetReply__Output>): grpc.ClientUnaryCall;
  setBudget(argument: _fleet_v1_LocalBudget, metadata: grpc.Metadata, callback: grpc.requestCallback<_fleet_v1_LocalBudgetReply__Output>): grpc.ClientUnaryCall;
  setBudget(argument: _fleet_v1_LocalBudget, options: grpc.CallOptions, callback: grpc.requestCallback<_fleet_v1_LocalBudgetReply__Output>): grpc.ClientUnaryCall;
  setBudget(argument: _fleet_v1_LocalBudget, callback: grpc.requestCallback<_fleet_v1_LocalBudgetReply__Output>): grpc.ClientUnaryCall;
  
  Stats(argument: _fleet_v1_LocalStatsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_fleet_v1_LocalStats__Output>): grpc.ClientUnaryCall;
  Stats(argument: _fleet_v1_LocalStatsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_fleet_v1_LocalStats__Output>): grpc.ClientUnaryCall;
  Stats(argument: _fleet_v1_LocalStatsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_fleet_v1_LocalStats__Output>): grpc.ClientUnaryCall;
  Stats(argument: _fleet_v1_LocalStatsRequest, callback: grpc.requestCallback<_fleet_v1_LocalStats__Output>): grpc.ClientUnaryCall;
  stats(argument: _fleet_v1_LocalStatsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_fleet_v1_LocalStats__Output>): grpc.ClientUnaryCall;
  stats(argument: _fleet_v1_LocalStatsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_fleet_v1_LocalStats__Output>): grpc.ClientUnaryCall;
  stats(argument: _fleet_v1_LocalStatsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_fleet_v1_LocalStats__Output>): grpc.ClientUnaryCall;
  stats(argument: _fleet_v1_LocalStatsRequest, callback: grpc.requestCallback<_fleet_v1_LocalStats__Output>): grpc.ClientUnaryCall;
  
  Touch(argument: _fleet_v1_LocalTouch, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_fleet_v1_LocalTouched__Output>): grpc.ClientUnaryCall;
  Touch(argument: _fleet_v1_LocalTouch, metadata: grpc.Metadata, callback: grpc.requestCallback<_fleet_v1_LocalTouched__Output>): grpc.ClientUnaryCall;
  Touch(argument: _fleet_v1_LocalTouch, options: grpc.CallOptions, callback: grpc.requestCallback<_fleet_v1_LocalTouched__Output>): grpc.ClientUnaryCall;
  Touch(argument: _fleet_v1_LocalTouch, callback: grpc.requestCallback<_fleet_v1_LocalTouched__Output>): grpc.ClientUnaryCall;
  touch(argument: _fleet_v1_LocalTouch, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_fleet_v1_LocalTouched__Output>): grpc.ClientUnaryCall;
  touch(argument: _fleet_v1_LocalTouch, metadata: grpc.Metadata, callback: grpc.requestCallback<_fleet_v1_LocalTouched__Output>): grpc.ClientUnaryCall;
  touch(argument: _fleet_v1_LocalTouch, options: grpc.CallOptions, callback: grpc.requestCallback<_fleet_v1_LocalTouched__Output>): grpc.ClientUnaryCall;
  touch(argument: _fleet_v1_LocalTouch, callback: grpc.requestCallback<_fleet_v1_LocalTouched__Output>): grpc.ClientUnaryCall;
  
  Watch(argument: _fleet_v1_LocalWatch, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_fleet_v1_LocalEvent__Output>;
  Watch(argument: _fleet_v1_LocalWatch, options?: grpc.CallOptions): grpc.ClientReadableStream<_fleet_v1_LocalEvent__Output>;
  watch(argument: _fleet_v1_LocalWatch, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_fleet_v1_LocalEvent__Output>;
  watch(argument: _fleet_v1_LocalWatch, options?: grpc.CallOptions): grpc.ClientReadableStream<_fleet_v1_LocalEvent__Output>;
  
}

export interface LocalGateHandlers extends grpc.UntypedServiceImplementation {
  Account: grpc.handleUnaryCall<_fleet_v1_LocalClaim__Output, _fleet_v1_LocalVerdict>;
  
  EvictionCandidates: grpc.handleUnaryCall<_fleet_v1_EvictionCandidatesRequest__Output, _fleet_v1_EvictionCandidatesReply>;
  
  EvictionRegistry: grpc.handleUnaryCall<_fleet_v1_EvictionRegistryRequest__Output, _fleet_v1_EvictionRegistryReply>;
  
  GetSchema: grpc.handleUnaryCall<_fleet_v1_LocalSchemaRequest__Output, _fleet_v1_LocalSchema>;
  
  GetSystemResources: grpc.handleUnaryCall<_fleet_v1_SystemResourcesRequest__Output, _fleet_v1_SystemResources>;
  
  Release: grpc.handleUnaryCall<_fleet_v1_LocalRelease__Output, _fleet_v1_LocalReleased>;
  
  ReportQos: grpc.handleUnaryCall<_fleet_v1_QosReport__Output, _fleet_v1_QosNoted>;
  
  Reserve: grpc.handleUnaryCall<_fleet_v1_LocalClaim__Output, _fleet_v1_LocalVerdict>;
  
  SetActivity: grpc.handleUnaryCall<_fleet_v1_LocalActivity__Output, _fleet_v1_LocalActivitySet>;
  
  SetBudget: grpc.handleUnaryCall<_fleet_v1_LocalBudget__Output, _fleet_v1_LocalBudgetReply>;
  
  Stats: grpc.handleUnaryCall<_fleet_v1_LocalStatsRequest__Output, _fleet_v1_LocalStats>;
  
  Touch: grpc.handleUnaryCall<_fleet_v1_LocalTouch__Output, _fleet_v1_LocalTouched>;
  
  Watch: grpc.handleServerStreamingCall<_fleet_v1_LocalWatch__Output, _fleet_v1_LocalEvent>;
  
}

export interface LocalGateDefinition extends grpc.ServiceDefinition {
  Account: MethodDefinition<_fleet_v1_LocalClaim, _fleet_v1_LocalVerdict, _fleet_v1_LocalClaim__Output, _fleet_v1_LocalVerdict__Output>
  EvictionCandidates: MethodDefinition<_fleet_v1_EvictionCandidatesRequest, _fleet_v1_EvictionCandidatesReply, _fleet_v1_EvictionCandidatesRequest__Output, _fleet_v1_EvictionCandidatesReply__Output>
  EvictionRegistry: MethodDefinition<_fleet_v1_EvictionRegistryRequest, _fleet_v1_EvictionRegistryReply, _fleet_v1_EvictionRegistryRequest__Output, _fleet_v1_EvictionRegistryReply__Output>
  GetSchema: MethodDefinition<_fleet_v1_LocalSchemaRequest, _fleet_v1_LocalSchema, _fleet_v1_LocalSchemaRequest__Output, _fleet_v1_LocalSchema__Output>
  GetSystemResources: MethodDefinition<_fleet_v1_SystemResourcesRequest, _fleet_v1_SystemResources, _fleet_v1_SystemResourcesRequest__Output, _fleet_v1_SystemResources__Output>
  Release: MethodDefinition<_fleet_v1_LocalRelease, _fleet_v1_LocalReleased, _fleet_v1_LocalRelease__Output, _fleet_v1_LocalReleased__Output>
  ReportQos: MethodDefinition<_fleet_v1_QosReport, _fleet_v1_QosNoted, _fleet_v1_QosReport__Output, _fleet_v1_QosNoted__Output>
  Reserve: MethodDefinition<_fleet_v1_LocalClaim, _fleet_v1_LocalVerdict, _fleet_v1_LocalClaim__Output, _fleet_v1_LocalVerdict__Output>
  SetActivity: MethodDefinition<_fleet_v1_LocalActivity, _fleet_v1_LocalActivitySet, _fleet_v1_LocalActivity__Output, _fleet_v1_LocalActivitySet__Output>
  SetBudget: MethodDefinition<_fleet_v1_LocalBudget, _fleet_v1_LocalBudgetReply, _fleet_v1_LocalBudget__Output, _fleet_v1_LocalBudgetReply__Output>
  Stats: MethodDefinition<_fleet_v1_LocalStatsRequest, _fleet_v1_LocalStats, _fleet_v1_LocalStatsRequest__Output, _fleet_v1_LocalStats__Output>
  Touch: MethodDefinition<_fleet_v1_LocalTouch, _fleet_v1_LocalTouched, _fleet_v1_LocalTouch__Output, _fleet_v1_LocalTouched__Output>
  Watch: MethodDefinition<_fleet_v1_LocalWatch, _fleet_v1_LocalEvent, _fleet_v1_LocalWatch__Output, _fleet_v1_LocalEvent__Output>
}

import type * as grpc from '@grpc/grpc-js';
import type { EnumTypeDefinition, MessageTypeDefinition } from '@grpc/proto-loader';

import type { BudgetRebalanced as _fleet_v1_BudgetRebalanced, BudgetRebalanced__Output as _fleet_v1_BudgetRebalanced__Output } from './fleet/v1/BudgetRebalanced.ts';
import type { EvictRequest as _fleet_v1_EvictRequest, EvictRequest__Output as _fleet_v1_EvictRequest__Output } from './fleet/v1/EvictRequest.ts';
import type { EvictionCandidate as _fleet_v1_EvictionCandidate, EvictionCandidate__Output as _fleet_v1_EvictionCandidate__Output } from './fleet/v1/EvictionCandidate.ts';
import type { EvictionCandidatesReply as _fleet_v1_EvictionCandidatesReply, EvictionCandidatesReply__Output as _fleet_v1_EvictionCandidatesReply__Output } from './fleet/v1/EvictionCandidatesReply.ts';
import type { EvictionCandidatesRequest as _fleet_v1_EvictionCandidatesRequest, EvictionCandidatesRequest__Output as _fleet_v1_EvictionCandidatesRequest__Output } from './fleet/v1/EvictionCandidatesRequest.ts';
import type { EvictionRegistryReply as _fleet_v1_EvictionRegistryReply, EvictionRegistryReply__Output as _fleet_v1_EvictionRegistryReply__Output } from './fleet/v1/EvictionRegistryReply.ts';
import type { EvictionRegistryRequest as _fleet_v1_EvictionRegistryRequest, EvictionRegistryRequest__Output as _fleet_v1_EvictionRegistryRequest__Output } from './fleet/v1/EvictionRegistryRequest.ts';
import type { Gpu as _fleet_v1_Gpu, Gpu__Output as _fleet_v1_Gpu__Output } from './fleet/v1/Gpu.ts';
import type { InputFile as _fleet_v1_InputFile, InputFile__Output as _fleet_v1_InputFile__Output } from './fleet/v1/InputFile.ts';
import type { LocalActivity as _fleet_v1_LocalActivity, LocalActivity__Output as _fleet_v1_LocalActivity__Output } from './fleet/v1/LocalActivity.ts';
import type { LocalActivitySet as _fleet_v1_LocalActivitySet, LocalActivitySet__Output as _fleet_v1_LocalActivitySet__Output } from './fleet/v1/LocalActivitySet.ts';
import type { LocalBudget as _fleet_v1_LocalBudget, LocalBudget__Output as _fleet_v1_LocalBudget__Output } from './fleet/v1/LocalBudget.ts';
import type { LocalBudgetReply as _fleet_v1_LocalBudgetReply, LocalBudgetReply__Output as _fleet_v1_LocalBudgetReply__Output } from './fleet/v1/LocalBudgetReply.ts';
import type { LocalBudgetView as _fleet_v1_LocalBudgetView, LocalBudgetView__Output as _fleet_v1_LocalBudgetView__Output } from './fleet/v1/LocalBudgetView.ts';
import type { LocalClaim as _fleet_v1_LocalClaim, LocalClaim__Output as _fleet_v1_LocalClaim__Output } from './fleet/v1/LocalClaim.ts';
import type { LocalEvent as _fleet_v1_LocalEvent, LocalEvent__Output as _fleet_v1_LocalEvent__Output } from './fleet/v1/LocalEvent.ts';
import type { LocalGateClient as _fleet_v1_LocalGateClient, LocalGateDefinition as _fleet_v1_LocalGateDefinition } from './fleet/v1/LocalGate.ts';
import type { LocalGateView as _fleet_v1_LocalGateView, LocalGateView__Output as _fleet_v1_LocalGateView__Output } from './fleet/v1/LocalGateView.ts';
import type { LocalGpu as _fleet_v1_LocalGpu, LocalGpu__Output as _fleet_v1_LocalGpu__Output } from './fleet/v1/LocalGpu.ts';
import type { LocalGrant as _fleet_v1_LocalGrant, LocalGrant__Output as _fleet_v1_LocalGrant__Output } from './fleet/v1/LocalGrant.ts';
import type { LocalRefusal as _fleet_v1_LocalRefusal, LocalRefusal__Output as _fleet_v1_LocalRefusal__Output } from './fleet/v1/LocalRefusal.ts';
import type { LocalRelease as _fleet_v1_LocalRelease, LocalRelease__Output as _fleet_v1_LocalRelease__Output } from './fleet/v1/LocalRelease.ts';
import type { LocalReleased as _fleet_v1_LocalReleased, LocalReleased__Output as _fleet_v1_LocalReleased__Output } from './fleet/v1/LocalReleased.ts';
import type { LocalSchema as _fleet_v1_LocalSchema, LocalSchema__Output as _fleet_v1_LocalSchema__Output } from './fleet/v1/LocalSchema.ts';
import type { LocalSchemaRequest as _fleet_v1_LocalSchemaRequest, LocalSchemaRequest__Output as _fleet_v1_LocalSchemaRequest__Output } from './fleet/v1/LocalSchemaRequest.ts';
import type { LocalStats as _fleet_v1_LocalStats, LocalStats__Output as _fleet_v1_LocalStats__Output } from './fleet/v1/LocalStats.ts';
import type { LocalStatsRequest as _fleet_v1_LocalStatsRequest, LocalStatsRequest__Output as _fleet_v1_LocalStatsRequest__Output } from './fleet/v1/LocalStatsRequest.ts';
import type { LocalTouch as _fleet_v1_LocalTouch, LocalTouch__Output as _fleet_v1_LocalTouch__Output } from './fleet/v1/LocalTouch.ts';
import type { LocalTouched as _fleet_v1_LocalTouched, LocalTouched__Output as _fleet_v1_LocalTouched__Output } from './fleet/v1/LocalTouched.ts';
import type { LocalVerdict as _fleet_v1_LocalVerdict, LocalVerdict__Output as _fleet_v1_LocalVerdict__Output } from './fleet/v1/LocalVerdict.ts';
import type { LocalWatch as _fleet_v1_LocalWatch, LocalWatch__Output as _fleet_v1_LocalWatch__Output } from './fleet/v1/LocalWatch.ts';
import type { Overclaimed as _fleet_v1_Overclaimed, Overclaimed__Output as _fleet_v1_Overclaimed__Output } from './fleet/v1/Overclaimed.ts';
import type { PressureEvent as _fleet_v1_PressureEvent, PressureEvent__Output as _fleet_v1_PressureEvent__Output } from './fleet/v1/PressureEvent.ts';
import type { ProcessRow as _fleet_v1_ProcessRow, ProcessRow__Output as _fleet_v1_ProcessRow__Output } from './fleet/v1/ProcessRow.ts';
import type { QosNoted as _fleet_v1_QosNoted, QosNoted__Output as _fleet_v1_QosNoted__Output } from './fleet/v1/QosNoted.ts';
import type { QosReport as _fleet_v1_QosReport, QosReport__Output as _fleet_v1_QosReport__Output } from './fleet/v1/QosReport.ts';
import type { QosSeries as _fleet_v1_QosSeries, QosSeries__Output as _fleet_v1_QosSeries__Output } from './fleet/v1/QosSeries.ts';
import type { RegistryRow as _fleet_v1_RegistryRow, RegistryRow__Output as _fleet_v1_RegistryRow__Output } from './fleet/v1/RegistryRow.ts';
import type { SubsystemBytes as _fleet_v1_SubsystemBytes, SubsystemBytes__Output as _fleet_v1_SubsystemBytes__Output } from './fleet/v1/SubsystemBytes.ts';
import type { SystemResources as _fleet_v1_SystemResources, SystemResources__Output as _fleet_v1_SystemResources__Output } from './fleet/v1/SystemResources.ts';
import type { SystemResourcesRequest as _fleet_v1_SystemResourcesRequest, SystemResourcesRequest__Output as _fleet_v1_SystemResourcesRequest__Output } from './fleet/v1/SystemResourcesRequest.ts';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  fleet: {
    v1: {
      ActivityKind: EnumTypeDefinition
      BudgetRebalanced: MessageTypeDefinition<_fleet_v1_BudgetRebalanced, _fleet_v1_BudgetRebalanced__Output>
      DesiredState: EnumTypeDefinition
      EvictRequest: MessageTypeDefinition<_fleet_v1_EvictRequest, _fleet_v1_EvictRequest__Output>
      EvictionCandidate: MessageTypeDefinition<_fleet_v1_EvictionCandidate, _fleet_v1_EvictionCandidate__Output>
      EvictionCandidatesReply: MessageTypeDefinition<_fleet_v1_EvictionCandidatesReply, _fleet_v1_EvictionCandidatesReply__Output>
      EvictionCandidatesRequest: MessageTypeDefinition<_fleet_v1_EvictionCandidatesRequest, _fleet_v1_EvictionCandidatesRequest__Output>
      EvictionRegistryReply: MessageTypeDefinition<_fleet_v1_EvictionRegistryReply, _fleet_v1_EvictionRegistryReply__Output>
      EvictionRegistryRequest: MessageTypeDefinition<_fleet_v1_EvictionRegistryRequest, _fleet_v1_EvictionRegistryRequest__Output>
      Gpu: MessageTypeDefinition<_fleet_v1_Gpu, _fleet_v1_Gpu__Output>
      InputFile: MessageTypeDefinition<_fleet_v1_InputFile, _fleet_v1_InputFile__Output>
      JobKind: EnumTypeDefinition
      Lane: EnumTypeDefinition
      LocalActivity: MessageTypeDefinition<_fleet_v1_LocalActivity, _fleet_v1_LocalActivity__Output>
      LocalActivitySet: MessageTypeDefinition<_fleet_v1_LocalActivitySet, _fleet_v1_LocalActivitySet__Output>
      LocalBudget: MessageTypeDefinition<_fleet_v1_LocalBudget, _fleet_v1_LocalBudget__Output>
      LocalBudgetReply: MessageTypeDefinition<_fleet_v1_LocalBudgetReply, _fleet_v1_LocalBudgetReply__Output>
      LocalBudgetView: MessageTypeDefinition<_fleet_v1_LocalBudgetView, _fleet_v1_LocalBudgetView__Output>
      LocalClaim: MessageTypeDefinition<_fleet_v1_LocalClaim, _fleet_v1_LocalClaim__Output>
      LocalEvent: MessageTypeDefinition<_fleet_v1_LocalEvent, _fleet_v1_LocalEvent__Output>
      LocalGate: SubtypeConstructor<typeof grpc.Client, _fleet_v1_LocalGateClient> & { service: _fleet_v1_LocalGateDefinition }
      LocalGateView: MessageTypeDefinition<_fleet_v1_LocalGateView, _fleet_v1_LocalGateView__Output>
      LocalGpu: MessageTypeDefinition<_fleet_v1_LocalGpu, _fleet_v1_LocalGpu__Output>
      LocalGrant: MessageTypeDefinition<_fleet_v1_LocalGrant, _fleet_v1_LocalGrant__Output>
      LocalRefusal: MessageTypeDefinition<_fleet_v1_LocalRefusal, _fleet_v1_LocalRefusal__Output>
      LocalRelease: MessageTypeDefinition<_fleet_v1_LocalRelease, _fleet_v1_LocalRelease__Output>
      LocalReleased: MessageTypeDefinition<_fleet_v1_LocalReleased, _fleet_v1_LocalReleased__Output>
      LocalSchema: MessageTypeDefinition<_fleet_v1_LocalSchema, _fleet_v1_LocalSchema__Output>
      LocalSchemaRequest: MessageTypeDefinition<_fleet_v1_LocalSchemaRequest, _fleet_v1_LocalSchemaRequest__Output>
      LocalStats: MessageTypeDefinition<_fleet_v1_LocalStats, _fleet_v1_LocalStats__Output>
      LocalStatsRequest: MessageTypeDefinition<_fleet_v1_LocalStatsRequest, _fleet_v1_LocalStatsRequest__Output>
      LocalTouch: MessageTypeDefinition<_fleet_v1_LocalTouch, _fleet_v1_LocalTouch__Output>
      LocalTouched: MessageTypeDefinition<_fleet_v1_LocalTouched, _fleet_v1_LocalTouched__Output>
      LocalVerdict: MessageTypeDefinition<_fleet_v1_LocalVerdict, _fleet_v1_LocalVerdict__Output>
      LocalWatch: MessageTypeDefinition<_fleet_v1_LocalWatch, _fleet_v1_LocalWatch__Output>
      OnHubLoss: EnumTypeDefinition
      Overclaimed: MessageTypeDefinition<_fleet_v1_Overclaimed, _fleet_v1_Overclaimed__Output>
      PressureEvent: MessageTypeDefinition<_fleet_v1_PressureEvent, _fleet_v1_PressureEvent__Output>
      Priority: EnumTypeDefinition
      ProcessRow: MessageTypeDefinition<_fleet_v1_ProcessRow, _fleet_v1_ProcessRow__Output>
      QosKind: EnumTypeDefinition
      QosNoted: MessageTypeDefinition<_fleet_v1_QosNoted, _fleet_v1_QosNoted__Output>
      QosReport: MessageTypeDefinition<_fleet_v1_QosReport, _fleet_v1_QosReport__Output>
      QosSeries: MessageTypeDefinition<_fleet_v1_QosSeries, _fleet_v1_QosSeries__Output>
      RegistryRow: MessageTypeDefinition<_fleet_v1_RegistryRow, _fleet_v1_RegistryRow__Output>
      SubsystemBytes: MessageTypeDefinition<_fleet_v1_SubsystemBytes, _fleet_v1_SubsystemBytes__Output>
      SystemResources: MessageTypeDefinition<_fleet_v1_SystemResources, _fleet_v1_SystemResources__Output>
      SystemResourcesRequest: MessageTypeDefinition<_fleet_v1_SystemResourcesRequest, _fleet_v1_SystemResourcesRequest__Output>
    }
  }
}


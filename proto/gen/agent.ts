import type * as grpc from '@grpc/grpc-js';
import type { EnumTypeDefinition, MessageTypeDefinition } from '@grpc/proto-loader';

import type { AgentControl as _fleet_v1_AgentControl, AgentControl__Output as _fleet_v1_AgentControl__Output } from './fleet/v1/AgentControl.ts';
import type { AgentGatewayClient as _fleet_v1_AgentGatewayClient, AgentGatewayDefinition as _fleet_v1_AgentGatewayDefinition } from './fleet/v1/AgentGateway.ts';
import type { Answer as _fleet_v1_Answer, Answer__Output as _fleet_v1_Answer__Output } from './fleet/v1/Answer.ts';
import type { BulkAck as _fleet_v1_BulkAck, BulkAck__Output as _fleet_v1_BulkAck__Output } from './fleet/v1/BulkAck.ts';
import type { BulkChunk as _fleet_v1_BulkChunk, BulkChunk__Output as _fleet_v1_BulkChunk__Output } from './fleet/v1/BulkChunk.ts';
import type { BulkCommit as _fleet_v1_BulkCommit, BulkCommit__Output as _fleet_v1_BulkCommit__Output } from './fleet/v1/BulkCommit.ts';
import type { BulkDown as _fleet_v1_BulkDown, BulkDown__Output as _fleet_v1_BulkDown__Output } from './fleet/v1/BulkDown.ts';
import type { BulkFailure as _fleet_v1_BulkFailure, BulkFailure__Output as _fleet_v1_BulkFailure__Output } from './fleet/v1/BulkFailure.ts';
import type { BulkOpen as _fleet_v1_BulkOpen, BulkOpen__Output as _fleet_v1_BulkOpen__Output } from './fleet/v1/BulkOpen.ts';
import type { BulkResume as _fleet_v1_BulkResume, BulkResume__Output as _fleet_v1_BulkResume__Output } from './fleet/v1/BulkResume.ts';
import type { BulkUp as _fleet_v1_BulkUp, BulkUp__Output as _fleet_v1_BulkUp__Output } from './fleet/v1/BulkUp.ts';
import type { Capabilities as _fleet_v1_Capabilities, Capabilities__Output as _fleet_v1_Capabilities__Output } from './fleet/v1/Capabilities.ts';
import type { CardNote as _fleet_v1_CardNote, CardNote__Output as _fleet_v1_CardNote__Output } from './fleet/v1/CardNote.ts';
import type { Claim as _fleet_v1_Claim, Claim__Output as _fleet_v1_Claim__Output } from './fleet/v1/Claim.ts';
import type { Complete as _fleet_v1_Complete, Complete__Output as _fleet_v1_Complete__Output } from './fleet/v1/Complete.ts';
import type { CompleteAck as _fleet_v1_CompleteAck, CompleteAck__Output as _fleet_v1_CompleteAck__Output } from './fleet/v1/CompleteAck.ts';
import type { Completion as _fleet_v1_Completion, Completion__Output as _fleet_v1_Completion__Output } from './fleet/v1/Completion.ts';
import type { CompletionVerdict as _fleet_v1_CompletionVerdict, CompletionVerdict__Output as _fleet_v1_CompletionVerdict__Output } from './fleet/v1/CompletionVerdict.ts';
import type { Crossing as _fleet_v1_Crossing, Crossing__Output as _fleet_v1_Crossing__Output } from './fleet/v1/Crossing.ts';
import type { Decision as _fleet_v1_Decision, Decision__Output as _fleet_v1_Decision__Output } from './fleet/v1/Decision.ts';
import type { Decline as _fleet_v1_Decline, Decline__Output as _fleet_v1_Decline__Output } from './fleet/v1/Decline.ts';
import type { Desired as _fleet_v1_Desired, Desired__Output as _fleet_v1_Desired__Output } from './fleet/v1/Desired.ts';
import type { Fault as _fleet_v1_Fault, Fault__Output as _fleet_v1_Fault__Output } from './fleet/v1/Fault.ts';
import type { Fetch as _fleet_v1_Fetch, Fetch__Output as _fleet_v1_Fetch__Output } from './fleet/v1/Fetch.ts';
import type { ForeignProcess as _fleet_v1_ForeignProcess, ForeignProcess__Output as _fleet_v1_ForeignProcess__Output } from './fleet/v1/ForeignProcess.ts';
import type { Goodbye as _fleet_v1_Goodbye, Goodbye__Output as _fleet_v1_Goodbye__Output } from './fleet/v1/Goodbye.ts';
import type { Gpu as _fleet_v1_Gpu, Gpu__Output as _fleet_v1_Gpu__Output } from './fleet/v1/Gpu.ts';
import type { Grant as _fleet_v1_Grant, Grant__Output as _fleet_v1_Grant__Output } from './fleet/v1/Grant.ts';
import type { Grants as _fleet_v1_Grants, Grants__Output as _fleet_v1_Grants__Output } from './fleet/v1/Grants.ts';
import type { Headroom as _fleet_v1_Headroom, Headroom__Output as _fleet_v1_Headroom__Output } from './fleet/v1/Headroom.ts';
import type { Heartbeat as _fleet_v1_Heartbeat, Heartbeat__Output as _fleet_v1_Heartbeat__Output } from './fleet/v1/Heartbeat.ts';
import type { HeartbeatEcho as _fleet_v1_HeartbeatEcho, HeartbeatEcho__Output as _fleet_v1_HeartbeatEcho__Output } from './fleet/v1/HeartbeatEcho.ts';
import type { Hello as _fleet_v1_Hello, Hello__Output as _fleet_v1_Hello__Output } from './fleet/v1/Hello.ts';
import type { HubControl as _fleet_v1_HubControl, HubControl__Output as _fleet_v1_HubControl__Output } from './fleet/v1/HubControl.ts';
import type { InputFile as _fleet_v1_InputFile, InputFile__Output as _fleet_v1_InputFile__Output } from './fleet/v1/InputFile.ts';
import type { Inventory as _fleet_v1_Inventory, Inventory__Output as _fleet_v1_Inventory__Output } from './fleet/v1/Inventory.ts';
import type { LatchAck as _fleet_v1_LatchAck, LatchAck__Output as _fleet_v1_LatchAck__Output } from './fleet/v1/LatchAck.ts';
import type { NoWork as _fleet_v1_NoWork, NoWork__Output as _fleet_v1_NoWork__Output } from './fleet/v1/NoWork.ts';
import type { Progress as _fleet_v1_Progress, Progress__Output as _fleet_v1_Progress__Output } from './fleet/v1/Progress.ts';
import type { Query as _fleet_v1_Query, Query__Output as _fleet_v1_Query__Output } from './fleet/v1/Query.ts';
import type { Renew as _fleet_v1_Renew, Renew__Output as _fleet_v1_Renew__Output } from './fleet/v1/Renew.ts';
import type { Renewed as _fleet_v1_Renewed, Renewed__Output as _fleet_v1_Renewed__Output } from './fleet/v1/Renewed.ts';
import type { Restart as _fleet_v1_Restart, Restart__Output as _fleet_v1_Restart__Output } from './fleet/v1/Restart.ts';
import type { RestartAllowance as _fleet_v1_RestartAllowance, RestartAllowance__Output as _fleet_v1_RestartAllowance__Output } from './fleet/v1/RestartAllowance.ts';
import type { RunnerInfo as _fleet_v1_RunnerInfo, RunnerInfo__Output as _fleet_v1_RunnerInfo__Output } from './fleet/v1/RunnerInfo.ts';
import type { Standing as _fleet_v1_Standing, Standing__Output as _fleet_v1_Standing__Output } from './fleet/v1/Standing.ts';
import type { Started as _fleet_v1_Started, Started__Output as _fleet_v1_Started__Output } from './fleet/v1/Started.ts';
import type { Stop as _fleet_v1_Stop, Stop__Output as _fleet_v1_Stop__Output } from './fleet/v1/Stop.ts';
import type { TelemetryAck as _fleet_v1_TelemetryAck, TelemetryAck__Output as _fleet_v1_TelemetryAck__Output } from './fleet/v1/TelemetryAck.ts';
import type { TelemetryFrame as _fleet_v1_TelemetryFrame, TelemetryFrame__Output as _fleet_v1_TelemetryFrame__Output } from './fleet/v1/TelemetryFrame.ts';
import type { Upload as _fleet_v1_Upload, Upload__Output as _fleet_v1_Upload__Output } from './fleet/v1/Upload.ts';
import type { Verdict as _fleet_v1_Verdict, Verdict__Output as _fleet_v1_Verdict__Output } from './fleet/v1/Verdict.ts';
import type { Welcome as _fleet_v1_Welcome, Welcome__Output as _fleet_v1_Welcome__Output } from './fleet/v1/Welcome.ts';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  fleet: {
    v1: {
      AgentControl: MessageTypeDefinition<_fleet_v1_AgentControl, _fleet_v1_AgentControl__Output>
      AgentGateway: SubtypeConstructor<typeof grpc.Client, _fleet_v1_AgentGatewayClient> & { service: _fleet_v1_AgentGatewayDefinition }
      Answer: MessageTypeDefinition<_fleet_v1_Answer, _fleet_v1_Answer__Output>
      BulkAck: MessageTypeDefinition<_fleet_v1_BulkAck, _fleet_v1_BulkAck__Output>
      BulkChunk: MessageTypeDefinition<_fleet_v1_BulkChunk, _fleet_v1_BulkChunk__Output>
      BulkCommit: MessageTypeDefinition<_fleet_v1_BulkCommit, _fleet_v1_BulkCommit__Output>
      BulkDown: MessageTypeDefinition<_fleet_v1_BulkDown, _fleet_v1_BulkDown__Output>
      BulkFailure: MessageTypeDefinition<_fleet_v1_BulkFailure, _fleet_v1_BulkFailure__Output>
      BulkOpen: MessageTypeDefinition<_fleet_v1_BulkOpen, _fleet_v1_BulkOpen__Output>
      BulkResume: MessageTypeDefinition<_fleet_v1_BulkResume, _fleet_v1_BulkResume__Output>
      BulkUp: MessageTypeDefinition<_fleet_v1_BulkUp, _fleet_v1_BulkUp__Output>
      Capabilities: MessageTypeDefinition<_fleet_v1_Capabilities, _fleet_v1_Capabilities__Output>
      CardNote: MessageTypeDefinition<_fleet_v1_CardNote, _fleet_v1_CardNote__Output>
      Claim: MessageTypeDefinition<_fleet_v1_Claim, _fleet_v1_Claim__Output>
      Complete: MessageTypeDefinition<_fleet_v1_Complete, _fleet_v1_Complete__Output>
      CompleteAck: MessageTypeDefinition<_fleet_v1_CompleteAck, _fleet_v1_CompleteAck__Output>
      Completion: MessageTypeDefinition<_fleet_v1_Completion, _fleet_v1_Completion__Output>
      CompletionVerdict: MessageTypeDefinition<_fleet_v1_CompletionVerdict, _fleet_v1_CompletionVerdict__Output>
      Crossing: MessageTypeDefinition<_fleet_v1_Crossing, _fleet_v1_Crossing__Output>
      Decision: MessageTypeDefinition<_fleet_v1_Decision, _fleet_v1_Decision__Output>
      Decline: MessageTypeDefinition<_fleet_v1_Decline, _fleet_v1_Decline__Output>
      Desired: MessageTypeDefinition<_fleet_v1_Desired, _fleet_v1_Desired__Output>
      DesiredState: EnumTypeDefinition
      Fault: MessageTypeDefinition<_fleet_v1_Fault, _fleet_v1_Fault__Output>
      Fetch: MessageTypeDefinition<_fleet_v1_Fetch, _fleet_v1_Fetch__Output>
      ForeignProcess: MessageTypeDefinition<_fleet_v1_ForeignProcess, _fleet_v1_ForeignProcess__Output>
      Goodbye: MessageTypeDefinition<_fleet_v1_Goodbye, _fleet_v1_Goodbye__Output>
      Gpu: MessageTypeDefinition<_fleet_v1_Gpu, _fleet_v1_Gpu__Output>
      Grant: MessageTypeDefinition<_fleet_v1_Grant, _fleet_v1_Grant__Output>
      Grants: MessageTypeDefinition<_fleet_v1_Grants, _fleet_v1_Grants__Output>
      Headroom: MessageTypeDefinition<_fleet_v1_Headroom, _fleet_v1_Headroom__Output>
      Heartbeat: MessageTypeDefinition<_fleet_v1_Heartbeat, _fleet_v1_Heartbeat__Output>
      HeartbeatEcho: MessageTypeDefinition<_fleet_v1_HeartbeatEcho, _fleet_v1_HeartbeatEcho__Output>
      Hello: MessageTypeDefinition<_fleet_v1_Hello, _fleet_v1_Hello__Output>
      HubControl: MessageTypeDefinition<_fleet_v1_HubControl, _fleet_v1_HubControl__Output>
      InputFile: MessageTypeDefinition<_fleet_v1_InputFile, _fleet_v1_InputFile__Output>
      Inventory: MessageTypeDefinition<_fleet_v1_Inventory, _fleet_v1_Inventory__Output>
      JobKind: EnumTypeDefinition
      Lane: EnumTypeDefinition
      LatchAck: MessageTypeDefinition<_fleet_v1_LatchAck, _fleet_v1_LatchAck__Output>
      NoWork: MessageTypeDefinition<_fleet_v1_NoWork, _fleet_v1_NoWork__Output>
      OnHubLoss: EnumTypeDefinition
      Priority: EnumTypeDefinition
      Progress: MessageTypeDefinition<_fleet_v1_Progress, _fleet_v1_Progress__Output>
      Query: MessageTypeDefinition<_fleet_v1_Query, _fleet_v1_Query__Output>
      Renew: MessageTypeDefinition<_fleet_v1_Renew, _fleet_v1_Renew__Output>
      Renewed: MessageTypeDefinition<_fleet_v1_Renewed, _fleet_v1_Renewed__Output>
      Restart: MessageTypeDefinition<_fleet_v1_Restart, _fleet_v1_Restart__Output>
      RestartAllowance: MessageTypeDefinition<_fleet_v1_RestartAllowance, _fleet_v1_RestartAllowance__Output>
      RunnerInfo: MessageTypeDefinition<_fleet_v1_RunnerInfo, _fleet_v1_RunnerInfo__Output>
      Standing: MessageTypeDefinition<_fleet_v1_Standing, _fleet_v1_Standing__Output>
      Started: MessageTypeDefinition<_fleet_v1_Started, _fleet_v1_Started__Output>
      Stop: MessageTypeDefinition<_fleet_v1_Stop, _fleet_v1_Stop__Output>
      TelemetryAck: MessageTypeDefinition<_fleet_v1_TelemetryAck, _fleet_v1_TelemetryAck__Output>
      TelemetryFrame: MessageTypeDefinition<_fleet_v1_TelemetryFrame, _fleet_v1_TelemetryFrame__Output>
      Upload: MessageTypeDefinition<_fleet_v1_Upload, _fleet_v1_Upload__Output>
      Verdict: MessageTypeDefinition<_fleet_v1_Verdict, _fleet_v1_Verdict__Output>
      Welcome: MessageTypeDefinition<_fleet_v1_Welcome, _fleet_v1_Welcome__Output>
    }
  }
}


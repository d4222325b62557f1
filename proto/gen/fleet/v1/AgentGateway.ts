// Original file: proto/fleet/v1/agent.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { AgentControl as _fleet_v1_AgentControl, AgentControl__Output as _fleet_v1_AgentControl__Output } from '../../fleet/v1/AgentControl.ts';
import type { BulkDown as _fleet_v1_BulkDown, BulkDown__Output as _fleet_v1_BulkDown__Output } from '../../fleet/v1/BulkDown.ts';
import type { BulkUp as _fleet_v1_BulkUp, BulkUp__Output as _fleet_v1_BulkUp__Output } from '../../fleet/v1/BulkUp.ts';
import type { HubControl as _fleet_v1_HubControl, HubControl__Output as _fleet_v1_HubControl__Output } from '../../fleet/v1/HubControl.ts';
import type { TelemetryAck as _fleet_v1_TelemetryAck, TelemetryAck__Output as _fleet_v1_TelemetryAck__Output } from '../../fleet/v1/TelemetryAck.ts';
import type { TelemetryFrame as _fleet_v1_TelemetryFrame, TelemetryFrame__Output as _fleet_v1_TelemetryFrame__Output } from '../../fleet/v1/TelemetryFrame.ts';

export interface AgentGatewayClient extends grpc.Client {
  Bulk(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_fleet_v1_BulkUp, _fleet_v1_BulkDown__Output>;
  Bulk(options?: grpc.CallOptions): grpc.ClientDuplexStream<_fleet_v1_BulkUp, _fleet_v1_BulkDown__Output>;
  bulk(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_fleet_v1_BulkUp, _fleet_v1_BulkDown__Output>;
  bulk(options?: grpc.CallOptions): grpc.ClientDuplexStream<_fleet_v1_BulkUp, _fleet_v1_BulkDown__Output>;
  
  Control(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_fleet_v1_AgentControl, _fleet_v1_HubControl__Output>;
  Control(options?: grpc.CallOptions): grpc.ClientDuplexStream<_fleet_v1_AgentControl, _fleet_v1_HubControl__Output>;
  control(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_fleet_v1_AgentControl, _fleet_v1_HubControl__Output>;
  control(options?: grpc.CallOptions): grpc.ClientDuplexStream<_fleet_v1_AgentControl, _fleet_v1_HubControl__Output>;
  
  Telemetry(metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_fleet_v1_TelemetryAck__Output>): grpc.ClientWritableStream<_fleet_v1_TelemetryFrame>;
  Telemetry(metadata: grpc.Metadata, callback: grpc.requestCallback<_fleet_v1_TelemetryAck__Output>): grpc.ClientWritableStream<_fleet_v1_TelemetryFrame>;
  Telemetry(options: grpc.CallOptions, callback: grpc.requestCallback<_fleet_v1_TelemetryAck__Output>): grpc.ClientWritableStream<_fleet_v1_TelemetryFrame>;
  Telemetry(callback: grpc.requestCallback<_fleet_v1_TelemetryAck__Output>): grpc.ClientWritableStream<_fleet_v1_TelemetryFrame>;
  telemetry(metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_fleet_v1_TelemetryAck__Output>): grpc.ClientWritableStream<_fleet_v1_TelemetryFrame>;
  telemetry(metadata: grpc.Metadata, callback: grpc.requestCallback<_fleet_v1_TelemetryAck__Output>): grpc.ClientWritableStream<_fleet_v1_TelemetryFrame>;
  telemetry(options: grpc.CallOptions, callback: grpc.requestCallback<_fleet_v1_TelemetryAck__Output>): grpc.ClientWritableStream<_fleet_v1_TelemetryFrame>;
  telemetry(callback: grpc.requestCallback<_fleet_v1_TelemetryAck__Output>): grpc.ClientWritableStream<_fleet_v1_TelemetryFrame>;
  
}

export interface AgentGatewayHandlers extends grpc.UntypedServiceImplementation {
  Bulk: grpc.handleBidiStreamingCall<_fleet_v1_BulkUp__Output, _fleet_v1_BulkDown>;
  
  Control: grpc.handleBidiStreamingCall<_fleet_v1_AgentControl__Output, _fleet_v1_HubControl>;
  
  Telemetry: grpc.handleClientStreamingCall<_fleet_v1_TelemetryFrame__Output, _fleet_v1_TelemetryAck>;
  
}

export interface AgentGatewayDefinition extends grpc.ServiceDefinition {
  Bulk: MethodDefinition<_fleet_v1_BulkUp, _fleet_v1_BulkDown, _fleet_v1_BulkUp__Output, _fleet_v1_BulkDown__Output>
  Control: MethodDefinition<_fleet_v1_AgentControl, _fleet_v1_HubControl, _fleet_v1_AgentControl__Output, _fleet_v1_HubControl__Output>
  Telemetry: MethodDefinition<_fleet_v1_TelemetryFrame, _fleet_v1_TelemetryAck, _fleet_v1_TelemetryFrame__Output, _fleet_v1_TelemetryAck__Output>
}

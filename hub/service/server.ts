/**
 * Server: the hub's gRPC port. It starts only with a complete role table, on a port that is really its own,
 * and it always ends: peers that do not leave by themselves are cut off.
 */
import { Server, type UntypedServiceImplementation } from "@grpc/grpc-js";
import type { Log } from "../../shared/log.ts";
import { delay } from "../../shared/loop.ts";
import type { Timing } from "../../shared/model/timing.ts";
import type { BulkUp__Output, WireDown } from "../../shared/wire/bulk-codec.ts";
import { serverOptions } from "../../shared/wire/channel-options.ts";
import { wireServices } from "../../shared/wire/load.ts";
import type {
  OperatorReply,
  OperatorRequest,
  OperatorStreamMethod,
  OperatorUnaryMethod,
} from "../../shared/wire/operator-types.ts";
import { type AcceptGate, openAcceptGate } from "./accept-gate.ts";
import type { AttachGate } from "./attach-gate.ts";
import { FIRST_MESSAGE_MS, firstMessageDeadline } from "./first-message.ts";
import { createGate, type Gate } from "./gate.ts";
import { createGateway, type Gateway } from "./gateway.ts";
import { addHealth, healthOf } from "./health.ts";
import type { Authenticate } from "./identity.ts";
import type { AgentDesk } from "./ports.ts";
import { checkRoleTable } from "./roles.ts";
import { bidiStream, clientStream, type OpenHandler } from "./stream.ts";
import { type StreamHandler, serverStream, type UnaryHandler, unary } from "./unary.ts";

/** How long peers may take to leave after the goodbye. */
const SHUTDOWN_MS = 3_000;

/** The operator service without the wire: one handler per method. */
export type OperatorHandlers = {
  readonly [Method in OperatorUnaryMethod]: UnaryHandler<OperatorRequest<Method>, OperatorReply<Method>>;
} & {
  readonly [Method in OperatorStreamMethod]: StreamHandler<OperatorRequest<Method>, OperatorReply<Method>>;
};

export interface ServerConfig {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  readonly authenticate: Authenticate;
  readonly desk: AgentDesk;
  readonly bulk: OpenHandler<BulkUp__Output, WireDown>;
  readonly operator: OperatorHandlers;
  readonly timing: Timing;
  readonly log: Log;
  readonly attachGate?: AttachGate;
  /** False once another hub may lead. */
  readonly isLeading?: () => boolean;
}

export interface RunningServer {
  readonly port: number;
  /** Says goodbye, waits at most 3 s for peers to leave, then cuts them off. Final. */
  stop(): Promise<void>;
}

/** Throws FleetError "config" when a method lacks a role, "unavailable" when the port cannot be had. */
export async function startServer(config: ServerConfig): Promise<RunningServer> {
  const { AgentGateway, Operator } = wireServices();
  checkRoleTable([AgentGateway.service, Operator.service]);
  const gate = createGate(config.authenticate, config.log);
  const gateway = createGateway(config.desk, config.log, config.attachGate);
  const server = new Server({
    ...serverOptions(config.timing),
    interceptors: [firstMessageDeadline(FIRST_MESSAGE_MS)],
  });
  server.addService(AgentGateway.service, {
    Control: bidiStream(gate, "/fleet.v1.AgentGateway/Control", gateway.control),
    Telemetry: clientStream(gate, "/fleet.v1.AgentGateway/Telemetry", gateway.telemetry),
    Bulk: bidiStream(gate, "/fleet.v1.AgentGateway/Bulk", config.bulk),
  });
  server.addService(Operator.service, operatorImplementation(gate, config.operator));
  const { isLeading = () => true } = config;
  let isStopping = false;
  const leads = (): boolean => !isStopping && isLeading();
  const health = addHealth(server, healthOf({ leads, isReady: leads }));
  const door = await openAcceptGate(server, config);
  return {
    port: door.port,
    stop: () => {
      isStopping = true;
      health.changed();
      return shutDown(server, gateway, door);
    },
  };
}

function operatorImplementation(
  gate: Gate,
  { Events, Watch, ...handlers }: OperatorHandlers,
): UntypedServiceImplementation {
  const implementation: UntypedServiceImplementation = {
    Events: serverStream(gate, "/fleet.v1.Operator/Events", Events),
    Watch: serverStream(gate, "/fleet.v1.Operator/Watch", Watch),
  };
  const entries = Object.entries(handlers) as [OperatorUnaryMethod, UnaryHandler<unknown, unknown>][];
  for (const [method, handler] of entries) {
    implementation[method] = unary(gate, `/fleet.v1.Operator/${method}`, handler);
  }
  return implementation;
}

async function shutDown(server: Server, gateway: Gateway, door: AcceptGate): Promise<void> {
  door.close();
  gateway.closeAll("the hub is stopping");
  const isDone = new AbortController();
  server.tryShutdown(() => isDone.abort());
  await delay(SHUTDOWN_MS, isDone.signal);
  server.forceShutdown();
}

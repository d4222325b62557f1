/**
 * StandbyServer: the hub's port while another hub leads. It answers every method in one way: unavailable, with
 * the leader's address, so that agents and operators go there. Nobody is authenticated, because nothing else is
 * ever said but its health.
 */
import { Server, type ServiceDefinition, status, type UntypedServiceImplementation } from "@grpc/grpc-js";
import type { Standing } from "../../shared/journal/worker-protocol.ts";
import type { Log } from "../../shared/log.ts";
import type { Timing } from "../../shared/model/timing.ts";
import { serverOptions } from "../../shared/wire/channel-options.ts";
import { wireServices } from "../../shared/wire/load.ts";
import { standbyMetadata } from "../../shared/wire/standby.ts";
import { openAcceptGate } from "./accept-gate.ts";
import { addHealth, healthOf } from "./health.ts";

export interface StandbyServerConfig {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  readonly timing: Timing;
  readonly log: Log;
  readonly standing: () => Standing;
}

export interface StandbyServer {
  readonly port: number;
  /** What it says of its health may be another thing now. */
  changed(): void;
  /** Cuts every connection off and frees the port. */
  stop(): void;
}

/** Throws FleetError "unavailable" when the port cannot be had. */
export async function startStandbyServer(config: StandbyServerConfig): Promise<StandbyServer> {
  const server = new Server(serverOptions(config.timing));
  const { AgentGateway, Operator } = wireServices();
  for (const { service } of [AgentGateway, Operator]) {
    server.addService(service, refusals(service, config.standing));
  }
  const isReady = (): boolean => config.standing().problem === null;
  const health = addHealth(server, healthOf({ leads: () => false, isReady }));
  const door = await openAcceptGate(server, config);
  return {
    port: door.port,
    changed: health.changed,
    stop: () => {
      door.close();
      server.forceShutdown();
    },
  };
}

/** The part of a call that every kind of method has. */
interface Refusable {
  emit(event: "error", error: object): boolean;
  on(event: "error", listener: () => void): unknown;
}

function refusals(service: ServiceDefinition, standing: () => Standing): UntypedServiceImplementation {
  const refuse = (call: Refusable, callback?: (error: object) => void): void => {
    const { leader } = standing();
    const refusal = {
      code: status.UNAVAILABLE,
      details: describeStanding(standing()),
      metadata: standbyMetadata({ leader }),
    };
    if (callback !== undefined) return callback(refusal);
    // Without a listener the error would end the process.
    call.on("error", () => undefined);
    call.emit("error", refusal);
  };
  return Object.fromEntries(Object.keys(service).map((method) => [method, refuse as never]));
}

export function describeStanding({ leader, problem }: Standing): string {
  const who = leader === null ? "and nobody leads now" : `the leader is ${leader}`;
  return problem === null
    ? `this hub is a standby; ${who}`
    : `this hub is a standby, not ready (${problem}); ${who}`;
}

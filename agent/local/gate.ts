/**
 * Local gate: the agent's gRPC service on a Unix socket (SPEC N9). It puts the door, the methods and the
 * watchers together, reaps what vanished clients left, and turns whatever goes wrong in a call into the
 * status of that call alone.
 */
import {
  type handleUnaryCall,
  Metadata,
  Server,
  ServerCredentials,
  type ServerWritableStream,
  type status,
  type UntypedServiceImplementation,
} from "@grpc/grpc-js";
import { describeError, FleetError } from "../../shared/errors.ts";
import type { Log } from "../../shared/log.ts";
import { createLoop } from "../../shared/loop.ts";
import { encodeEvent } from "../../shared/wire/local-codec.ts";
import type { LocalReply, LocalRequest, LocalUnaryMethod } from "../../shared/wire/local-methods.ts";
import { LOCAL_SERVER_OPTIONS, localGateService } from "../../shared/wire/local-service.ts";
import type { EvictRequest, PressureEvent, RebalancedEvent } from "../../shared/wire/local-types.ts";
import { toWireStatus } from "../../shared/wire/status.ts";
import { isAlive, type ProcessTable } from "../process/proc.ts";
import type { LocalDesk, Peer } from "./desk.ts";
import { createDoor, type Door, type DoorPolicy } from "./door.ts";
import { createHandlers, reap } from "./service.ts";
import { listenAt } from "./socket.ts";
import { createTenants } from "./tenants.ts";
import { createWatchers, type Watchers } from "./watchers.ts";

/** What an agent uses; tests look more often. */
export const LOCAL_GATE_TIMES = { graceMs: 3_000, tickMs: 1_000 } as const;

export interface LocalGateOptions {
  readonly socketPath: string;
  /** Group of the socket; null leaves the group of the agent. */
  readonly groupId: number | null;
  readonly policy: DoorPolicy;
  readonly desk: LocalDesk;
  readonly processes: ProcessTable;
  readonly nowMs: () => number;
  readonly log: Log;
  /** How long a connection that broke may take to come back while its process lives. */
  readonly graceMs: number;
  /** How often vanished clients are looked for. */
  readonly tickMs: number;
}

export interface LocalGate {
  /** To everybody who watches. */
  publish(event: PressureEvent | RebalancedEvent): void;
  /**
   * Asks the client that holds the consumer to release it. False when it does not watch now; it is asked
   * again should it begin to. The answer shows in the books.
   */
  requestEviction(request: Omit<EvictRequest, "kind">): boolean;
  /** The process behind each consumer that a client holds. */
  holders(): ReadonlyMap<string, Peer>;
  /** Cuts every client off and removes the socket. What they hold stays in the books. */
  stop(): Promise<void>;
}

/** Throws FleetError "config" or "unavailable" as `listenAt` does. */
export async function startLocalGate(options: LocalGateOptions): Promise<LocalGate> {
  const { desk, log, nowMs, processes } = options;
  const tenants = createTenants(options.graceMs);
  const watchers = createWatchers({
    nowMs,
    holderOf: (consumerId) => tenants.get(consumerId)?.holder.connection ?? null,
  });
  const onClosed = (connection: number): void => tenants.connectionClosed(connection, nowMs());
  const door = createDoor({ policy: options.policy, processes, log, onClosed });
  const service = { desk, tenants, watchers, log };
  const server = new Server(LOCAL_SERVER_OPTIONS);
  const implementation: UntypedServiceImplementation = { Watch: watch(door, desk, watchers, log) };
  for (const [method, handler] of Object.entries(createHandlers(service))) {
    implementation[method] = unary(door, log, method as LocalUnaryMethod, handler as AnyHandler);
  }
  server.addService(localGateService().service, implementation);
  const injector = server.createConnectionInjector(ServerCredentials.createInsecure());
  const socket = await listenAt({
    path: options.socketPath,
    groupId: options.groupId,
    onConnection: (connection) => {
      const name = door.enter(connection);
      if (name === null) return;
      // What a call later tells as its peer: the one thing that leads from a call to its connection.
      Object.defineProperty(connection, "remoteAddress", { value: name });
      injector.injectConnection(connection);
    },
  });
  const loop = createLoop({
    everyMs: options.tickMs,
    run: () => {
      reap(service, nowMs(), (peer) => lives(processes, peer));
      desk.tick();
    },
    onError: (error) => log.error({ event: "loop.failed", reason: describeError(error) }, "reaping failed"),
  });
  return {
    publish: watchers.publish,
    requestEviction: watchers.ask,
    holders: () => new Map(tenants.list().map(({ consumerId, holder }) => [consumerId, holder.peer])),
    stop: async () => {
      await loop.stop();
      await socket.close();
      door.closeAll();
      server.forceShutdown();
    },
  };
}

/** A process that we cannot see is taken to live as long as its connection does. */
function lives(processes: ProcessTable, { pid, startTicks }: Peer): boolean {
  return startTicks === null || isAlive(processes, { pid, startTicks });
}

type AnyHandler = (caller: ReturnType<Door["callerOf"]>, request: unknown) => object;

function unary(
  door: Door,
  log: Log,
  method: LocalUnaryMethod,
  handler: AnyHandler,
): handleUnaryCall<unknown, object> {
  return (call, callback) => {
    try {
      callback(null, handler(door.callerOf(call.getPeer()), call.request));
    } catch (error) {
      callback(refuse(log, method, call.getPeer(), error));
    }
  };
}

type WatchCall = ServerWritableStream<LocalRequest<"Watch">, LocalReply<"Watch">>;

function watch(door: Door, desk: LocalDesk, watchers: Watchers, log: Log): (call: WatchCall) => void {
  return (call) => {
    const fail = (error: unknown): void => {
      call.emit("error", refuse(log, "Watch", call.getPeer(), error));
    };
    try {
      const { connection } = door.callerOf(call.getPeer());
      // Headers first: a client knows that it is heard even where there is nothing to tell.
      call.sendMetadata(new Metadata());
      const watcher = watchers.open(
        { write: (event) => call.write(encodeEvent(event)), fail: () => fail(unread()) },
        { connection, includesUpdates: call.request.includeUpdates, present: desk.pressures() },
      );
      call.on("drain", () => watcher.drained());
      call.on("cancelled", () => watcher.close());
      call.on("error", () => watcher.close());
    } catch (error) {
      fail(error);
    }
  };
}

function unread(): FleetError {
  return new FleetError("resourceExhausted", "this watcher does not read; begin to watch again");
}

function refuse(log: Log, method: string, peer: string, error: unknown): { code: status; details: string } {
  const refusal = toWireStatus(error);
  const fields = { method, peer, ...refusal };
  if (error instanceof FleetError) log.warn({ event: "call.refused", ...fields }, error.message);
  else log.error({ event: "call.failed", ...fields, err: error }, "a handler failed; this is a bug");
  return refusal;
}

/**
 * Control rig: a real server and real links on loopback, around a scripted desk. Everything on the wire is
 * the product's own; only the hub's and the agent's judgement is played.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { credentials, type Metadata } from "@grpc/grpc-js";
import { createLink, type Link, type LinkOptions } from "../../agent/link/link.ts";
import { createSecretIdentity } from "../../hub/service/identity.ts";
import type { AgentDesk, Session } from "../../hub/service/ports.ts";
import { METHOD_ROLES } from "../../hub/service/roles.ts";
import {
  type OperatorHandlers,
  type RunningServer,
  type ServerConfig,
  startServer,
} from "../../hub/service/server.ts";
import { systemClock } from "../../shared/clock.ts";
import { createLog, type Log } from "../../shared/log.ts";
import { createHubBook } from "../../shared/model/hub-book.ts";
import {
  type AgentMessage,
  type Grant,
  type Hello,
  type HubMessage,
  PROTOCOL,
  type TelemetryFrame,
} from "../../shared/model/messages.ts";
import { createTiming } from "../../shared/model/timing.ts";
import { createRng } from "../../shared/rng.ts";
import { wireServices } from "../../shared/wire/load.ts";
import {
  agentSecretPath,
  ensureSecret,
  operatorSecretPath,
  principalMetadata,
  viewerSecretPath,
} from "../../shared/wire/secret.ts";
import { bareHello } from "./messages.ts";
import { createRecorder, type Recorder } from "./recorder.ts";

export const rigTiming = createTiming(0.1);

export type DeskEvent =
  | { readonly kind: "attached"; readonly session: Session; readonly hello: Hello }
  | { readonly kind: "received"; readonly session: Session; readonly message: AgentMessage }
  | { readonly kind: "telemetry"; readonly node: string; readonly frame: TelemetryFrame }
  | { readonly kind: "detached"; readonly session: Session; readonly reason: string };

export interface FakeDesk extends AgentDesk {
  readonly events: Recorder<DeskEvent>;
  /** Sent to every session that attaches from now on, ahead of its welcome. */
  sayFirst(message: HubMessage): void;
}

/** Welcomes everybody, echoes heartbeats, writes down everything. */
export function createFakeDesk(): FakeDesk {
  const events = createRecorder<DeskEvent>();
  const live = new Map<string, Session>();
  const first: HubMessage[] = [];
  return {
    events,
    sayFirst: (message) => first.push(message),
    attach: (session, hello) => {
      for (const message of first) session.send(message);
      live.set(session.id, session);
      session.send(welcomeOf(session.id));
      events.push({ kind: "attached", session, hello });
    },
    receive: (session, message) => {
      if (message.kind === "heartbeat") session.send({ kind: "heartbeatEcho", seq: message.seq });
      events.push({ kind: "received", session, message });
    },
    telemetry: (node, frame) => events.push({ kind: "telemetry", node, frame }),
    detach: (session, reason) => {
      live.delete(session.id);
      events.push({ kind: "detached", session, reason });
    },
    isLive: (sessionId, node) => live.get(sessionId)?.node === node,
  };
}

export type LinkEvent =
  | HubMessage
  | { readonly kind: "down"; readonly reason: string }
  | { readonly kind: "log"; readonly event: string; readonly reason: string };

export interface TestLink {
  readonly link: Link;
  readonly events: Recorder<LinkEvent>;
}

export interface Rig {
  readonly root: string;
  readonly desk: FakeDesk;
  /** Starts the hub on its port of before, or on any. */
  startHub(edit?: Partial<ServerConfig>): Promise<RunningServer>;
  address(): string;
  /** A link of a node that heartbeats once per welcome and per echo. */
  startLink(node: string, edit?: Partial<LinkOptions>): TestLink;
  metadata(principal: string): Metadata;
  client(): InstanceType<ReturnType<typeof wireServices>["AgentGateway"]>;
  operatorClient(): InstanceType<ReturnType<typeof wireServices>["Operator"]>;
  stop(): Promise<void>;
}

export function createRig(): Rig {
  const root = mkdtempSync(join(tmpdir(), "control-"));
  const desk = createFakeDesk();
  const silent = createLog({ level: "silent", destination: { write: () => {} } });
  const endings: (() => unknown)[] = [];
  let port = 0;
  const secretOf = (principal: string): string => {
    if (principal === "operator") return ensureSecret(operatorSecretPath(root));
    if (principal === "viewer") return ensureSecret(viewerSecretPath(root));
    return ensureSecret(agentSecretPath(root, principal.slice("agent/".length)));
  };
  const closing = <Client extends { close(): void }>(client: Client): Client => {
    endings.push(() => client.close());
    return client;
  };
  const address = (): string => `127.0.0.1:${port}`;
  return {
    root,
    desk,
    address,
    startHub: async (edit = {}) => {
      const server = await startServer({
        host: "127.0.0.1",
        port,
        authenticate: createSecretIdentity(root),
        desk,
        bulk: () => ({ onMessage: () => {}, onDrain: () => {}, onEnd: () => {} }),
        operator: emptyOperator(),
        timing: rigTiming,
        log: silent,
        ...edit,
      });
      port = server.port;
      endings.push(server.stop);
      return server;
    },
    startLink: (node, edit = {}) => {
      const events = createRecorder<LinkEvent>();
      const principal = edit.principal ?? `agent/${node}`;
      const link = createLink({
        book: createHubBook([address()]),
        principal,
        secret: secretOf(principal),
        timing: rigTiming,
        clock: systemClock,
        rng: createRng(node),
        log: recordingLog(events),
        hello: () => bareHello(node),
        onWelcome: (welcome) => events.push(welcome),
        onMessage: (message) => events.push(message),
        onDown: (reason) => events.push({ kind: "down", reason }),
        ...edit,
      });
      endings.push(link.stop);
      return { link, events };
    },
    metadata: (principal) => principalMetadata(principal, secretOf(principal)),
    client: () => closing(new (wireServices().AgentGateway)(address(), credentials.createInsecure())),
    operatorClient: () => closing(new (wireServices().Operator)(address(), credentials.createInsecure())),
    stop: async () => {
      for (const end of endings.reverse()) await end();
      rmSync(root, { recursive: true });
    },
  };
}

export function grantOf(index: number): Grant {
  return {
    token: index + 1,
    jobId: `j_${String(index + 1).padStart(6, "0")}`,
    runner: "exec",
    params: {},
    priority: "batch",
    lane: "gpu",
    vramBytes: 0,
    subsystem: "rendering",
    ttlMs: 1,
    maxRuntimeMs: 1,
    onHubLoss: "stop",
    offlineGraceMs: 0,
    inputs: [],
    restarts: null,
  };
}

function welcomeOf(sessionId: string): HubMessage {
  return {
    kind: "welcome",
    protocolMajor: PROTOCOL.major,
    protocolMinor: PROTOCOL.minor,
    epoch: 1,
    sessionId,
    timingScale: rigTiming.scale,
    verdicts: [],
    hubId: "hub",
    desired: { generation: 1, state: "up", graceMs: 0 },
  };
}

/** Answers every method with an empty reply. */
export function emptyOperator(): OperatorHandlers {
  const methods = Object.keys(METHOD_ROLES)
    .filter((path) => path.includes("Operator/"))
    .map((path) => [path.split("/").at(-1), async () => ({})]);
  return Object.fromEntries(methods) as OperatorHandlers;
}

function recordingLog(events: Recorder<LinkEvent>): Log {
  const write = (line: string): void => {
    const { event, reason } = JSON.parse(line) as { event: string; reason: string };
    events.push({ kind: "log", event, reason });
  };
  return createLog({ level: "info", destination: { write } });
}

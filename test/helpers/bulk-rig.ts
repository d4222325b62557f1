/**
 * Bulk rig: a real hub port with a real artifact store, reached through a wire that can be cut. Only the
 * core's judgement (who may upload) is played.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { credentials, type Metadata } from "@grpc/grpc-js";
import { type BulkClient, createBulkClient } from "../../agent/link/bulk.ts";
import { hashOutputs } from "../../agent/link/outputs.ts";
import { type ArtifactStore, openArtifactStore, type StagedOutputs } from "../../hub/artifacts/store.ts";
import { createBulk } from "../../hub/service/bulk.ts";
import { createSecretIdentity } from "../../hub/service/identity.ts";
import type { AgentDesk } from "../../hub/service/ports.ts";
import { type OperatorHandlers, type RunningServer, startServer } from "../../hub/service/server.ts";
import { createLog } from "../../shared/log.ts";
import type { BulkDown, BulkUp } from "../../shared/model/bulk.ts";
import type { OutputFile } from "../../shared/model/job.ts";
import { createTiming } from "../../shared/model/timing.ts";
import { createRng } from "../../shared/rng.ts";
import { decodeBulkDown, encodeBulkUp, type WireUp } from "../../shared/wire/bulk-codec.ts";
import { wireServices } from "../../shared/wire/load.ts";
import { agentSecretPath, ensureSecret, principalMetadata } from "../../shared/wire/secret.ts";
import { type CuttingProxy, startCuttingProxy } from "./cutting-proxy.ts";

/** Waits that a test need not sit out; what a hub takes for idle is an argument. */
const timing = { ...createTiming(), reconnectMinMs: 10, reconnectMaxMs: 50, bulkIdleMs: 200 };
const HUB_IDLE_MS = 30_000;

export interface RawBulk {
  /** Sends one message, well formed or not, and reads the next answer. */
  ask(message: WireUp): Promise<BulkDown | "ended">;
  send(message: WireUp): void;
  next(): Promise<BulkDown | "ended">;
  close(): void;
}

export interface BulkRig {
  readonly root: string;
  readonly staged: StagedOutputs[];
  /** `node token` of each lease that is current. */
  readonly leases: Set<string>;
  /** Session ids are `session-NODE`; a node in here has none. */
  readonly detached: Set<string>;
  readonly wire: CuttingProxy;
  store(): ArtifactStore;
  startHub(idleMs?: number): Promise<RunningServer>;
  agent(node: string, token: number): BulkClient;
  raw(node: string): RawBulk;
  stop(): Promise<void>;
}

const silent = createLog({ level: "silent", destination: { write: () => {} } });
const idleDesk: AgentDesk = {
  attach: () => {},
  receive: () => {},
  telemetry: () => {},
  detach: () => {},
  isLive: () => false,
};

export async function createBulkRig(): Promise<BulkRig> {
  const root = mkdtempSync(join(tmpdir(), "bulk-"));
  const endings: (() => unknown)[] = [];
  let store = await openArtifactStore(root);
  let port = 0;
  const wire = await startCuttingProxy(() => port);
  const secretOf = (node: string): string => ensureSecret(agentSecretPath(root, node));
  const rig: BulkRig = {
    root,
    wire,
    staged: [],
    leases: new Set(),
    detached: new Set(),
    store: () => store,
    startHub: async (idleMs = HUB_IDLE_MS) => {
      store = await openArtifactStore(root);
      const server = await startBulkHub(rig, port, idleMs);
      port = server.port;
      endings.push(server.stop);
      return server;
    },
    agent: (node, token) => {
      rig.leases.add(`${node} ${token}`);
      const client = createBulkClient({
        book: { present: wire.address },
        principal: `agent/${node}`,
        secret: secretOf(node),
        sessionId: () => (rig.detached.has(node) ? null : `session-${node}`),
        timing,
        rng: createRng(node),
      });
      endings.push(client.stop);
      return client;
    },
    raw: (node) => {
      const raw = openRaw(wire.address, principalMetadata(`agent/${node}`, secretOf(node)));
      endings.push(raw.close);
      return raw;
    },
    stop: async () => {
      for (const end of endings.reverse()) await end();
      await wire.stop();
      rmSync(root, { recursive: true });
    },
  };
  return rig;
}

function startBulkHub(rig: BulkRig, port: number, idleMs: number): Promise<RunningServer> {
  const bulk = createBulk({
    store: rig.store(),
    isLive: (sessionId, node) => sessionId === `session-${node}` && !rig.detached.has(node),
    mayUpload: (node, token) => rig.leases.has(`${node} ${token}`),
    onUpload: () => {},
    onStaged: (staged) => void rig.staged.push(staged),
    idleMs,
    log: silent,
  });
  return startServer({
    host: "127.0.0.1",
    port,
    authenticate: createSecretIdentity(rig.root),
    desk: idleDesk,
    bulk,
    operator: {} as OperatorHandlers,
    timing,
    log: silent,
  });
}

function openRaw(address: string, metadata: Metadata): RawBulk {
  const { AgentGateway } = wireServices();
  const client = new AgentGateway(address, credentials.createInsecure(), {
    "grpc.use_local_subchannel_pool": 1,
  });
  const call = client.Bulk(metadata);
  call.on("error", () => undefined);
  const answers = call.iterator({ destroyOnReturn: false });
  const next = async (): Promise<BulkDown | "ended"> => {
    const answer = await answers.next();
    return answer.done === true ? "ended" : decodeBulkDown(answer.value);
  };
  const send = (message: WireUp): void => void call.write(message);
  return {
    next,
    send,
    ask: (message) => {
      send(message);
      return next();
    },
    close: () => {
      call.cancel();
      client.close();
    },
  };
}

/** Writes the contents below a fresh directory of the rig and hashes them as an agent does. */
export async function outputsIn(
  rig: BulkRig,
  contents: Readonly<Record<string, string | Buffer>>,
): Promise<{ readonly directory: string; readonly files: readonly OutputFile[] }> {
  const directory = mkdtempSync(join(rig.root, "outputs-"));
  for (const [path, content] of Object.entries(contents)) {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), content);
  }
  return { directory, files: await hashOutputs(directory) };
}

/** The opening of an upload by a node, as a well-behaved agent sends it. */
export function uploadOf(node: string, token: number, file: OutputFile): WireUp {
  return encodeBulkUp({ kind: "upload", sessionId: `session-${node}`, token, file } satisfies BulkUp);
}

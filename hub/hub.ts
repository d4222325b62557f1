/**
 * Hub: the running process put together: journal, engine, artifact store, documents, services. Created means
 * serving; `stop` is final. Nothing here decides anything: it connects the core to the world.
 */
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import type { Clock } from "../shared/clock.ts";
import { isDiskFull } from "../shared/disk-full.ts";
import { writeFileDurable } from "../shared/durable-file.ts";
import { describeError } from "../shared/errors.ts";
import { ensureFolder } from "../shared/file-problem.ts";
import type { OpenedJournal } from "../shared/journal/journal.ts";
import { openSqliteJournal } from "../shared/journal/sqlite-journal.ts";
import type { Replica } from "../shared/journal/worker-protocol.ts";
import { readJson } from "../shared/json-document.ts";
import type { Log } from "../shared/log.ts";
import { createLoop } from "../shared/loop.ts";
import { createTiming } from "../shared/model/timing.ts";
import { ensureSecret, operatorSecretPath, viewerSecretPath } from "../shared/wire/secret.ts";
import { logAlarms } from "./alarm-log.ts";
import { type ArtifactStore, openArtifactStore } from "./artifacts/store.ts";
import type { HubConfig } from "./config.ts";
import { setDesired } from "./core/arbiter/desired.ts";
import type { HubEvent } from "./core/event.ts";
import { published, republish, startHub, tick } from "./core/hub.ts";
import { awaitedTokens, markStaged, mayUpload, noteUpload } from "./core/lease.ts";
import { isInDoubt } from "./core/nodes/rollback.ts";
import type { HubState } from "./core/state.ts";
import type { Tx } from "./core/transaction.ts";
import { createDesk } from "./desk.ts";
import { createDropIn, type DropIn } from "./drop-in/drop-in.ts";
import { createEffects } from "./effects.ts";
import { createEngine, type Engine } from "./engine.ts";
import { type Failpoints, NO_FAILPOINTS } from "./failpoint.ts";
import { type Notifier, openNotifier } from "./notify/notifier.ts";
import { createRootDisk } from "./notify/root-disk.ts";
import { createPressureFeed } from "./pressure-feed.ts";
import { createQueries } from "./queries.ts";
import { createBulk } from "./service/bulk.ts";
import { createSecretIdentity } from "./service/identity.ts";
import { createOperator } from "./service/operator.ts";
import type { Session } from "./service/ports.ts";
import { type RunningServer, startServer } from "./service/server.ts";
import { standbyWarning } from "./standby-warning.ts";
import { hubJournal } from "./store/definition.ts";
import { type Documents, openDocuments } from "./store/documents.ts";
import { createHistory, type EventHistory } from "./store/history.ts";
import { openJsonFile } from "./store/json-file.ts";
import { type Latch, openLatch } from "./store/latch.ts";

export interface HubOptions {
  readonly config: HubConfig;
  readonly clock: Clock;
  readonly log: Log;
  readonly version: string;
  /** The built worker entry, `journal-worker`. */
  readonly workerUrl: URL;
  /** The process must end: state and journal may no longer agree. */
  readonly onFatal: (error: unknown) => void;
  readonly failpoint?: Failpoints;
  /** Where several hubs share the journal: who they are, the leader first. */
  readonly replicas?: () => readonly Replica[];
  /** `host:port` of another hub that led before this one. */
  readonly formerLeader?: string | null;
  /** Whether another hub over this journal was known since this one began. */
  readonly wasAccompanied?: () => boolean;
  /** Events between two snapshots; the journal's own measure when absent. */
  readonly snapshotEvery?: number;
}

export interface RunningHub {
  readonly port: number;
  stop(): Promise<void>;
}

/** globals.json: the operating point of each campaign, as the controller last moved it. */
type Globals = Readonly<Record<string, Readonly<Record<string, number>>>>;

/** How often the documents are looked at, and unpublished outputs are tried again. */
const LOOK_MS = 1_000;

/** How often staged outputs that nobody waits for are looked for, also at the start. */
const REAP_MS = 600_000;

/** The hub over the embedded journal of its root. */
export async function openHub(options: HubOptions): Promise<RunningHub> {
  ensureFolder(join(options.config.root, "hub"));
  return runHub(options, await openJournal(options));
}

/** The hub over a journal that is its own from now on. */
export async function runHub(
  options: HubOptions,
  { journal, recovered }: OpenedJournal<HubState, HubEvent>,
): Promise<RunningHub> {
  const { config, clock, log, onFatal, failpoint = NO_FAILPOINTS } = options;
  const { root } = config;
  const timing = createTiming(config.timingScale);
  const store = await openArtifactStore(root, failpoint);
  const globals = await openJsonFile<Globals>(join(root, "globals.json"), {}, failpoint);
  const sessions = new Map<string, Session>();
  const perform = createEffects({
    sessions,
    store,
    log,
    failpoint,
    saveGlobals: (campaign, values) => globals.update((data) => Object.assign(data, { [campaign]: values })),
    onPublished: (jobId) => {
      log.info({ event: "job.published", jobId }, "outputs are in renders/");
      engine.act((tx) => published(tx, jobId));
    },
  });
  const engine: Engine = createEngine({ journal, recovered, clock, timing, perform, onFatal });
  const problems = new Map<string, string>();
  journal.onFull((isFull) => noteFull(problems, log, isFull));
  const history = createHistory(engine, root);
  const disk = createRootDisk(root, () => problems.has("journal"));
  const notifier = await openNotifier({ root, engine, history, log, problems, readAlarms: disk });
  const latch = await openLatch(join(root, "hub"), failpoint);
  const documents = await watchDocuments(root, engine, problems, log);
  logAlarms(engine.recent, log);
  startEngine(engine, latch, options);
  reportRecovery(log, recovered.notes, store.unreadable);
  const server = await serve({ options, engine, store, sessions, latch, problems, history, notifier });
  await writeEndpoint(config, server.port, log);
  const dropIn = createDropIn({ root, engine, log, problems, failpoint });
  const loops = startLoops({ engine, latch, documents, dropIn, store, log });
  log.info({ event: "hub.started", root, port: server.port, epoch: engine.core.state.epoch }, "serving");
  return {
    port: server.port,
    stop: async () => {
      await Promise.all(loops.map((loop) => loop.stop()));
      await server.stop();
      await notifier.stop();
      if (engine.hasRoom) engine.act((tx) => tx.emit({ kind: "hub.stopped" }));
      await journal.close();
      log.info({ event: "hub.stopped" }, "stopped");
    },
  };
}

interface Parts {
  readonly options: HubOptions;
  readonly engine: Engine;
  readonly store: ArtifactStore;
  readonly sessions: Map<string, Session>;
  readonly latch: Latch;
  readonly problems: ReadonlyMap<string, string>;
  readonly history: EventHistory;
  readonly notifier: Notifier;
}

/** Opens the port: agents, bulk and operators over one engine. */
async function serve(parts: Parts): Promise<RunningServer> {
  const { options, engine, store, sessions, latch, problems, history, notifier } = parts;
  const { config, log, version } = options;
  const { root } = config;
  const { timing } = engine.core;
  for (const path of [operatorSecretPath(root), viewerSecretPath(root)]) ensureSecret(path);
  const queries = createQueries((node) => sessions.get(engine.core.soft.sessions.get(node)?.sessionId ?? ""));
  const feed = createPressureFeed(engine.recent);
  const desk = createDesk({ engine, sessions, queries, feed });
  const bulk = createBulk({
    store,
    isLive: desk.isLive,
    mayUpload: (node, token) => mayUpload(engine.core, node, token),
    onUpload: (node, token) => engine.act((tx) => noteUpload(tx, node, token)),
    isInDoubt: (token) => isInDoubt(engine.core, token),
    onStaged: ({ token, manifestSha256, files }) =>
      engine.ask((tx) => markStaged(tx, { token, manifestSha256, outputs: files })),
    idleMs: timing.bulkIdleMs,
    log,
  });
  const { replicas = () => [], wasAccompanied = () => false } = options;
  const warnings = (): string[] => {
    const alone = standbyWarning(replicas(), wasAccompanied());
    return [...problems.values(), ...(alone === null ? [] : [alone])];
  };
  const operator = createOperator({
    ...{ engine, latch, history, queries, feed, notifier, root, version, warnings, replicas },
  });
  const port = await preferredPort(config);
  const authenticate = createSecretIdentity(root);
  const isLeading = (): boolean => engine.isOwned;
  const { host } = config;
  return startServer({ host, port, authenticate, desk, bulk, operator, timing, log, isLeading });
}

function reportRecovery(log: Log, notes: readonly string[], unreadable: readonly string[]): void {
  for (const note of notes) log.warn({ event: "journal.recovered", note }, "recovery went around it");
  for (const name of unreadable)
    log.warn({ event: "artifact.unreadable", name }, "a directory in renders/ has no readable manifest");
}

function openJournal({ config, workerUrl, snapshotEvery }: HubOptions) {
  return openSqliteJournal<HubState, HubEvent>({
    path: join(config.root, "hub", "journal.db"),
    root: config.root,
    workerUrl,
    ...(snapshotEvery === undefined ? {} : { snapshotEvery }),
    decode: hubJournal.decode,
  });
}

/** The new incarnation, and the latch that a `down` left while no hub or no disk could take its event. */
function startEngine(engine: Engine, latch: Latch, { version, formerLeader }: HubOptions): void {
  engine.act((tx) => startHub(tx, version, randomBytes(8).toString("hex"), formerLeader));
  obeyLatch(engine, latch);
}

/** A fleet is down when the journal or the latch says so, whenever the latch was set and by whom. */
function obeyLatch(engine: Engine, latch: Latch): void {
  const { state } = engine.core.state.desired;
  if (state === "down" || state === "disabled") return;
  const reason = latch.read();
  if (reason === null) return;
  const request = { verb: "down", isForced: false, isNow: true, actor: "latch", reason } as const;
  engine.act((tx) => setDesired(tx, request));
}

function watchDocuments(
  root: string,
  engine: Engine,
  problems: Map<string, string>,
  log: Log,
): Promise<Documents> {
  const { state } = engine.core;
  const isSame = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);
  const journalIf = (isChanged: boolean, decide: (tx: Tx) => void): void => {
    if (isChanged) engine.act(decide);
  };
  return openDocuments(root, {
    onControl: (document) =>
      journalIf(!isSame(document, state.control), (tx) => tx.emit({ kind: "control.loaded", document })),
    onCalibration: (document) =>
      journalIf(!isSame(document, state.calibration), (tx) =>
        tx.emit({ kind: "calibration.loaded", document }),
      ),
    onProblem: (file, problem) => {
      if (problem === null) problems.delete(file);
      else {
        problems.set(file, problem);
        log.warn({ event: "document.refused", file, problem }, "the last good document stays in force");
      }
    },
  });
}

interface Looked {
  readonly engine: Engine;
  readonly latch: Latch;
  readonly documents: Documents;
  readonly dropIn: DropIn;
  readonly store: ArtifactStore;
  readonly log: Log;
}

function startLoops({ engine, latch, documents, dropIn, store, log }: Looked) {
  const { timing } = engine.core;
  const onError = (error: unknown): void =>
    log.error({ event: "loop.failed", reason: describeError(error) }, "a periodic task failed");
  const beat = createLoop({ everyMs: timing.tickMs, run: () => engine.act(tick), onError });
  const look = createLoop({
    everyMs: LOOK_MS,
    run: async () => {
      obeyLatch(engine, latch);
      await documents.look();
      engine.act(republish);
    },
    onError,
  });
  // Apart: a file that waits for the disk must not keep the latch from being seen.
  const drops = createLoop({ everyMs: LOOK_MS, run: dropIn.look, onError });
  // What the end of an attempt could not discard: the disk failed, or the hub was killed. An end that is not durable
  // is no reason yet: a hub that forgets it would publish what is gone.
  const reap = createLoop({
    everyMs: REAP_MS,
    run: async () => {
      if (engine.hasRoom) await store.reapStaging(await engine.read(() => awaitedTokens(engine.core.state)));
    },
    onError,
  });
  return [beat, look, drops, reap];
}

function noteFull(problems: Map<string, string>, log: Log, isFull: boolean): void {
  if (isFull) problems.set("journal", "the disk is full: new work is refused until space is freed");
  else problems.delete("journal");
  log.warn(
    { event: "journal.full", isFull },
    isFull ? "the journal waits for space" : "there is space again",
  );
}

/** A restarted hub takes its recorded port again, so that agents find it where it was. */
async function preferredPort({ root, port }: HubConfig): Promise<number> {
  if (port !== 0) return port;
  const recorded = await readJson(join(root, "hub", "endpoint.json"));
  return (recorded?.value as { port?: number } | undefined)?.port ?? 0;
}

/** A restart on a full disk leaves the one of before, which names the same port. */
async function writeEndpoint({ root, host }: HubConfig, port: number, log: Log): Promise<void> {
  const endpoint = { host, port, pid: process.pid };
  const path = join(root, "hub", "endpoint.json");
  try {
    await writeFileDurable(path, `${JSON.stringify(endpoint)}\n`);
  } catch (error) {
    if (!isDiskFull(error)) throw error;
    log.warn(
      { event: "effect.failed", what: path, reason: describeError(error) },
      "it still names the old pid",
    );
  }
}

/**
 * The journal's worker thread over PostgreSQL: first a standby that reads along, then the leader that appends one
 * batch while the next collects. It keeps the leadership too, so that a busy main loop does not lose it.
 */
import { type MessagePort, parentPort, workerData } from "node:worker_threads";
import { type Clock, systemClock } from "../../../shared/clock.ts";
import { describeError, type FleetError } from "../../../shared/errors.ts";
import { must } from "../../../shared/invariant.ts";
import type { JournalDefinition } from "../../../shared/journal/journal.ts";
import { JournalShadow, type ShadowOptions } from "../../../shared/journal/shadow.ts";
import type { FromWorker, ToWorker } from "../../../shared/journal/worker-protocol.ts";
import { createLoop, type Loop } from "../../../shared/loop.ts";
import { type Database, databaseError, openDatabase } from "./database.ts";
import { Leader } from "./leader.ts";
import { recordRoot } from "./leadership.ts";
import { loadSnapshots, readAfter, seqRange } from "./postgres-store.ts";
import { listReplicas } from "./replicas.ts";
import { claimRoot } from "./root-marker.ts";
import { standBy } from "./standby.ts";
import { beginTerm, shareHeldUntil, type TermTiming } from "./term.ts";

/** What the worker is started with, as `workerData`. */
export interface PostgresWorkerData extends ShadowOptions {
  readonly postgres: {
    readonly address: string;
    readonly holder: string;
    /** `host:port` where this hub serves. */
    readonly serves: string;
    readonly timing: TermTiming;
    readonly mayWait: boolean;
    readonly heldUntil: SharedArrayBuffer;
  };
}

/** Time for a snapshot of a large state to travel; that the database is gone shows in the renewals much earlier. */
const ANSWER_MS = 30_000;

/** Serves the journal to the thread that started this one; the whole body of a worker entry. */
export async function servePostgresWorker<S, E>(definition: JournalDefinition<S, E>): Promise<void> {
  const port = must(parentPort, "journal: servePostgresWorker runs in a worker thread");
  const data = workerData as PostgresWorkerData;
  try {
    await serve(definition, data, port);
  } catch (error) {
    fail(port, databaseError(data.postgres.address, error));
  }
}

async function serve<S, E>(
  definition: JournalDefinition<S, E>,
  data: PostgresWorkerData,
  port: MessagePort,
  clock: Clock = systemClock,
): Promise<void> {
  const { root, postgres } = data;
  const { address, holder, serves, timing, mayWait } = postgres;
  const name = `spiral-hub ${holder}`;
  const database = openDatabase({ address, name, answerMs: ANSWER_MS });
  const renewals = openDatabase({ address, name: `${name} renewals`, answerMs: timing.renewMs });
  const { queries } = database;
  const { schemaVersion } = definition;
  const taken = await standBy({
    ...{ database, address, root, clock, mayWait, pollMs: timing.pollMs },
    candidate: { holder, address: serves, schemaVersion, ttlMs: timing.ttlMs },
    onSnapshot: (snapshot, notes) => send(port, { kind: "recovered", snapshot, notes }),
    onEvents: (batch) => send(port, { kind: "events", batch }),
    onStanding: (standing) => send(port, { kind: "standing", ...standing }),
  });
  const heldUntil = shareHeldUntil(postgres.heldUntil);
  const onOver = (error: FleetError): void => fail(port, error);
  const term = beginTerm({ ...taken, database: renewals, clock, timing, heldUntil, onOver });
  if (taken.rootId === null) await recordRoot(queries, term.epoch, await claimRoot(root));
  const { snapshots } = await loadSnapshots(queries);
  const { lastSeq, compactedSeq } = await seqRange(queries);
  const shadow = new JournalShadow(definition, { snapshots, lastSeq }, data);
  for await (const batch of readAfter(queries, address, shadow.seq)) {
    term.check();
    shadow.follow(batch);
  }
  const telling = tellReplicas(renewals, timing, port);
  const leader = new Leader({ shadow, database, term, pollMs: timing.pollMs, snapshots, compactedSeq }, port);
  port.on("message", (message: ToWorker) => leader.take(message));
  send(port, { kind: "ready", lastSeq });
  await leader.lead();
  await telling.stop();
  await Promise.all([database.close(), renewals.close()]);
  send(port, { kind: "closed" });
  port.close();
}

/** For people only: what goes wrong is tried again. */
function tellReplicas({ queries }: Database, { renewMs }: TermTiming, port: MessagePort): Loop {
  return createLoop({
    everyMs: renewMs,
    run: async () => send(port, { kind: "replicas", replicas: await listReplicas(queries) }),
    onError: () => {},
  });
}

/** The last message: the database is left as it is, and nothing of this thread touches it any more. */
function fail(port: MessagePort, error: FleetError): void {
  send(port, { kind: "fatal", code: error.code, message: describeError(error) });
  process.exit();
}

function send(port: MessagePort, message: FromWorker): void {
  port.postMessage(message);
}

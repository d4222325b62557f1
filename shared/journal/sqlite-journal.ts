/**
 * SqliteJournal: the embedded default. The file, its lock and all waiting for the disk live in a worker
 * thread. The lock lasts as long as the file is open, so the journal is ours until the process ends.
 */
import { Worker } from "node:worker_threads";
import { FleetError } from "../errors.ts";
import { type Journal, MAX_UNDURABLE, type OpenedJournal, SNAPSHOT_EVERY } from "./journal.ts";
import { type Found, parseFound } from "./recovered.ts";
import type { EventBatch, StoredSnapshot } from "./store.ts";
import { takeOver, workerDied } from "./worker-link.ts";
import type { FromWorker, JournalWorkerData } from "./worker-protocol.ts";

export interface SqliteJournalOptions<S> {
  /** The database file; its directory must exist. `PATH-wal` and `PATH.pid` lie beside it. */
  readonly path: string;
  /** The data directory, handed to the projections. */
  readonly root: string;
  /** A built worker entry whose body is `serveJournalWorker(definition)`. */
  readonly workerUrl: URL;
  /** The `decode` of that same definition. */
  readonly decode: (text: string, schemaVersion: number) => S;
  readonly snapshotEvery?: number;
  readonly maxUndurable?: number;
}

/**
 * Locks the journal and reads back what is durable. Rejects with FleetError: `alreadyExists` when another
 * hub holds it, `refused` when a newer release wrote it, `config` when it cannot be opened, `internal` when
 * it is corrupt (the message names table and seq).
 */
export async function openSqliteJournal<S, E>(
  options: SqliteJournalOptions<S>,
): Promise<OpenedJournal<S, E>> {
  const { path, root, snapshotEvery = SNAPSHOT_EVERY, maxUndurable = MAX_UNDURABLE } = options;
  const workerData: JournalWorkerData = { path, root, snapshotEvery };
  const worker = new Worker(options.workerUrl, { name: "journal", workerData });
  const { journal, found } = await receiveRecovery<E>(worker, maxUndurable);
  return { journal, recovered: parseFound<S, E>(found, options.decode) };
}

interface Received<E> {
  readonly journal: Journal<E>;
  readonly found: Found;
}

/** Collects what the worker read; the link takes over listening before the next message can arrive. */
function receiveRecovery<E>(worker: Worker, maxUndurable: number): Promise<Received<E>> {
  return new Promise((resolve, reject) => {
    let snapshot: StoredSnapshot | null = null;
    let notes: readonly string[] = [];
    let refusal: FleetError | null = null;
    const batches: EventBatch[] = [];
    const onError = (error: unknown): void => {
      refusal = workerDied(error);
    };
    const onExit = (): void => reject(refusal ?? workerDied("it ended before recovery was over"));
    const onMessage = (message: FromWorker): void => {
      switch (message.kind) {
        case "recovered":
          ({ snapshot, notes } = message);
          return;
        case "events":
          batches.push(message.batch);
          return;
        case "ready":
          worker.off("message", onMessage).off("error", onError).off("exit", onExit);
          resolve({
            journal: takeOver<E>(worker, { lastSeq: message.lastSeq, maxUndurable, isOwned: () => true }),
            found: { snapshot, batches, notes },
          });
          return;
        case "fatal":
          refusal = new FleetError(message.code, message.message);
          return;
        default:
          throw new Error(`invariant broken: journal sent ${message.kind} before recovery was over`);
      }
    };
    worker.on("message", onMessage).on("error", onError).on("exit", onExit);
  });
}

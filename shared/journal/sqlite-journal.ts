/**
 * SqliteJournal: the embedded default. The file, its lock and all waiting for the disk live in a worker
 * thread; the main loop only numbers events, posts what one turn of the loop produced as one message and
 * hears what became durable.
 */
import { Worker } from "node:worker_threads";
import { describeError, FleetError } from "../errors.ts";
import { type Carrier, JournalFront } from "./front.ts";
import { type Journal, MAX_UNDURABLE, type OpenedJournal, SNAPSHOT_EVERY } from "./journal.ts";
import { type Found, parseFound } from "./recovered.ts";
import { type EventBatch, lastSeqOf, type StoredSnapshot } from "./store.ts";
import type { FromWorker, JournalWorkerData, ToWorker } from "./worker-protocol.ts";

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
            journal: takeOver<E>(worker, message.lastSeq, maxUndurable),
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

function takeOver<E>(worker: Worker, lastSeq: number, maxUndurable: number): Journal<E> {
  const link = new WorkerLink(worker);
  const front = new JournalFront<E>(link, lastSeq, maxUndurable);
  worker.on("message", (message: FromWorker) => link.receive(message, front));
  worker.on("error", (error) => link.fail(workerDied(error), front));
  worker.on("exit", () => link.exited(front));
  return front;
}

/** One batch that commits and one that waits keep the worker busy; more would only cost more messages. */
const MAX_IN_FLIGHT = 2;

/** Carries events to the worker, as few messages as keep it busy, and its news back. */
class WorkerLink implements Carrier {
  readonly #worker: Worker;
  #collecting: EventBatch[] = [];
  /** Last seq of each batch that was posted and is not durable yet. */
  #inFlight: readonly number[] = [];
  #closing: { readonly resolve: () => void; readonly reject: (error: FleetError) => void } | null = null;
  #isClosed = false;
  #failure: FleetError | null = null;

  constructor(worker: Worker) {
    this.#worker = worker;
  }

  carry(batch: EventBatch): void {
    if (this.#collecting.length === 0) queueMicrotask(() => this.#postWhenFree());
    this.#collecting.push(batch);
  }

  close(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#closing = { resolve, reject };
      this.#postCollected();
      this.#post({ kind: "close" });
    });
  }

  receive(message: FromWorker, front: JournalFront<unknown>): void {
    switch (message.kind) {
      case "durable":
        this.#inFlight = this.#inFlight.filter((lastSeq) => lastSeq > message.seq);
        this.#postWhenFree();
        front.becameDurable(message.seq);
        return;
      case "full":
        front.becameFull(message.isFull);
        return;
      case "closed":
        this.#isClosed = true;
        return;
      case "fatal":
        this.fail(new FleetError(message.code, message.message), front);
        return;
      default:
        throw new Error(`invariant broken: journal sent ${message.kind} after recovery`);
    }
  }

  /** While closing, the failure belongs to whoever awaits the close. */
  fail(error: FleetError, front: JournalFront<unknown>): void {
    this.#failure ??= error;
    if (this.#closing === null) front.failed(error);
  }

  /** Only now is the lock free: a connection whose statements are still alive closes with its thread. */
  exited(front: JournalFront<unknown>): void {
    if (!this.#isClosed && this.#failure === null) this.fail(workerDied("it ended by itself"), front);
    if (this.#failure === null) this.#closing?.resolve();
    else this.#closing?.reject(this.#failure);
  }

  #postWhenFree(): void {
    if (this.#inFlight.length < MAX_IN_FLIGHT) this.#postCollected();
  }

  #postCollected(): void {
    const [first] = this.#collecting;
    if (first === undefined) return;
    const batch = {
      firstSeq: first.firstSeq,
      payloads: this.#collecting.flatMap(({ payloads }) => payloads),
    };
    this.#collecting = [];
    this.#inFlight = [...this.#inFlight, lastSeqOf(batch)];
    this.#post({ kind: "append", batch });
  }

  #post(message: ToWorker): void {
    this.#worker.postMessage(message);
  }
}

function workerDied(reason: unknown): FleetError {
  return new FleetError("internal", `the journal's worker died: ${describeError(reason)}`);
}

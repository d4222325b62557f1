/**
 * The journal's worker thread: while one batch commits, the next collects in the message queue. Everything
 * here is synchronous; the thread has nothing better to do than to wait for the disk.
 */
import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from "node:worker_threads";
import { describeError, FleetError } from "../errors.ts";
import { must } from "../invariant.ts";
import type { JournalDefinition } from "./journal.ts";
import { JournalKeeper } from "./keeper.ts";
import { replayable } from "./recovered.ts";
import type { Database } from "./sqlite.ts";
import { openError } from "./sqlite-file.ts";
import { type Failpoint, openSqliteStore, type SqliteStore } from "./sqlite-store.ts";
import { type EventBatch, joinBatches, lastSeqOf, type StoredSnapshot } from "./store.ts";
import type { FromWorker, JournalWorkerData, ToWorker } from "./worker-protocol.ts";

const FULL_BACKOFF_MIN_MS = 50;
/** Room may be there for moments only, between what else fills the disk; one try costs as much as one commit. */
const FULL_BACKOFF_MAX_MS = 250;

export interface JournalWorkerDefinition<S, E> extends JournalDefinition<S, E> {
  /** Called at each named place of the write path; a test kills the process or narrows the disk there. */
  failpoint?(name: Failpoint, database: Database): void;
}

/** Serves the journal to the thread that started this one; the whole body of a worker entry. */
export async function serveJournalWorker<S, E>(definition: JournalWorkerDefinition<S, E>): Promise<void> {
  const port = must(parentPort, "journal: serveJournalWorker runs in a worker thread");
  const data = workerData as JournalWorkerData;
  try {
    const store = await openSqliteStore({
      path: data.path,
      schemaVersion: definition.schemaVersion,
      failpoint: (name, database) => definition.failpoint?.(name, database),
    });
    const snapshots = recover(store, data.path, port);
    const server = new JournalServer(new JournalKeeper(definition, store, snapshots, data), port);
    port.on("message", (message: ToWorker) => {
      try {
        server.serve(message);
      } catch (error) {
        fail(port, error);
      }
    });
  } catch (error) {
    fail(port, error);
  }
}

/** Sends what is durable before anything else is done with it, so that both sides replay at once. */
function recover(store: SqliteStore, path: string, port: MessagePort): readonly StoredSnapshot[] {
  try {
    const { snapshots, notes } = store.loadSnapshots();
    send(port, { kind: "recovered", snapshot: snapshots[0] ?? null, notes });
    for (const batch of replayable(store, snapshots)) send(port, { kind: "events", batch });
    send(port, { kind: "ready", lastSeq: store.lastSeq });
    return snapshots;
  } catch (error) {
    throw openError(path, error);
  }
}

class JournalServer<S, E> {
  readonly #keeper: JournalKeeper<S, E>;
  readonly #port: MessagePort;
  readonly #sleeper = new Int32Array(new SharedArrayBuffer(4));
  #inbox: EventBatch[] = [];
  #isClosing = false;

  constructor(keeper: JournalKeeper<S, E>, port: MessagePort) {
    this.#keeper = keeper;
    this.#port = port;
  }

  /** Works until the queue is empty; throws on anything that is not a full disk. */
  serve(first: ToWorker): void {
    this.#take(first);
    this.#collect();
    while (this.#inbox.length > 0) {
      const batch = this.#nextBatch();
      this.#commit(batch);
      send(this.#port, { kind: "durable", seq: lastSeqOf(batch) });
      this.#keeper.follow(batch);
      this.#collect();
      this.#keeper.maybeSnapshot(this.#inbox.length === 0);
    }
    if (this.#isClosing) this.#close();
  }

  /** Retries a batch that found the disk full until there is room; what arrives meanwhile waits its turn. */
  #commit(batch: EventBatch): void {
    let backoffMs = FULL_BACKOFF_MIN_MS;
    let isFull = false;
    while (this.#keeper.commit(batch) === "full") {
      if (this.#isClosing) {
        const waiting = batch.payloads.length;
        throw new FleetError(
          "resourceExhausted",
          `disk full: the last ${waiting} events were never acknowledged`,
        );
      }
      if (!isFull) send(this.#port, { kind: "full", isFull: true });
      isFull = true;
      Atomics.wait(this.#sleeper, 0, 0, backoffMs);
      backoffMs = Math.min(2 * backoffMs, FULL_BACKOFF_MAX_MS);
      this.#collect();
    }
    if (isFull) send(this.#port, { kind: "full", isFull: false });
  }

  #collect(): void {
    let next = receiveMessageOnPort(this.#port);
    while (next !== undefined) {
      this.#take(next.message as ToWorker);
      next = receiveMessageOnPort(this.#port);
    }
  }

  #take(message: ToWorker): void {
    if (message.kind === "close") this.#isClosing = true;
    else this.#inbox.push(message.batch);
  }

  #nextBatch(): EventBatch {
    const { batch, rest } = joinBatches(this.#inbox);
    this.#inbox = rest;
    return batch;
  }

  #close(): void {
    this.#keeper.close();
    send(this.#port, { kind: "closed" });
    this.#port.close();
  }
}

/** The last message: the store is left as it is, because nothing may touch it after a failure. */
function fail(port: MessagePort, error: unknown): void {
  const code = error instanceof FleetError ? error.code : "internal";
  send(port, { kind: "fatal", code, message: describeError(error) });
  port.close();
}

function send(port: MessagePort, message: FromWorker): void {
  port.postMessage(message);
}

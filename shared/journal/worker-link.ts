/**
 * WorkerLink: the caller's end of a journal whose worker thread waits for the disk. The main loop only numbers
 * events, posts what one turn of the loop produced as one message and hears what became durable.
 */
import type { Worker } from "node:worker_threads";
import { describeError, FleetError } from "../errors.ts";
import { type Carrier, JournalFront } from "./front.ts";
import type { Journal } from "./journal.ts";
import { type EventBatch, lastSeqOf } from "./store.ts";
import type { FromWorker, ToWorker } from "./worker-protocol.ts";

export interface TakeOverOptions {
  /** Seq of the newest event that the worker has read. */
  readonly lastSeq: number;
  readonly maxUndurable: number;
  /** Whether no other process can append by now. */
  readonly isOwned: () => boolean;
}

/** Listens from now on, before the next message of the worker can arrive. */
export function takeOver<E>(worker: Worker, options: TakeOverOptions): Journal<E> {
  const link = new WorkerLink(worker, options.isOwned);
  const front = new JournalFront<E>(link, options.lastSeq, options.maxUndurable);
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
  readonly #isOwned: () => boolean;
  #collecting: EventBatch[] = [];
  /** Last seq of each batch that was posted and is not durable yet. */
  #inFlight: readonly number[] = [];
  #closing: { readonly resolve: () => void; readonly reject: (error: FleetError) => void } | null = null;
  #isClosed = false;
  #failure: FleetError | null = null;

  constructor(worker: Worker, isOwned: () => boolean) {
    this.#worker = worker;
    this.#isOwned = isOwned;
  }

  get isOwned(): boolean {
    return this.#isOwned();
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
      case "replicas":
        return; // for whoever opened the journal
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

export function workerDied(reason: unknown): FleetError {
  return new FleetError("internal", `the journal's worker died: ${describeError(reason)}`);
}

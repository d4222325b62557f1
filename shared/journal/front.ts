/**
 * JournalFront: the caller's side of a journal, shared by the adapters. It numbers events, bounds how many
 * wait for the disk, and tells listeners what became of them; the adapter only carries batches and news.
 */
import { FleetError } from "../errors.ts";
import { invariant } from "../invariant.ts";
import type { Journal } from "./journal.ts";
import type { EventBatch } from "./store.ts";

/** The adapter's way to whoever commits. */
export interface Carrier {
  /** False once another process may append. */
  readonly isOwned: boolean;
  carry(batch: EventBatch): void;
  /** Resolves when all that was carried is durable and the lock is released. */
  close(): Promise<void>;
}

/** New work is refused at the bound; what runs goes on to be written down up to so many times of it. */
const KEPT_FACTOR = 2;

export class JournalFront<E> implements Journal<E> {
  readonly #carrier: Carrier;
  readonly #maxUndurable: number;
  readonly #durableListeners: ((durableSeq: number) => void)[] = [];
  readonly #fatalListeners: ((error: FleetError) => void)[] = [];
  readonly #fullListeners: ((isFull: boolean) => void)[] = [];
  #lastSeq: number;
  #durableSeq: number;
  #isFull = false;
  #end: FleetError | null = null;
  #closed: Promise<void> | null = null;

  constructor(carrier: Carrier, lastSeq: number, maxUndurable: number) {
    this.#carrier = carrier;
    this.#lastSeq = lastSeq;
    this.#durableSeq = lastSeq;
    this.#maxUndurable = maxUndurable;
  }

  get durableSeq(): number {
    return this.#durableSeq;
  }

  get isOwned(): boolean {
    return this.#carrier.isOwned;
  }

  get hasRoom(): boolean {
    return this.#end === null && !this.#isFull && this.#waiting < this.#maxUndurable;
  }

  get #waiting(): number {
    return this.#lastSeq - this.#durableSeq;
  }

  append(events: readonly E[]): number {
    if (this.#end !== null)
      throw new FleetError("unavailable", "the journal takes no more events", this.#end);
    if (this.#waiting >= KEPT_FACTOR * this.#maxUndurable) {
      const waiting = `${this.#waiting} events already wait for the disk`;
      throw new FleetError("resourceExhausted", `journal: ${waiting}; try again later`);
    }
    if (events.length > 0) {
      const firstSeq = this.#lastSeq + 1;
      this.#lastSeq += events.length;
      this.#carrier.carry({ firstSeq, payloads: events.map((event) => JSON.stringify(event)) });
    }
    return this.#lastSeq;
  }

  onDurable(listener: (durableSeq: number) => void): void {
    this.#durableListeners.push(listener);
  }

  onFatal(listener: (error: FleetError) => void): void {
    this.#fatalListeners.push(listener);
    if (this.#end !== null) listener(this.#end);
  }

  onFull(listener: (isFull: boolean) => void): void {
    this.#fullListeners.push(listener);
  }

  becameDurable(seq: number): void {
    invariant(
      seq > this.#durableSeq && seq <= this.#lastSeq,
      `journal: ${seq} durable after ${this.#durableSeq}`,
    );
    if (!this.#carrier.isOwned) return this.failed(notOwned());
    this.#durableSeq = seq;
    for (const listener of this.#durableListeners) listener(seq);
  }

  becameFull(isFull: boolean): void {
    this.#isFull = isFull;
    for (const listener of this.#fullListeners) listener(isFull);
  }

  /** A failure nobody listens to ends the process: state that was applied must not outlive it. */
  failed(error: FleetError): void {
    this.#end = error;
    if (this.#fatalListeners.length === 0) throw error;
    for (const listener of this.#fatalListeners) listener(error);
  }

  close(): Promise<void> {
    this.#end ??= new FleetError("unavailable", "it was closed");
    this.#closed ??= this.#carrier.close();
    return this.#closed;
  }
}

/** Somebody else may lead by now: what this process believes must not leave it any more. */
export function notOwned(): FleetError {
  return new FleetError("unavailable", "the journal may have another owner by now: this hub steps down");
}

/**
 * JournalKeeper: what happens to a batch on its way to the store and after. It runs the same pure `apply`
 * as the main loop, but only on what is durable, and from that shadow state writes projections and
 * snapshots; so the main loop never serialises state and a snapshot never holds an event that could be lost.
 */
import { FleetError } from "../errors.ts";
import { invariant } from "../invariant.ts";
import type { JournalDefinition, Projections } from "./journal.ts";
import type { EventBatch, JournalStore, StoredSnapshot, StoreOutcome } from "./store.ts";

export interface KeeperOptions {
  /** The data directory that projections write to. */
  readonly root: string;
  /** Events after which a snapshot is due. */
  readonly snapshotEvery: number;
}

export class JournalKeeper<S, E> {
  readonly #definition: JournalDefinition<S, E>;
  readonly #store: JournalStore;
  readonly #snapshotEvery: number;
  readonly #projections: Projections<S, E> | null;
  #state: S;
  #seq: number;
  #snapshotSeq: number;
  /** A snapshot as big as the events since the last one costs at most as much writing as they did. */
  #bytesUntilWorthwhile = 0;

  /**
   * Rebuilds the shadow state. With projections it starts from the oldest snapshot, so that they see every
   * event still kept and can refill what a power loss took from them.
   */
  constructor(
    definition: JournalDefinition<S, E>,
    store: JournalStore,
    snapshots: readonly StoredSnapshot[],
    options: KeeperOptions,
  ) {
    this.#definition = definition;
    this.#store = store;
    this.#snapshotEvery = options.snapshotEvery;
    this.#projections = definition.projections?.(options.root, store.lastSeq) ?? null;
    const base = this.#projections === null ? snapshots[0] : snapshots.at(-1);
    this.#state =
      base === undefined ? definition.initial() : definition.decode(base.text, base.schemaVersion);
    this.#seq = base?.seq ?? 0;
    this.#snapshotSeq = snapshots[0]?.seq ?? 0;
    for (const batch of store.readAfter(this.#seq)) this.follow(batch);
  }

  /** Makes a batch durable. `full` means nothing was written and the caller keeps the batch. */
  commit(batch: EventBatch): StoreOutcome {
    return this.#store.append(batch);
  }

  /** Takes a durable batch into the shadow state and the projections. */
  follow({ firstSeq, payloads }: EventBatch): void {
    invariant(firstSeq === this.#seq + 1, `journal: shadow at ${this.#seq} was shown ${firstSeq}`);
    for (const payload of payloads) {
      const event = JSON.parse(payload) as E;
      this.#seq += 1;
      this.#bytesUntilWorthwhile -= payload.length;
      this.#definition.apply(this.#state, event, this.#seq);
      this.#projections?.project({ seq: this.#seq, event }, this.#state);
    }
    this.#projections?.flush();
  }

  /** Writes a snapshot when one is due; while work waits (`isIdle` false) it is put off, but not for ever. */
  maybeSnapshot(isIdle: boolean): void {
    const events = this.#seq - this.#snapshotSeq;
    const isDue = events >= this.#snapshotEvery && this.#bytesUntilWorthwhile <= 0;
    if (isDue && (isIdle || events >= 2 * this.#snapshotEvery)) this.#snapshot();
  }

  /** Last snapshot, so that the next start replays nothing; then releases the store. */
  close(): void {
    if (this.#seq > this.#snapshotSeq) this.#snapshot();
    this.#store.close();
  }

  /** The events that lines come from must not be compacted away before the lines are on the disk. */
  #syncProjections(): boolean {
    try {
      this.#projections?.sync();
      return true;
    } catch (error) {
      if (error instanceof FleetError && error.code === "resourceExhausted") return false;
      throw error;
    }
  }

  /** Without room there is no snapshot, and the next batch tries again. */
  #snapshot(): void {
    if (!this.#syncProjections()) return;
    const { schemaVersion } = this.#definition;
    const text = this.#definition.encode(this.#state);
    if (this.#store.saveSnapshot({ seq: this.#seq, schemaVersion, text }) === "full") return;
    this.#snapshotSeq = this.#seq;
    this.#bytesUntilWorthwhile = text.length;
  }
}

/**
 * JournalKeeper: what happens to a batch on its way to a store that answers at once, and after: the shadow
 * follows what became durable, and its snapshots go back into the store.
 */
import type { JournalDefinition } from "./journal.ts";
import { JournalShadow, type ShadowOptions } from "./shadow.ts";
import type { EventBatch, JournalStore, StoredSnapshot, StoreOutcome } from "./store.ts";

export class JournalKeeper<S, E> {
  readonly #store: JournalStore;
  readonly #shadow: JournalShadow<S, E>;

  /** Rebuilds the shadow state from what the store holds. */
  constructor(
    definition: JournalDefinition<S, E>,
    store: JournalStore,
    snapshots: readonly StoredSnapshot[],
    options: ShadowOptions,
  ) {
    this.#store = store;
    this.#shadow = new JournalShadow(definition, { snapshots, lastSeq: store.lastSeq }, options);
    for (const batch of store.readAfter(this.#shadow.seq)) this.follow(batch);
  }

  /** Makes a batch durable. `full` means nothing was written and the caller keeps the batch. */
  commit(batch: EventBatch): StoreOutcome {
    return this.#store.append(batch);
  }

  /** Takes a durable batch into the shadow state and the projections. */
  follow(batch: EventBatch): void {
    this.#shadow.follow(batch);
  }

  /** Writes a snapshot when one is due; while work waits (`isIdle` false) it is put off, but not for ever. */
  maybeSnapshot(isIdle: boolean): void {
    this.#save(this.#shadow.dueSnapshot(isIdle));
  }

  /** Last snapshot, so that the next start replays nothing; then releases the store. */
  close(): void {
    this.#save(this.#shadow.lastSnapshot());
    this.#store.close();
  }

  /** Without room there is no snapshot, and the next batch tries again. */
  #save(snapshot: StoredSnapshot | null): void {
    if (snapshot !== null && this.#store.saveSnapshot(snapshot) === "stored") this.#shadow.saved(snapshot);
  }
}

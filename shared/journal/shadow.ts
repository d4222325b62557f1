/**
 * JournalShadow: the state at the newest durable event, kept beside the journal. It runs the same pure `apply`
 * as the main loop, but only on what is durable, and from it come projections and snapshots; so the main loop
 * never serialises state and a snapshot never holds an event that could be lost.
 */
import { FleetError } from "../errors.ts";
import { invariant } from "../invariant.ts";
import type { JournalDefinition, Projections } from "./journal.ts";
import type { EventBatch, StoredSnapshot } from "./store.ts";

export interface ShadowOptions {
  /** The data directory that projections write to. */
  readonly root: string;
  /** Events after which a snapshot is due. */
  readonly snapshotEvery: number;
}

/** What the store holds when the shadow begins. */
export interface ShadowBase {
  /** Newest first, two at most. */
  readonly snapshots: readonly StoredSnapshot[];
  readonly lastSeq: number;
}

export class JournalShadow<S, E> {
  readonly #definition: JournalDefinition<S, E>;
  readonly #snapshotEvery: number;
  readonly #projections: Projections<S, E> | null;
  #state: S;
  #seq: number;
  #snapshotSeq: number;
  /** A snapshot as big as the events since the last one costs at most as much writing as they did. */
  #bytesUntilWorthwhile: number;

  /**
   * Begins at a snapshot; show it every event after `seq` next. With projections it begins at the oldest one,
   * so that they see every event still kept and can refill what a power loss took from them.
   */
  constructor(definition: JournalDefinition<S, E>, base: ShadowBase, options: ShadowOptions) {
    this.#definition = definition;
    this.#snapshotEvery = options.snapshotEvery;
    this.#projections = definition.projections?.(options.root, base.lastSeq) ?? null;
    const start = this.#projections === null ? base.snapshots[0] : base.snapshots.at(-1);
    this.#state =
      start === undefined ? definition.initial() : definition.decode(start.text, start.schemaVersion);
    this.#seq = start?.seq ?? 0;
    this.#snapshotSeq = base.snapshots[0]?.seq ?? 0;
    this.#bytesUntilWorthwhile = base.snapshots[0]?.text.length ?? 0;
  }

  /** Seq of the newest event it was shown. */
  get seq(): number {
    return this.#seq;
  }

  /** Takes a durable batch into the state and the projections. */
  follow({ firstSeq, payloads }: EventBatch): void {
    invariant(firstSeq === this.#seq + 1, `journal: shadow at ${this.#seq} was shown ${firstSeq}`);
    for (const payload of payloads) {
      const event = JSON.parse(payload) as E;
      this.#seq += 1;
      if (this.#seq > this.#snapshotSeq) this.#bytesUntilWorthwhile -= payload.length;
      this.#definition.apply(this.#state, event, this.#seq);
      this.#projections?.project({ seq: this.#seq, event }, this.#state);
    }
    this.#projections?.flush();
  }

  /** A snapshot when one is due; while work waits (`isIdle` false) it is put off, but not for ever. */
  dueSnapshot(isIdle: boolean): StoredSnapshot | null {
    const events = this.#seq - this.#snapshotSeq;
    const isDue = events >= this.#snapshotEvery && this.#bytesUntilWorthwhile <= 0;
    return isDue && (isIdle || events >= 2 * this.#snapshotEvery) ? this.#snapshot() : null;
  }

  /** Last snapshot, so that the next start replays nothing; null when the newest one says it all. */
  lastSnapshot(): StoredSnapshot | null {
    return this.#seq > this.#snapshotSeq ? this.#snapshot() : null;
  }

  /** The snapshot is durable; one that was not is due again with the next batch. */
  saved({ seq, text }: StoredSnapshot): void {
    this.#snapshotSeq = seq;
    this.#bytesUntilWorthwhile = text.length;
  }

  /** Null without room: the events that lines come from must not be compacted away before the lines are stored. */
  #snapshot(): StoredSnapshot | null {
    if (!this.#syncProjections()) return null;
    const { schemaVersion } = this.#definition;
    return { seq: this.#seq, schemaVersion, text: this.#definition.encode(this.#state) };
  }

  #syncProjections(): boolean {
    try {
      this.#projections?.sync();
      return true;
    } catch (error) {
      if (error instanceof FleetError && error.code === "resourceExhausted") return false;
      throw error;
    }
  }
}

/**
 * Journal: the durable truth of the hub. Events handed over become durable in order, a group at a time;
 * nothing that depends on an event may leave the process before `durableSeq` has reached its number.
 * Three adapters keep the same promises: SQLite in a worker thread, PostgreSQL for several hubs (hub/store), and
 * memory for tests and simulation.
 */
import type { FleetError } from "../errors.ts";

/** One event and its place in the journal; `seq` starts at 1 and has no gaps. Order is by `seq`, never by time. */
export interface JournalRecord<E> {
  readonly seq: number;
  readonly event: E;
}

/** What an earlier process made durable: a state, and the events to apply on top of it. */
export interface Recovered<S, E> {
  readonly snapshot: { readonly seq: number; readonly state: S } | null;
  readonly events: readonly JournalRecord<E>[];
  /** What recovery had to work around, in words for the log; empty when all was well. */
  readonly notes: readonly string[];
}

export interface Journal<E> {
  /**
   * Hands events over and returns the last seq assigned, at once. Events must survive JSON unchanged
   * (no undefined members, NaN or dates), else the replayed state would differ from the live one.
   * Throws FleetError `resourceExhausted` when twice `maxUndurable` events already wait: whoever asks `hasRoom` first
   * leaves the second half to what must be kept. Throws `unavailable` after `close()` or a fatal error.
   */
  append(events: readonly E[]): number;
  /** Every event up to this one survives kill -9 and power loss. */
  readonly durableSeq: number;
  /**
   * Whether no other process can own the journal by now. Once it is false nothing may leave this process, not
   * even what needs no event: another hub may already have decided otherwise. Always true under a file's lock.
   */
  readonly isOwned: boolean;
  /** Whether new work may be accepted: not full, not failed, and fewer than `maxUndurable` events waiting. */
  readonly hasRoom: boolean;
  /** Called in order, once for each group that became durable. */
  onDurable(listener: (durableSeq: number) => void): void;
  /** A failed append: the process must end. Called at once when it has already happened. */
  onFatal(listener: (error: FleetError) => void): void;
  /** Disk full: the events are kept and retried. `true` = refuse new work, `false` = recovered. */
  onFull(listener: (isFull: boolean) => void): void;
  /** Makes everything durable, writes a last snapshot and releases the lock. Rejects when it could not. */
  close(): Promise<void>;
}

export interface OpenedJournal<S, E> {
  readonly journal: Journal<E>;
  readonly recovered: Recovered<S, E>;
}

/** Files derived from the journal, written beside it by whoever holds the shadow state. */
export interface Projections<S, E> {
  /** Called for each durable event, in order, after `apply`: `state` is exactly the state at `record.seq`. */
  project(record: JournalRecord<E>, state: S): void;
  /** Hands what was collected to the operating system; called once a batch. */
  flush(): void;
  /** Flushes and fsyncs; called before the events it came from may be compacted away. */
  sync(): void;
}

/** The state machine whose events are journaled. All of it is pure except the projections. */
export interface JournalDefinition<S, E> {
  /** Raised whenever events or state change so that an older release could not read them. */
  readonly schemaVersion: number;
  initial(): S;
  /** Mutates `state`; deterministic, and throws only on a bug. */
  apply(state: S, event: E, seq: number): void;
  encode(state: S): string;
  /** The inverse of `encode`; `schemaVersion` is that of the release that wrote the text. */
  decode(text: string, schemaVersion: number): S;
  /** Opened once at start. After a crash it is shown again every event still kept: be idempotent by seq. */
  projections?(root: string, durableSeq: number): Projections<S, E>;
}

/** Events that may wait for the disk before new ones should be refused. */
export const MAX_UNDURABLE = 16_384;

/** Events after which a snapshot is due. */
export const SNAPSHOT_EVERY = 50_000;

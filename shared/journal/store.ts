/**
 * JournalStore: where records and snapshots lie. The keeper above it decides what to write and when; a
 * store only promises that what it reported as stored is there after a crash, whole and in order.
 */

import { must } from "../invariant.ts";

/** `full`: nothing was written and the same call may be repeated. Any other failure is thrown, and fatal. */
export type StoreOutcome = "stored" | "full";

/** Consecutive events as JSON texts; the first has number `firstSeq`. */
export interface EventBatch {
  readonly firstSeq: number;
  readonly payloads: readonly string[];
}

export function lastSeqOf({ firstSeq, payloads }: EventBatch): number {
  return firstSeq + payloads.length - 1;
}

/** A batch closes once it has this many events; larger ones gain nothing and delay the first waiter. */
const MAX_BATCH_EVENTS = 4096;

/** Joins what waits, up to the bound, into one batch: one transaction, one flush. */
export function joinBatches(waiting: readonly EventBatch[]): {
  readonly batch: EventBatch;
  readonly rest: EventBatch[];
} {
  const payloads: string[] = [];
  let taken = 0;
  for (const { payloads: more } of waiting) {
    if (taken > 0 && payloads.length + more.length > MAX_BATCH_EVENTS) break;
    for (const payload of more) payloads.push(payload);
    taken += 1;
  }
  const { firstSeq } = must(waiting[0], "journal: an empty inbox has no batch");
  return { batch: { firstSeq, payloads }, rest: waiting.slice(taken) };
}

/** A state at one seq as `encode` wrote it. */
export interface StoredSnapshot {
  readonly seq: number;
  readonly schemaVersion: number;
  readonly text: string;
}

export interface JournalStore {
  /** Seq of the newest durable event, 0 when there is none. */
  readonly lastSeq: number;
  /** The snapshots whose checksum holds, newest first, two at most; `notes` names the damaged ones. */
  loadSnapshots(): { readonly snapshots: readonly StoredSnapshot[]; readonly notes: readonly string[] };
  /** Every event after `seq` in bounded batches. Throws FleetError `internal` at a gap or a damaged record. */
  readAfter(seq: number): Iterable<EventBatch>;
  append(batch: EventBatch): StoreOutcome;
  /** Keeps this snapshot and the one before it; events that both cover may be dropped from here on. */
  saveSnapshot(snapshot: StoredSnapshot): StoreOutcome;
  /** Releases the lock. */
  close(): void;
}

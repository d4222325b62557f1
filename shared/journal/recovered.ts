/** Recovered: reads a store back, and turns what it found into states and events of the caller's types. */
import type { JournalRecord, Recovered } from "./journal.ts";
import type { EventBatch, JournalStore, StoredSnapshot } from "./store.ts";

/** Stored texts, checked: the newest good snapshot and all events after it. */
export interface Found {
  readonly snapshot: StoredSnapshot | null;
  readonly batches: readonly EventBatch[];
  readonly notes: readonly string[];
}

/**
 * The events after the newest snapshot. It reads from the oldest one, because every record kept must be
 * whole: damage that only a later fallback would meet must not wait for that day to be found.
 */
export function* replayable(store: JournalStore, snapshots: readonly StoredSnapshot[]): Iterable<EventBatch> {
  const newestSeq = snapshots[0]?.seq ?? 0;
  for (const { firstSeq, payloads } of store.readAfter(snapshots.at(-1)?.seq ?? 0)) {
    const covered = Math.max(0, newestSeq + 1 - firstSeq);
    if (covered < payloads.length) yield { firstSeq: firstSeq + covered, payloads: payloads.slice(covered) };
  }
}

export function parseFound<S, E>(
  { snapshot, batches, notes }: Found,
  decode: (text: string, schemaVersion: number) => S,
): Recovered<S, E> {
  return {
    snapshot: snapshot && { seq: snapshot.seq, state: decode(snapshot.text, snapshot.schemaVersion) },
    events: batches.flatMap((batch) => parseBatch<E>(batch)),
    notes,
  };
}

function parseBatch<E>({ firstSeq, payloads }: EventBatch): readonly JournalRecord<E>[] {
  return payloads.map((payload, index) => ({ seq: firstSeq + index, event: JSON.parse(payload) as E }));
}

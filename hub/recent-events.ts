/** RecentEvents: the newest events in memory, for those who read or follow the journal as it grows. */
import type { JournalRecord } from "../shared/journal/journal.ts";
import type { HubEvent } from "./core/event.ts";

/** Events kept at hand; older ones are read from spiral.jsonl. */
const RECENT_MAX = 20_000;

export type EventListener = (record: JournalRecord<HubEvent>) => void;

export interface RecentEvents {
  /** Seq of the oldest event held here; one more than the last when none is. */
  readonly firstSeq: number;
  /** Durable ones after `sinceSeq`, oldest first. */
  since(sinceSeq: number): readonly JournalRecord<HubEvent>[];
  /** Keeps events that were handed to the journal, numbered from `firstSeq`. */
  add(firstSeq: number, events: readonly HubEvent[]): void;
  /** Tells the listeners of everything up to this seq that they have not heard of. */
  announce(durableSeq: number): void;
  /** Hears every event that becomes durable from now on; returns how to stop. */
  follow(listener: EventListener): () => void;
}

export function createRecentEvents(
  recovered: readonly JournalRecord<HubEvent>[],
  durableSeq: number,
): RecentEvents {
  let records = recovered.slice(-RECENT_MAX);
  let announcedSeq = durableSeq;
  const listeners = new Set<EventListener>();
  const after = (seq: number): number => Math.max(0, seq + 1 - (records[0]?.seq ?? seq + 1));
  return {
    get firstSeq() {
      return records[0]?.seq ?? announcedSeq + 1;
    },
    since: (sinceSeq) => records.slice(after(sinceSeq), after(announcedSeq)),
    add: (firstSeq, events) => {
      events.forEach((event, index) => {
        records.push({ seq: firstSeq + index, event });
      });
    },
    announce: (durable) => {
      const news = listeners.size === 0 ? [] : records.slice(after(announcedSeq), after(durable));
      announcedSeq = durable;
      for (const record of news) for (const listener of listeners) listener(record);
      if (records.length > 2 * RECENT_MAX) records = records.slice(-RECENT_MAX);
    },
    follow: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

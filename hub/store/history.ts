/**
 * History: events since a sequence number, however long ago. The engine holds the recent ones; older ones are
 * read from spiral.jsonl, which the journal's worker keeps complete up to there. What is recent moves on while the
 * file is read, so the file is read until the two meet.
 */
import { once } from "node:events";
import { createReadStream, existsSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Json } from "../../shared/json.ts";
import type { HubEvent } from "../core/event.ts";
import type { Engine } from "../engine.ts";
import { readableEvent } from "./definition.ts";

/** An event as it is shown: without the innards that only the core can use. */
export interface ShownEvent {
  readonly seq: number;
  readonly wallMs: number;
  readonly kind: string;
  readonly body: Readonly<Record<string, Json>>;
}

export interface EventHistory {
  /** Durable events after `sinceSeq`, oldest first, up to the one that is durable now. */
  since(sinceSeq: number): AsyncGenerator<ShownEvent>;
}

export function createHistory(engine: Engine, root: string): EventHistory {
  return {
    async *since(sinceSeq) {
      const { recent } = engine;
      let lastSeq = sinceSeq;
      for (let readSeq = -1; lastSeq + 1 < recent.firstSeq && lastSeq !== readSeq; ) {
        readSeq = lastSeq;
        for await (const event of readFile(join(root, "spiral.jsonl"), lastSeq)) {
          if (event.seq >= recent.firstSeq) break;
          lastSeq = event.seq;
          yield event;
        }
      }
      for (const record of recent.since(lastSeq)) {
        yield showEvent({ seq: record.seq, ...readableEvent(record) });
      }
    },
  };
}

/** Splits a line of spiral.jsonl into what every event has and what only this kind has. */
export function showEvent(line: Readonly<Record<string, Json>>): ShownEvent {
  const { seq, wallMs, kind, ...body } = line;
  return { seq: Number(seq), wallMs: Number(wallMs), kind: String(kind), body };
}

/** The event behind what is shown, without its journal time and the innards that only the core can use. */
export function eventOf({ wallMs, kind, body }: ShownEvent): HubEvent {
  return { ...body, kind, at: { wallMs, journalMs: 0 } } as unknown as HubEvent;
}

async function* readFile(path: string, sinceSeq: number): AsyncGenerator<ShownEvent> {
  if (!existsSync(path)) return;
  const input = createReadStream(path);
  try {
    for await (const line of createInterface({ input })) {
      const event = showEvent(JSON.parse(line));
      if (event.seq > sinceSeq) yield event;
    }
  } finally {
    // Whoever has read enough would leave it open.
    input.destroy();
    if (!input.closed) await once(input, "close");
  }
}

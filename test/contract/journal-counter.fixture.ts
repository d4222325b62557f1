/** Counter: the smallest state machine whose state tells order, number and content of its events apart. */
import { join } from "node:path";
import type { JournalDefinition } from "../../shared/journal/journal.ts";
import { openProjection } from "../../shared/journal/projection.ts";

export interface Counter {
  count: number;
  digest: number;
  latest: string;
}

export interface Added {
  readonly amount: number;
  readonly note: string;
}

export const counter = {
  schemaVersion: 3,
  initial: () => ({ count: 0, digest: 0, latest: "" }),
  apply(state, event, seq) {
    state.count += 1;
    state.digest = (Math.imul(state.digest, 31) + event.amount + seq) | 0;
    state.latest = event.note;
  },
  encode: (state) => JSON.stringify(state),
  decode: (text) => JSON.parse(text) as Counter,
} satisfies JournalDefinition<Counter, Added>;

/** The counter with one line an event in `ROOT/added.jsonl`. */
export const projectedCounter: JournalDefinition<Counter, Added> = {
  ...counter,
  projections(root, durableSeq) {
    const file = openProjection(join(root, "added.jsonl"), durableSeq);
    return {
      project: ({ seq, event }, { count }) => file.append(seq, { amount: event.amount, count }),
      flush: file.flush,
      sync: file.sync,
    };
  },
};

/** The event that every test process writes at a seq, so that each can check the others' work. */
export function addedAt(seq: number): Added {
  return { amount: (seq * 7919) % 1000, note: `note-${seq}` };
}

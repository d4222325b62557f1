/** The contract of the journal: what every adapter promises. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Journal, Recovered } from "../../shared/journal/journal.ts";
import { type Added, addedAt, type Counter, counter } from "./journal-counter.fixture.ts";
import type { Rig } from "./journal-rig.ts";

export function replay({ snapshot, events }: Recovered<Counter, Added>): Counter {
  const state = snapshot?.state ?? counter.initial();
  for (const { seq, event } of events) counter.apply(state, event, seq);
  return state;
}

/** What the counter is after the first `count` events of `addedAt`. */
export function counterAt(count: number): Counter {
  const state = counter.initial();
  for (let seq = 1; seq <= count; seq++) counter.apply(state, addedAt(seq), seq);
  return state;
}

export function untilDurable(journal: Journal<Added>, seq: number): Promise<void> {
  return new Promise((resolve) => {
    if (journal.durableSeq >= seq) resolve();
    journal.onDurable((durable) => durable >= seq && resolve());
  });
}

export function addedFrom(first: number, count: number): readonly Added[] {
  return Array.from({ length: count }, (_, index) => addedAt(first + index));
}

/** `createRig` makes a fresh disk each time. */
export function describeJournal(name: string, createRig: () => Rig): void {
  describe(`journal in ${name}`, () => {
    it("starts empty", async () => {
      const { journal, recovered } = await createRig().open();
      expect(recovered).toEqual({ snapshot: null, events: [], notes: [] });
      expect(journal.durableSeq).toBe(0);
      await journal.close();
    });

    it("numbers events from 1 without gaps and reports them durable in order", async () => {
      const { journal } = await createRig().open();
      const durable: number[] = [];
      journal.onDurable((seq) => durable.push(seq));
      expect(journal.append(addedFrom(1, 3))).toBe(3);
      expect(journal.append([])).toBe(3);
      expect(journal.durableSeq).toBe(0);
      await untilDurable(journal, 3);
      expect(journal.append(addedFrom(4, 2))).toBe(5);
      await untilDurable(journal, 5);
      expect(durable.at(-1)).toBe(5);
      expect(durable).toEqual([...durable].sort((a, b) => a - b));
      await journal.close();
    });

    it("gives back what it acknowledged, in order and unchanged", async () => {
      const rig = createRig();
      const first = await rig.open();
      const events = [
        addedAt(1),
        { amount: -0.1, note: 'newline \n quote " nul \u0000 \u009b ünï 🌀' },
        addedAt(3),
      ];
      first.journal.append(events);
      await first.journal.close();
      const { recovered, journal } = await rig.open({ snapshotEvery: 1 });
      expect(recovered.snapshot).toEqual({ seq: 3, state: replayAll(events) });
      journal.append([addedAt(4)]);
      await journal.close();
      const again = await rig.open();
      expect(replay(again.recovered)).toEqual(replayAll([...events, addedAt(4)]));
      await again.journal.close();
    });

    it("makes everything durable at close and takes nothing more", async () => {
      const rig = createRig();
      const { journal } = await rig.open();
      journal.append(addedFrom(1, 500));
      await journal.close();
      expect(journal.durableSeq).toBe(500);
      expect(() => journal.append([addedAt(501)])).toThrow(/takes no more events/);
      const again = await rig.open();
      expect(replay(again.recovered)).toEqual(counterAt(500));
      await again.journal.close();
    });

    it("replays to the live state, wherever snapshots and restarts fall", async () => {
      const batches = fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 12 });
      const life = fc.record({ batches, snapshotEvery: fc.integer({ min: 1, max: 25 }) });
      await fc.assert(
        fc.asyncProperty(fc.array(life, { minLength: 1, maxLength: 4 }), async (lives) => {
          const rig = createRig();
          let seq = 0;
          for (const { batches: sizes, snapshotEvery } of lives) {
            const { journal, recovered } = await rig.open({ snapshotEvery });
            expect(replay(recovered)).toEqual(counterAt(seq));
            for (const size of sizes) {
              seq = journal.append(addedFrom(seq + 1, size));
              if (size % 2 === 0) await untilDurable(journal, seq);
            }
            await journal.close();
          }
        }),
        { numRuns: 15 },
      );
    });

    it("refuses a second hub until the first has closed", async () => {
      const rig = createRig();
      const { journal } = await rig.open();
      await expect(rig.open()).rejects.toMatchObject({ code: "alreadyExists" });
      await journal.close();
      await (await rig.open()).journal.close();
    });

    it("has no room at the bound, takes as much again and no more, and has room once the disk caught up", async () => {
      const { journal } = await createRig().open({ maxUndurable: 10 });
      journal.append(addedFrom(1, 9));
      expect(journal.hasRoom).toBe(true);
      journal.append(addedFrom(10, 1));
      expect(journal.hasRoom).toBe(false);
      expect(journal.append(addedFrom(11, 10))).toBe(20);
      expect(() => journal.append([addedAt(21)])).toThrow(
        expect.objectContaining({ code: "resourceExhausted" }),
      );
      await untilDurable(journal, 20);
      expect(journal.hasRoom).toBe(true);
      expect(journal.append([addedAt(21)])).toBe(21);
      await journal.close();
    });

    it("keeps a batch that found the disk full and acknowledges it when there is room", async () => {
      const rig = createRig();
      const { journal } = await rig.open();
      const news: boolean[] = [];
      await rig.setFull(true);
      const full = new Promise<void>((resolve) => {
        journal.onFull((isFull) => {
          news.push(isFull);
          if (isFull) resolve();
        });
      });
      journal.append(addedFrom(1, 2000));
      await full;
      expect(journal.hasRoom).toBe(false);
      expect(journal.durableSeq).toBe(0);
      journal.append(addedFrom(2001, 1));
      await rig.setFull(false);
      await untilDurable(journal, 2001);
      expect(news).toEqual([true, false]);
      expect(journal.hasRoom).toBe(true);
      await journal.close();
      const again = await rig.open();
      expect(replay(again.recovered)).toEqual(counterAt(2001));
      await again.journal.close();
    });

    it("says so when it has to close on a full disk", async () => {
      const rig = createRig();
      const { journal } = await rig.open();
      await rig.setFull(true);
      journal.append(addedFrom(1, 2000));
      await expect(journal.close()).rejects.toMatchObject({ code: "resourceExhausted" });
    });

    it("treats a failed write as fatal and acknowledges nothing after it", async () => {
      const rig = createRig();
      const { journal } = await rig.open();
      await rig.breakDisk();
      const fatal = new Promise((resolve) => journal.onFatal(resolve));
      journal.append(addedFrom(1, 3));
      await expect(fatal).resolves.toMatchObject({ code: "internal" });
      expect(journal.durableSeq).toBe(0);
      expect(journal.hasRoom).toBe(false);
      expect(() => journal.append([addedAt(4)])).toThrow(expect.objectContaining({ code: "unavailable" }));
    });
  });
}

function replayAll(events: readonly Added[]): Counter {
  const state = counter.initial();
  events.forEach((event, index) => {
    counter.apply(state, event, index + 1);
  });
  return state;
}

import { describe, expect, it } from "vitest";
import type { JournalDefinition } from "./journal.ts";
import { MemoryDisk, openMemoryJournal } from "./memory-journal.ts";

const total: JournalDefinition<{ sum: number }, number> = {
  schemaVersion: 2,
  initial: () => ({ sum: 0 }),
  apply(state, event) {
    state.sum += event;
  },
  encode: (state) => JSON.stringify(state),
  decode: (text) => JSON.parse(text) as { sum: number },
};

function open(disk: MemoryDisk, definition = total) {
  return openMemoryJournal({ definition, disk, sync: "manual" });
}

describe("MemoryJournal", () => {
  it("makes events durable only when told to, as far as told to", () => {
    const { journal, control } = open(new MemoryDisk());
    const durable: number[] = [];
    journal.onDurable((seq) => durable.push(seq));
    journal.append([1, 2, 3]);
    journal.append([4, 5]);
    expect(durable).toEqual([]);
    control.sync(2);
    control.sync(4);
    control.sync();
    expect(durable).toEqual([2, 3, 4, 5]);
  });

  it("loses the unsynced tail in a crash, frees the lock and is never heard of again", () => {
    const disk = new MemoryDisk();
    const { journal, control } = open(disk);
    journal.append([1, 2, 3]);
    control.sync(2);
    control.crash();
    control.sync();
    expect(journal.durableSeq).toBe(2);
    const { recovered } = open(disk);
    expect(recovered.events.map(({ event }) => event)).toEqual([1, 2]);
  });

  it("refuses a disk that a newer release wrote", async () => {
    const disk = new MemoryDisk();
    await open(disk, { ...total, schemaVersion: 3 }).journal.close();
    expect(() => open(disk)).toThrow(expect.objectContaining({ code: "refused" }));
  });

  it("lets a failure that nobody listens to end the caller", () => {
    const { journal, control } = open(new MemoryDisk());
    journal.append([1]);
    control.breakDisk();
    expect(() => control.sync()).toThrow("the memory disk is broken");
  });
});

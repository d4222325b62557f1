import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FifoSet } from "./fifo-set.ts";

const step = fc.record({ isAdding: fc.boolean(), member: fc.integer({ min: 0, max: 12 }) });

describe("FifoSet", () => {
  it("holds the same members in the same order as a Set", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const fifo = new FifoSet<number>();
        const set = new Set<number>();
        for (const { isAdding, member } of steps) {
          if (isAdding) fifo.add(member);
          else fifo.delete(member);
          if (isAdding) set.add(member);
          else set.delete(member);
          expect([...fifo]).toEqual([...set]);
          expect(fifo.size).toBe(set.size);
          expect(fifo.has(member)).toBe(set.has(member));
        }
      }),
    );
  });

  it("shows each member once while those already shown are deleted", () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer()), fc.array(fc.nat(3)), (members, deletions) => {
        const fifo = new FifoSet<number>();
        for (const member of members) fifo.add(member);
        const shown: number[] = [];
        for (const member of fifo) {
          shown.push(member);
          for (let back = 0; back < (deletions[shown.length] ?? 1); back++) {
            const old = shown.at(-1 - back);
            if (old !== undefined) fifo.delete(old);
          }
        }
        expect(shown).toEqual(members);
      }),
    );
  });

  it("does not show a member that was deleted before its turn", () => {
    const fifo = new FifoSet<string>();
    for (const member of ["a", "b", "c", "d"]) fifo.add(member);
    const shown: string[] = [];
    for (const member of fifo) {
      shown.push(member);
      for (const gone of ["a", "b", "c"]) fifo.delete(gone);
    }
    expect(shown).toEqual(["a", "d"]);
  });
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { chooseVictims, compareSets, type Victim } from "./victims.ts";

const BATCH = 3;
const BACKGROUND = 2;

function victim(token: number, vramBytes: number, more: Partial<Victim> = {}): Victim {
  return { token, vramBytes, rank: BATCH, ranMs: 100, isService: false, ...more };
}

const tokensOf = (set: readonly Victim[] | null) => set?.map(({ token }) => token) ?? null;

const CASES: readonly {
  readonly name: string;
  readonly pool: readonly Victim[];
  readonly missing: { readonly vramBytes: number; readonly slots: number };
  readonly chosen: readonly number[] | null;
}[] = [
  {
    name: "the least important first, even where one that is more important would do",
    pool: [victim(1, 10, { rank: BACKGROUND }), victim(2, 5), victim(3, 5)],
    missing: { vramBytes: 10, slots: 0 },
    chosen: [2, 3],
  },
  {
    name: "more important ones where the least important are not enough",
    pool: [victim(1, 10, { rank: BACKGROUND }), victim(2, 5)],
    missing: { vramBytes: 10, slots: 0 },
    chosen: [1],
  },
  {
    name: "as few as will do",
    pool: [victim(1, 4, { ranMs: 1 }), victim(2, 4, { ranMs: 1 }), victim(3, 8)],
    missing: { vramBytes: 8, slots: 0 },
    chosen: [3],
  },
  {
    name: "the youngest of those that will do",
    pool: [victim(1, 8, { ranMs: 300 }), victim(2, 9, { ranMs: 100 }), victim(3, 12, { ranMs: 200 })],
    missing: { vramBytes: 8, slots: 1 },
    chosen: [2],
  },
  {
    name: "no service where a task will do",
    pool: [victim(1, 8, { ranMs: 300 }), victim(2, 8, { isService: true, ranMs: 1 })],
    missing: { vramBytes: 8, slots: 0 },
    chosen: [1],
  },
  {
    name: "one for a slot where no bytes are missing",
    pool: [victim(1, 8, { ranMs: 300 }), victim(2, 0, { ranMs: 200 })],
    missing: { vramBytes: 0, slots: 1 },
    chosen: [2],
  },
  {
    name: "nobody where it would not be enough if all left",
    pool: [victim(1, 8), victim(2, 8)],
    missing: { vramBytes: 17, slots: 0 },
    chosen: null,
  },
  { name: "nobody of nobody", pool: [], missing: { vramBytes: 0, slots: 1 }, chosen: null },
];

describe("chooseVictims", () => {
  for (const { name, pool, missing, chosen } of CASES)
    it(`takes ${name}`, () => {
      expect(tokensOf(chooseVictims(pool, missing))).toEqual(chosen);
    });

  it("takes enough, of the least importance that is enough, and none of them in vain", () => {
    const victims = fc.uniqueArray(
      fc.record({
        token: fc.integer({ min: 1, max: 1_000 }),
        vramBytes: fc.integer({ min: 0, max: 20 }),
        rank: fc.integer({ min: 1, max: BATCH }),
        ranMs: fc.integer({ min: 0, max: 1_000 }),
        isService: fc.boolean(),
      }),
      { selector: ({ token }) => token, maxLength: 9 },
    );
    const missing = fc.record({
      vramBytes: fc.integer({ min: 1, max: 60 }),
      slots: fc.integer({ min: 0, max: 1 }),
    });
    fc.assert(
      fc.property(victims, missing, (pool, lack) => {
        const chosen = chooseVictims(pool, lack);
        const bytes = (set: readonly Victim[]) => set.reduce((sum, { vramBytes }) => sum + vramBytes, 0);
        if (chosen === null) {
          expect(bytes(pool)).toBeLessThan(lack.vramBytes);
          return;
        }
        expect(bytes(chosen)).toBeGreaterThanOrEqual(lack.vramBytes);
        const top = Math.min(...chosen.map(({ rank }) => rank));
        expect(bytes(pool.filter(({ rank }) => rank > top))).toBeLessThan(lack.vramBytes);
        for (const one of chosen) {
          expect(bytes(chosen.filter((each) => each !== one))).toBeLessThan(lack.vramBytes);
          const others = pool.filter((each) => each.rank >= top && each !== one);
          const fewer = others.toSorted((a, b) => b.vramBytes - a.vramBytes).slice(0, chosen.length - 1);
          expect(bytes(fewer)).toBeLessThan(lack.vramBytes);
        }
      }),
    );
  });
});

describe("compareSets", () => {
  it("prefers less important work, then fewer, then tasks, then the least work lost", () => {
    const sets = [
      [victim(1, 1, { ranMs: 5 })],
      [victim(2, 1, { ranMs: 9 })],
      [victim(3, 1, { isService: true })],
      [victim(4, 1), victim(5, 1)],
      [victim(6, 1, { rank: BACKGROUND })],
    ];
    expect(sets.toReversed().sort(compareSets)).toEqual(sets);
  });
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PRIORITIES, PRIORITY_GATE } from "../model/priority.ts";
import { gateView, headroomUnderGate, isBelowGate, SMALL_NODE_GATES } from "./gate.ts";
import { usableBytes } from "./pressure.ts";

describe("isBelowGate", () => {
  it.each([
    ["realtime", 0.95],
    ["interactive", 0.8],
    ["background", 0.6],
    ["batch", 0.5],
  ] as const)("refuses %s exactly at %d and admits one byte below", (priority, gate) => {
    const usable = 97_000_000_000;
    const edge = usable * gate;
    expect(PRIORITY_GATE[priority]).toBe(gate);
    expect(isBelowGate({ usedBytes: 0, usableBytes: usable, gate }, edge - 1)).toBe(true);
    expect(isBelowGate({ usedBytes: 0, usableBytes: usable, gate }, edge)).toBe(false);
    expect(isBelowGate({ usedBytes: edge, usableBytes: usable, gate }, 0)).toBe(false);
  });

  it("admits nothing on a card with nothing usable although its pressure is 0", () => {
    expect(isBelowGate({ usedBytes: 0, usableBytes: 0, gate: 0.95 }, 0)).toBe(false);
  });
});

describe("headroomUnderGate", () => {
  it("gives the figures of a 97,871 MiB card", () => {
    const usable = usableBytes(97_871);
    const headroom = PRIORITIES.map((priority) =>
      headroomUnderGate({ usedBytes: 0, usableBytes: usable, gate: PRIORITY_GATE[priority] }),
    );
    expect(headroom).toEqual([88_329, 74_382, 55_786, 46_488]);
  });

  it("is the exact edge of admission for any card and gate", () => {
    const view = fc.record({
      usedBytes: fc.nat(2 ** 40),
      usableBytes: fc.integer({ min: 1, max: 2 ** 40 }),
      gate: fc.double({ min: 0.01, max: 1, noNaN: true }),
    });
    fc.assert(
      fc.property(view, (card) => {
        const bytes = headroomUnderGate(card);
        expect(isBelowGate(card, bytes + 1)).toBe(false);
        if (bytes > 0) expect(isBelowGate(card, bytes)).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe("gateView", () => {
  const card = { usedBytes: 70, usableBytes: 100, residentBytes: 64 };

  it("takes residents out of used and usable for background and batch only", () => {
    const views = PRIORITIES.map((priority) => gateView(card, priority, PRIORITY_GATE, "resident-aware"));
    expect(views.map((view) => [view.usedBytes, view.usableBytes])).toEqual([
      [70, 100],
      [70, 100],
      [6, 36],
      [6, 36],
    ]);
  });

  it("counts residents like everything else under the literal policy", () => {
    expect(gateView(card, "batch", PRIORITY_GATE, "literal")).toEqual({
      usedBytes: 70,
      usableBytes: 100,
      gate: 0.5,
    });
  });
});

describe("the small-node gates", () => {
  it("hold a sentinel, a 6.6 GB persona and embeddings on 8 GB and keep batch out", () => {
    const usable = usableBytes(8192);
    const [sentinelMib, personaMib, embeddingsMib] = [500, 6_758, 250];
    const usedBytes = sentinelMib + personaMib;
    const interactive = { usedBytes, usableBytes: usable, gate: SMALL_NODE_GATES.interactive };
    expect(isBelowGate(interactive, embeddingsMib)).toBe(true);
    expect(isBelowGate({ ...interactive, gate: SMALL_NODE_GATES.batch }, 0)).toBe(false);
    expect(isBelowGate({ ...interactive, gate: PRIORITY_GATE.interactive }, embeddingsMib)).toBe(false);
  });
});

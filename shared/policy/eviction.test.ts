import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PRIORITIES } from "../model/priority.ts";
import { type Evictable, evictionCandidates, evictionScore, nextRung, planLadder } from "./eviction.ts";

const NOW = 10_000_000;

const consumer = (more: Partial<Evictable> = {}): Evictable => ({
  id: "a",
  label: "a",
  subsystem: "inference",
  priority: "interactive",
  bytes: 512,
  allocatedAtMs: 0,
  lastUsedAtMs: NOW - 3_600_000,
  evictable: true,
  reloadMs: 0,
  ...more,
});

describe("evictionScore", () => {
  it.each([
    ["interactive, an hour idle", { priority: "interactive" }, 3_600 / 7],
    ["background, an hour idle", { priority: "background" }, 900],
    ["batch, an hour idle", { priority: "batch" }, 1_800],
    ["interactive, two minutes idle", { lastUsedAtMs: NOW - 120_000 }, 120 / 7],
    ["used just now", { lastUsedAtMs: NOW }, 0],
    ["used in the future", { lastUsedAtMs: NOW + 5_000 }, 0],
    ["realtime, whatever it says of itself", { priority: "realtime" }, 0],
    ["not evictable", { evictable: false }, 0],
  ] as const)("of %s", (_name, more, score) => {
    expect(evictionScore(consumer(more), NOW)).toBe(score);
  });

  it("counts idleness only past the reload time when asked to", () => {
    const dear = consumer({ priority: "batch", reloadMs: 600_000 });
    expect(evictionScore(dear, NOW, { minResidencyMs: 0, reloadFactor: 2 })).toBe((3_600 - 1_200) / 2);
    expect(evictionScore(dear, NOW, { minResidencyMs: 0, reloadFactor: 60 })).toBe(0);
  });
});

describe("evictionCandidates", () => {
  it("sorts by score descending, ties by id, and leaves out who may not go", () => {
    const rows = [
      consumer({ id: "b" }),
      consumer({ id: "render", priority: "realtime" }),
      consumer({ id: "a" }),
      consumer({ id: "pinned", evictable: false }),
      consumer({ id: "train", priority: "batch" }),
    ];
    expect(evictionCandidates(rows, NOW).map((row) => row.id)).toEqual(["train", "a", "b"]);
  });

  it("keeps those in sight that were loaded later than now, at a score of 0", () => {
    const rows = [consumer({ allocatedAtMs: NOW + 5_000, lastUsedAtMs: NOW + 5_000 })];
    expect(evictionCandidates(rows, NOW)).toMatchObject([{ id: "a", score: 0, idleSeconds: 0 }]);
  });

  it("spares those that were loaded a moment ago when asked to", () => {
    const rows = [
      consumer({ id: "young", allocatedAtMs: NOW - 999 }),
      consumer({ id: "old", allocatedAtMs: NOW - 1_000 }),
    ];
    const candidates = evictionCandidates(rows, NOW, { minResidencyMs: 1_000, reloadFactor: 0 });
    expect(candidates.map((row) => row.id)).toEqual(["old"]);
  });

  it("is a total order that does not depend on arrival, and never names realtime", () => {
    const row = fc.record({
      id: fc.uuid(),
      priority: fc.constantFrom(...PRIORITIES),
      lastUsedAtMs: fc.integer({ min: -NOW, max: 2 * NOW }),
      evictable: fc.boolean(),
      reloadMs: fc.nat(1e6),
    });
    fc.assert(
      fc.property(fc.uniqueArray(row, { selector: (each) => each.id }), (parts) => {
        const rows = parts.map((part) => consumer(part));
        const order = evictionCandidates(rows, NOW);
        expect(evictionCandidates([...rows].reverse(), NOW)).toEqual(order);
        for (const each of order) {
          expect(Number.isFinite(each.score)).toBe(true);
          expect(rows.find((one) => one.id === each.id)).toMatchObject({ evictable: true });
          expect(each.priority).not.toBe("realtime");
        }
      }),
    );
  });
});

describe("planLadder", () => {
  const offers = new Map([
    ["comfy", { unload: 300, term: 500, kill: 500 }],
    ["ollama", { unload: 200 }],
    ["cache", { shrink: 50, unload: 80 }],
  ]);
  const order = ["comfy", "ollama", "cache"].map((id) => ({ id }));

  it.each([
    ["the cheapest rung that yields the bytes", 300, [["comfy", "unload", 300]], 0],
    ["a dearer rung when the cheap one is short", 301, [["comfy", "term", 500]], 0],
    [
      "the next consumer when one is not enough",
      530,
      [
        ["comfy", "term", 500],
        ["ollama", "unload", 200],
      ],
      0,
    ],
    [
      "all there is, with the shortfall",
      900,
      [
        ["comfy", "term", 500],
        ["ollama", "unload", 200],
        ["cache", "unload", 80],
      ],
      120,
    ],
    ["nothing for nothing", 0, [], 0],
  ] as const)("takes %s", (_name, bytesNeeded, steps, shortfallBytes) => {
    const result = planLadder(order, offers, bytesNeeded);
    expect(result.steps.map((step) => [step.id, step.rung, step.expectedBytes])).toEqual(steps);
    expect(result.shortfallBytes).toBe(shortfallBytes);
  });

  it("passes over consumers that offer nothing", () => {
    expect(planLadder([{ id: "mute" }, { id: "cache" }], offers, 10).steps).toEqual([
      { id: "cache", rung: "shrink", expectedBytes: 50 },
    ]);
  });
});

describe("nextRung", () => {
  it("climbs to the next rung on offer and ends", () => {
    expect(nextRung({ shrink: 1, park: 5, kill: 9 }, "shrink")).toBe("park");
    expect(nextRung({ shrink: 1, park: 5, kill: 9 }, "park")).toBe("kill");
    expect(nextRung({ shrink: 1, park: 5, kill: 9 }, "kill")).toBeNull();
  });
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createRng } from "../../shared/rng.ts";
import { redialDelayMs, refusedDelayMs, unprovenDelayMs } from "./backoff.ts";

const policy = { minMs: 500, maxMs: 5_000 };
const rngOf = (value: number) => ({ ...createRng(1), next: () => value });

describe("redialDelayMs", () => {
  it.each([
    [0, 500],
    [1, 1_000],
    [2, 2_000],
    [3, 4_000],
    [4, 5_000],
    [1_000_000, 5_000],
  ])("after %i failures waits at most %i ms", (failures, ceilingMs) => {
    expect(redialDelayMs(policy, failures, rngOf(0))).toBe(0);
    expect(redialDelayMs(policy, failures, rngOf(0.5))).toBe(ceilingMs / 2);
    expect(redialDelayMs(policy, failures, rngOf(0.999999))).toBeLessThan(ceilingMs);
  });

  it("spreads a fleet over the whole wait", () => {
    const rng = createRng("fleet");
    const waits = Array.from({ length: 1_000 }, () => redialDelayMs(policy, 10, rng));
    const perTenth = Array.from(
      { length: 10 },
      (_, tenth) => waits.filter((wait) => Math.floor(wait / 500) === tenth).length,
    );
    expect(Math.min(...perTenth)).toBeGreaterThan(50);
  });
});

describe("refusedDelayMs", () => {
  it("does not grow: 0 to twice the shortest wait", () => {
    expect(refusedDelayMs(policy, rngOf(0))).toBe(0);
    expect(refusedDelayMs(policy, rngOf(0.5))).toBe(500);
    expect(refusedDelayMs(policy, rngOf(0.999999))).toBeLessThan(1_000);
  });
});

describe("unprovenDelayMs", () => {
  it("is longer than any ordinary wait", () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 0.999, noNaN: true }), (draw) => {
        expect(unprovenDelayMs(policy, rngOf(draw))).toBeGreaterThan(policy.maxMs);
      }),
    );
  });
});

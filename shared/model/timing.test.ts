import { describe, expect, it } from "vitest";
import { createTiming, giveUpAfterMs } from "./timing.ts";

describe("the time that a hub waits for a silent holder", () => {
  it.each([0, 60_000, 600_000, 3_600_000])(
    "is longer than the slowest holder of %i ms of grace takes, by the fastest clock of a hub",
    (offlineGraceMs) => {
      const timing = createTiming();
      const { leaseTtlMs, shimTickMs, termGraceMs, proofMs } = timing;
      const slowestMs = (leaseTtlMs + offlineGraceMs + shimTickMs + termGraceMs + proofMs) / 0.99;
      expect(giveUpAfterMs(timing, offlineGraceMs) / 1.01).toBeGreaterThan(slowestMs);
    },
  );

  it("is no longer than needed: the margin covers the lease, and the grace waits for its own drift", () => {
    const timing = createTiming();
    expect(giveUpAfterMs(timing, 0)).toBe(timing.regrantAfterMs);
    expect(giveUpAfterMs(timing, 3_600_000) - timing.regrantAfterMs).toBe(3_672_728);
  });

  it("refuses a scale at which clocks that differ would break the order of the durations", () => {
    expect(() => createTiming(0.021)).toThrow("a holder must end before its job is granted again");
    expect(createTiming(0.05).scale).toBe(0.05);
  });
});

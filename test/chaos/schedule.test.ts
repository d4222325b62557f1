import { describe, expect, it } from "vitest";
import { createRng } from "../../shared/rng.ts";
import { drawFault, FAULT_KINDS, type Plan, type Stage } from "./schedule.ts";

const STAGE: Stage = {
  nodes: ["a", "b", "c", "d"],
  majority: 3,
  leaseTtlMs: 6_000,
  cabled: "a",
  kinds: FAULT_KINDS,
};

function drawn(seed: string, count: number, stage = STAGE): readonly Plan[] {
  const rng = createRng(seed);
  return Array.from({ length: count }, () => drawFault(rng, stage));
}

describe("drawFault", () => {
  it("draws the same faults from the same seed, and others from another", () => {
    expect(drawn("1", 50)).toEqual(drawn("1", 50));
    expect(drawn("1", 50)).not.toEqual(drawn("2", 50));
  });

  it("draws every kind, and lengths on both sides of a lease", () => {
    const plans = drawn("all", 2_000);
    expect(new Set(plans.map(({ kind }) => kind))).toEqual(new Set(FAULT_KINDS));
    const stops = plans.filter(({ kind }) => kind === "agent-stop").map(({ holdMs }) => holdMs);
    expect(Math.min(...stops)).toBeLessThan(STAGE.leaseTtlMs / 2);
    expect(Math.max(...stops)).toBeGreaterThan(STAGE.leaseTtlMs * 1.5);
  });

  it("draws nothing but what is wanted", () => {
    const kinds = ["unplug", "down"] as const;
    const plans = drawn("few", 200, { ...STAGE, kinds });
    expect(new Set(plans.map(({ kind }) => kind))).toEqual(new Set(kinds));
  });

  it("takes most of the nodes away when it says so, and otherwise one", () => {
    for (const { kind, subjects } of drawn("few", 500)) {
      expect(subjects).toHaveLength(kind === "most-away" ? 3 : 1);
      expect(new Set(subjects).size).toBe(subjects.length);
    }
  });
});

import { describe, expect, it } from "vitest";
import type { StopRules } from "../../../shared/model/campaign.ts";
import { judgeConvergence, type SpineRow, type StopRule } from "./convergence.ts";

const rules: StopRules = {
  tolerance: 0.1,
  plateau: { cycles: 2, minDelta: 0.05 },
  budget: { maxCycles: 5, maxRenders: 45, maxGpuSeconds: 100 },
  divergence: { cycles: 2, factor: 1.5 },
};

/** A spine of the given distances, nine renders and two GPU-seconds a cycle. */
function spineOf(distances: readonly (number | null)[], last: Partial<SpineRow> = {}): readonly SpineRow[] {
  const rows = distances.map((distance, i): SpineRow => {
    const known = distances.slice(0, i + 1).filter((value) => value !== null);
    return {
      cycle: i + 1,
      scores: distance === null ? null : {},
      target: {},
      distance,
      best: known.length === 0 ? null : Math.min(...known),
      stepSize: 0.2,
      actuators: {},
      saturated: [],
      renders: 9 * (i + 1),
      gpuSeconds: 2 * (i + 1),
      rule: null,
      evidence: [],
    };
  });
  return rows.map((row, i) => (i === rows.length - 1 ? { ...row, ...last } : row));
}

describe("judgeConvergence", () => {
  const cases: readonly [string, readonly SpineRow[], StopRule | null][] = [
    ["goes on without a row", [], null],
    ["goes on while it gets better", spineOf([1, 0.8, 0.6]), null],
    ["stops on target at exactly the tolerance", spineOf([1, 0.1]), "target"],
    ["stops on target rather than on an exhausted budget", spineOf([1, 0.8, 0.6, 0.4, 0.1]), "target"],
    ["does not stop because a candidate is on target", spineOf([1, 0.8], { best: 0.05 }), null],
    ["stops when the cycles are used up", spineOf([1, 0.8, 0.6, 0.4, 0.2]), "budget"],
    ["stops when the renders are used up", spineOf([1, 0.8], { renders: 45 }), "budget"],
    ["stops when the GPU-seconds are used up", spineOf([1, 0.8], { gpuSeconds: 100 }), "budget"],
    ["stops on a plateau", spineOf([1, 0.6, 0.58, 0.56]), "plateau"],
    ["goes on at exactly the smallest improvement", spineOf([1, 0.75, 0.75, 0.7]), null],
    ["waits for a whole plateau window", spineOf([1, 1]), null],
    [
      "lets the operating point travel to a best that is on target",
      spineOf([1, 0.9, 0.9, 0.9]).map((row) => ({ ...row, best: 0.05 })),
      null,
    ],
    ["stops when far above the first distance for long enough", spineOf([1, 0.9, 1.6, 1.7]), "divergence"],
    ["forgives one cycle far above", spineOf([1, 0.8, 1.6], { best: 0.6 }), null],
    ["does not call 1.5 × the first distance divergence", spineOf([1, 0.9, 1.5, 1.5], { best: 0.6 }), null],
    ["stops when nothing can be measured", spineOf([1, null, null]), "divergence"],
    ["stops when nothing could ever be measured", spineOf([null, null]), "divergence"],
    ["counts a distance that is not a number as unknown", spineOf([1, Number.NaN, null]), "divergence"],
    ["never calls an unknown distance on target", spineOf([1, Number.NaN]), null],
  ];
  it.each(cases)("%s", (_, spine, rule) => {
    expect(judgeConvergence(rules, spine)?.rule ?? null).toBe(rule);
  });

  it("names the numbers it judged by", () => {
    expect(judgeConvergence(rules, spineOf([1, 0.08]))?.evidence).toEqual([
      { name: "distance", value: 0.08, limit: 0.1 },
    ]);
    expect(judgeConvergence(rules, spineOf([1, 0.8], { renders: 46 }))?.evidence).toEqual([
      { name: "renders", value: 46, limit: 45 },
    ]);
    expect(judgeConvergence(rules, spineOf([1, 1.6, null]))?.evidence).toEqual([
      { name: "distance", value: 1.6, limit: 1.5 },
      { name: "unmeasuredCycles", value: 1, limit: 2 },
    ]);
  });
});

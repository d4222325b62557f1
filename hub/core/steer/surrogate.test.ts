import { describe, expect, it } from "vitest";
import { createRng } from "../../../shared/rng.ts";
import { distanceBetween, type Vector } from "./linear-algebra.ts";
import { fitLikeliest, predict, type Sample } from "./surrogate.ts";
import { minimiseWithin } from "./trust-step.ts";

const scoresAt = ([x = 0, y = 0]: Vector): Vector => [Math.sin(2 * x) - 0.8 * y, x * y - 0.2, y - x / 2];

function sampleMap(count: number): readonly Sample[] {
  const rng = createRng("map");
  return Array.from({ length: count }, () => {
    const x = [rng.next(), rng.next()];
    return { x, residuals: scoresAt(x) };
  });
}

describe("predict", () => {
  const surrogate = fitLikeliest(sampleMap(25));

  it("interpolates a smooth map between its samples", () => {
    expect(distanceBetween(predict(surrogate, [0.4, 0.6]).residuals, scoresAt([0.4, 0.6]))).toBeLessThan(
      0.01,
    );
  });

  it("gives the slopes of its own prediction", () => {
    const at = (x: Vector): Vector => predict(surrogate, x).residuals;
    const step = 1e-5;
    for (const [k, row] of predict(surrogate, [0.4, 0.6]).jacobian.entries()) {
      const across = ((at([0.4 + step, 0.6])[k] ?? 0) - (at([0.4 - step, 0.6])[k] ?? 0)) / (2 * step);
      const along = ((at([0.4, 0.6 + step])[k] ?? 0) - (at([0.4, 0.6 - step])[k] ?? 0)) / (2 * step);
      expect(row[0]).toBeCloseTo(across, 4);
      expect(row[1]).toBeCloseTo(along, 4);
    }
  });
});

describe("minimiseWithin", () => {
  const aimAt = (goal: Vector): readonly Sample[] =>
    sampleMap(25).map(({ x }) => ({
      x,
      residuals: [(x[0] ?? 0) - (goal[0] ?? 0), (x[1] ?? 0) - (goal[1] ?? 0)],
    }));

  it("finds the point that cancels the residuals", () => {
    const found = minimiseWithin(fitLikeliest(aimAt([0.8, 0.3])), [0.2, 0.6], 2);
    expect(distanceBetween(found, [0.8, 0.3])).toBeLessThan(0.01);
  });

  it("goes no farther than the radius", () => {
    const found = minimiseWithin(fitLikeliest(aimAt([0.8, 0.3])), [0.2, 0.6], 0.1);
    expect(distanceBetween(found, [0.2, 0.6])).toBeLessThanOrEqual(0.1 + 1e-9);
    expect(distanceBetween(found, [0.8, 0.3])).toBeLessThan(distanceBetween([0.2, 0.6], [0.8, 0.3]) - 0.09);
  });

  it("slides along a wall of the cube to the best point inside", () => {
    const found = minimiseWithin(fitLikeliest(aimAt([1.4, 0.3])), [0.2, 0.6], 2);
    expect(distanceBetween(found, [1, 0.3])).toBeLessThan(0.02);
  });
});

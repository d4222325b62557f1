import { describe, expect, it } from "vitest";
import { createRng } from "../../../shared/rng.ts";
import { createEvolution, sampleEvolution, updateEvolution } from "./evolution.ts";
import { choleskyOf, distanceBetween, type Vector } from "./linear-algebra.ts";

const goal: Vector = [0.7, 0.3, 0.6, 0.4];

/** Generations on an ellipsoid whose axes differ a hundredfold in curvature. */
function minimise(generations: number): { mean: Vector; sigma: number } {
  const rng = createRng("ellipsoid");
  const cost = (x: Vector): number =>
    x.reduce(
      (sum, value, i) => sum + (i % 2 === 0 ? 100 : 1) * (value - (goal[i] ?? 0)) * (value - (goal[i] ?? 0)),
      0,
    );
  let evolution = createEvolution([0.5, 0.5, 0.5, 0.5], 0.2);
  for (let generation = 0; generation < generations; generation++) {
    const points = Array.from({ length: 10 }, () => sampleEvolution(evolution, rng));
    evolution = updateEvolution(
      evolution,
      points.sort((a, b) => cost(a) - cost(b)),
      10,
    );
    expect(choleskyOf(evolution.covariance)).not.toBeNull();
  }
  return evolution;
}

describe("updateEvolution", () => {
  it("walks to the optimum of a badly scaled ellipsoid from ranks alone", () => {
    expect(distanceBetween(minimise(80).mean, goal)).toBeLessThan(0.01);
  });

  it("shortens its step on arrival", () => {
    expect(minimise(80).sigma).toBeLessThan(0.01);
  });

  it("does not believe an injected point farther than a step could have reached", () => {
    const before = createEvolution([0.5, 0.5, 0.5, 0.5], 0.01);
    const after = updateEvolution(before, [[1, 1, 1, 1]], 8);
    expect(distanceBetween(after.mean, before.mean)).toBeLessThan(0.05);
  });

  it("keeps a usable distribution through thousands of generations that teach nothing", () => {
    let evolution = createEvolution([0.5, 0.5, 0.5], 0.2);
    for (let generation = 0; generation < 5000; generation++) {
      evolution = updateEvolution(evolution, Array(8).fill([1, 0.5, 0.5]), 8);
    }
    expect(sampleEvolution(evolution, createRng("late")).every(Number.isFinite)).toBe(true);
  });

  it("stays as it is when nothing could be measured", () => {
    const evolution = createEvolution([0.5, 0.5], 0.1);
    expect(updateEvolution(evolution, [], 8)).toBe(evolution);
  });
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createRng } from "../../../shared/rng.ts";
import type { Vector } from "./linear-algebra.ts";
import { norm, subtract } from "./linear-algebra.ts";
import { ask, createOptimiser, incumbent, type OptimiserState, observe, tell } from "./optimiser.ts";

type Map = (x: Vector) => Vector;

/** A smooth nonlinear map from the cube to eight scores, whose weights come from a seed. */
function createMap(seed: number, dimensions: number): Map {
  const rng = createRng(`map ${seed}`);
  const table = (rows: number, columns: number): number[][] =>
    Array.from({ length: rows }, () => Array.from({ length: columns }, () => rng.normal()));
  const [inner, outer] = [table(12, dimensions), table(8, 12)];
  const mix = (row: Vector, x: Vector): number =>
    row.reduce((sum, weight, i) => sum + weight * ((x[i] ?? 0) - 0.5), 0);
  return (x) => {
    const hidden = inner.map((row) => Math.sin(mix(row, x)) + 0.5);
    return outer.map((row) => 1 / (1 + Math.exp(-0.6 * mix(row, hidden))));
  };
}

/** Scores minus those of a point half-way to a corner. */
function createResiduals(seed: number, dimensions: number): Map {
  const map = createMap(seed, dimensions);
  const rng = createRng(`hidden ${seed}`);
  const target = map(Array.from({ length: dimensions }, () => (rng.next() < 0.5 ? 0.25 : 0.75)));
  return (x) => subtract(map(x), target);
}

function start(dimensions: number, seed = 1): OptimiserState {
  return createOptimiser({ dimensions, population: 8, seed, initial: Array(dimensions).fill(0.5) });
}

function generations(state: OptimiserState, residuals: Map, count: number): OptimiserState {
  let current = state;
  for (let i = 0; i < count; i++) {
    const asked = ask(current);
    current = tell(asked.state, asked.candidates.map(residuals));
  }
  return current;
}

const roundTrip = (state: OptimiserState): OptimiserState => JSON.parse(JSON.stringify(state));

describe("ask", () => {
  it("stays inside the cube whatever it is told", () => {
    const result = fc.option(
      fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 8, maxLength: 8 }),
    );
    const told = fc.array(fc.array(result, { minLength: 8, maxLength: 8 }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(told, fc.integer({ min: 1, max: 12 }), (rounds, dimensions) => {
        let state = start(dimensions);
        for (const results of rounds) {
          const asked = ask(state);
          expect(asked.candidates).toHaveLength(8);
          expect(asked.candidates.flat().every((value) => value >= 0 && value <= 1)).toBe(true);
          state = tell(asked.state, results);
        }
      }),
      { numRuns: 40 },
    );
  });

  it("repeats the generation that has not been told yet", () => {
    const asked = ask(start(6));
    expect(ask(asked.state)).toEqual(asked);
  });

  it("gives the same run for the same seed and another for another", () => {
    const residuals = createResiduals(3, 6);
    const run = (seed: number): unknown => ask(generations(start(6, seed), residuals, 4)).candidates;
    expect(run(1)).toEqual(run(1));
    expect(run(1)).not.toEqual(run(2));
  });

  it("continues the very same run after a round trip through JSON, at any point of a generation", () => {
    const residuals = createResiduals(4, 8);
    const state = generations(start(8), residuals, 3);
    expect(ask(roundTrip(state))).toEqual(ask(state));
    const asked = ask(state);
    const results = asked.candidates.map(residuals);
    expect(ask(tell(roundTrip(asked.state), results))).toEqual(ask(tell(asked.state, results)));
  });
});

describe("tell", () => {
  it("learns the same in whatever order the renders finish", () => {
    const residuals = createResiduals(5, 6);
    const asked = ask(generations(start(6), residuals, 2));
    const finish = (order: readonly number[]): OptimiserState => {
      const results: (Vector | null)[] = asked.candidates.map(() => null);
      for (const i of order) results[i] = residuals(asked.candidates[i] ?? []);
      return tell(asked.state, results);
    };
    const order = asked.candidates.map((_, i) => i);
    fc.assert(
      fc.property(fc.shuffledSubarray(order, { minLength: 8 }), (shuffled) => {
        expect(finish(shuffled)).toEqual(finish(order));
      }),
    );
  });

  it("goes on when some or all candidates failed", () => {
    const residuals = createResiduals(6, 6);
    const asked = ask(start(6));
    const nothing = tell(
      asked.state,
      asked.candidates.map(() => null),
    );
    expect(incumbent(nothing)).toBeNull();
    const again = ask(nothing);
    const some = tell(
      again.state,
      again.candidates.map((x, i) => (i % 3 === 0 ? residuals(x) : null)),
    );
    expect(incumbent(some)?.distance).toBeGreaterThan(0);
  });

  it("refuses a generation that does not match the one that was asked for", () => {
    expect(() => tell(ask(start(6)).state, [null])).toThrow("one result per candidate");
  });

  it("keeps its state within 8 KiB at 12 actuators, during a generation too", () => {
    const state = ask(generations(start(12), createResiduals(7, 12), 30)).state;
    expect(JSON.stringify(state).length).toBeLessThanOrEqual(8192);
  });
});

describe("observe", () => {
  it("makes a better point the incumbent and keeps one sample per point", () => {
    const better = observe(observe(start(2), [0.5, 0.5], [0.2]), [0.6, 0.5], [0.1]);
    expect(incumbent(better)).toEqual({ x: [0.6, 0.5], distance: 0.1 });
    expect(observe(better, [0.6, 0.5], [0.1]).archive).toHaveLength(2);
  });
});

describe("the optimiser, on smooth nonlinear maps to eight scores", () => {
  it.each([6, 8, 10])("closes in tenfold with 72 renders of %i actuators, for most targets", (dimensions) => {
    const closed = Array.from({ length: 10 }, (_, seed) => seed).filter((seed) => {
      const residuals = createResiduals(seed, dimensions);
      const centre = Array(dimensions).fill(0.5);
      const first = norm(residuals(centre));
      const state = generations(observe(start(dimensions, seed), centre, residuals(centre)), residuals, 9);
      return (incumbent(state)?.distance ?? first) <= first / 10;
    });
    expect(closed.length).toBeGreaterThanOrEqual(8);
  });
});

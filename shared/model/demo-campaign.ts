/**
 * Demo campaign: the one definition of what `npm start` steers, shared by the demo and by the test that holds
 * it to its promise. The target is the measured score of a hidden vector which the optimiser never sees.
 *
 * The tolerance is three times the distance by which lossy WebP moves the scores of a render (measured: up
 * to 0.003 at 320×180), so a target met is met, however the frames were stored.
 */
import type { Rng } from "../rng.ts";
import type { Dimension } from "./campaign.ts";

/** The nine actuators of the render operator with the clearest effects; the others keep their initial value. */
export const DEMO_ACTUATORS = [
  steered("ratePath", 0.35),
  steered("rateDrift", 0.25),
  steered("gainTwist", 0.45),
  steered("gainFocus", 0.5),
  steered("gainSeeds", 0.5),
  steered("gainGlow", 0.4),
  steered("gainLight", 0.5),
  steered("gainChroma", 0.6),
  steered("gainLean", 0.2),
] as const;

const TOLERANCE = 0.01;

export const DEMO_CAMPAIGN = {
  name: "demo",
  prompt: "a golden spiral unfolding over a deep teal sea at night",
  path: "weave",
  /** The golden ratio's digits: two arms, hardly tilted. */
  seed: 1618,
  frame: { width: 320, height: 180, frames: 24, fps: 12 },
  actuators: DEMO_ACTUATORS,
  /** Candidates per cycle; the operating point's render is the ninth. */
  population: 8,
  deadBand: 0.001,
  stop: {
    tolerance: TOLERANCE,
    plateau: { cycles: 5, minDelta: 0.0005 },
    budget: { maxCycles: 10, maxRenders: 90, maxGpuSeconds: 900 },
    divergence: { cycles: 4, factor: 1.5 },
  },
  /** The operating point starts at least this far from the target. */
  minFirstDistance: 9 * TOLERANCE,
} as const;

const HIDDEN_DRAWS = 24;

/**
 * The hidden vector: each actuator 0.3 to 0.45 of its range away from its initial value. Draws until one is
 * `minFirstDistance` from the start, as measured by `distanceFromStart`; else the farthest of all draws.
 */
export function drawHidden(
  rng: Rng,
  distanceFromStart: (hidden: Readonly<Record<string, number>>) => number,
): Readonly<Record<string, number>> {
  let farthest = { hidden: drawAway(rng), distance: Number.NEGATIVE_INFINITY };
  for (let draw = 0; draw < HIDDEN_DRAWS && farthest.distance < DEMO_CAMPAIGN.minFirstDistance; draw++) {
    const hidden = drawAway(rng);
    const distance = distanceFromStart(hidden);
    if (distance > farthest.distance) farthest = { hidden, distance };
  }
  return farthest.hidden;
}

/** One value per actuator, on the side that has room for it. */
function drawAway(rng: Rng): Readonly<Record<string, number>> {
  return Object.fromEntries(
    DEMO_ACTUATORS.map(({ name, min, max, initial }) => {
      const away = (0.3 + 0.15 * rng.next()) * (max - min);
      const isUp = rng.next() < 0.5 ? initial + away <= max : initial - away < min;
      return [name, isUp ? initial + away : initial - away];
    }),
  );
}

/** Rows of a calibration that asks for exactly these scores, all counted alike. */
export function demoDimensions(scores: Readonly<Record<string, number>>): readonly Dimension[] {
  return Object.entries(scores).map(([name, target]) => ({
    name,
    min: 0,
    max: 1,
    direction: "match",
    target,
    tolerance: 0,
    weight: 1,
  }));
}

function steered<const N extends string>(name: N, initial: number) {
  return { name, min: 0, max: 1, initial, slew: 0.3 } as const;
}

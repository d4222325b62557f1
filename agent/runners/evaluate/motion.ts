/**
 * Motion: the two scores that a loop of frames has, measured on coarse luma so that they follow the movement
 * of shapes and not the flicker of their edges. A single frame, and a loop that never moves, score 1.
 */
import { momentsOf } from "./plane.ts";

/** Deviation below which nothing can be said to move: a tenth of an 8-bit step. */
const STILL = 4e-4;

export interface MotionScores {
  readonly smoothness: number;
  readonly closure: number;
}

/** Scores of coarse luma planes in order, all of one size. */
export function scoreMotion(planes: readonly Float64Array[]): MotionScores {
  const steps = planes.slice(1).map((plane, i) => distance(planes[i] ?? plane, plane));
  const [first, last] = [planes[0], planes[planes.length - 1]];
  if (first === undefined || last === undefined || steps.length === 0) return { smoothness: 1, closure: 1 };
  const contrast = Math.sqrt(mean(planes.map((plane) => momentsOf(plane).variance)));
  const step = mean(steps);
  const seam = distance(last, first);
  return { smoothness: 1 / (1 + (2 * step) / (contrast + STILL)), closure: closureOf(steps, seam) };
}

/** 2 s / (s + seam), where s is the typical step beside the seam: 1 when the seam is no larger than that. */
function closureOf(steps: readonly number[], seam: number): number {
  const beside = 0.5 * ((steps[0] ?? 0) + (steps[steps.length - 1] ?? 0)) + STILL;
  return Math.min(1, (2 * beside) / (beside + seam));
}

/** Root mean square difference of two planes. */
function distance(a: Float64Array, b: Float64Array): number {
  let squares = 0;
  for (let i = 0; i < a.length; i++) {
    const difference = (a[i] as number) - (b[i] as number);
    squares += difference * difference;
  }
  return Math.sqrt(squares / a.length);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

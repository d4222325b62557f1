/**
 * Distance: how far the scores of a render are from what the calibration asks for, as one number.
 *
 * The same residuals feed the optimiser (which learns from each of them) and the convergence stop (which
 * looks at their length), so both always mean the same thing by "closer". A score that is missing or not a
 * number makes the whole measurement unknown, never zero: nothing may converge on a broken evaluator.
 */
import type { Dimension } from "../../../shared/model/campaign.ts";
import { norm } from "./linear-algebra.ts";

/** Scores by dimension name. */
export type Scores = Readonly<Record<string, number>>;

/**
 * Signed error of each dimension in its range, times √(weight / Σ weights): the Euclidean length of the
 * vector is the distance. Null when a score is missing or not finite.
 */
export function residualsOf(dimensions: readonly Dimension[], scores: Scores): readonly number[] | null {
  const totalWeight = dimensions.reduce((sum, dimension) => sum + dimension.weight, 0);
  const residuals = dimensions.map((dimension) => {
    const error = errorOf(dimension, scores[dimension.name] ?? Number.NaN);
    return Math.sqrt(dimension.weight / totalWeight) * error;
  });
  return residuals.every(Number.isFinite) ? residuals : null;
}

/** Weighted root mean square of the errors, 0 (all met) to about 1; null when it cannot be known. */
export function distanceOf(dimensions: readonly Dimension[], scores: Scores): number | null {
  const residuals = residualsOf(dimensions, scores);
  return residuals === null ? null : norm(residuals);
}

function errorOf(dimension: Dimension, score: number): number {
  const { min, max, target, tolerance, direction = "match" } = dimension;
  if (!Number.isFinite(score)) return Number.NaN;
  const miss = score - target;
  if (direction === "up" && miss > 0) return 0;
  if (direction === "down" && miss < 0) return 0;
  const beyond = Math.max(0, Math.abs(miss) - tolerance);
  return (Math.sign(miss) * beyond) / (max - min);
}

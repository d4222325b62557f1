/**
 * Evolution: CMA-ES, which learns where good points lie from their ranking alone.
 *
 * It is the part of the optimiser that keeps working when the scores are rough or the linear model is wrong.
 * Source: N. Hansen, "The CMA Evolution Strategy: A Tutorial" (arXiv 1604.00772), with its default constants;
 * evolution path on the Cholesky factor after Krause, Arbonès, Igel (NIPS 2016), which spares an eigen-
 * decomposition; long steps shortened after Hansen, "Injecting External Solutions Into CMA-ES" (arXiv
 * 1110.4181), so that points that were not drawn from the distribution can be told as well.
 */
import { must } from "../../../shared/invariant.ts";
import type { Rng } from "../../../shared/rng.ts";
import {
  addScaled,
  choleskyOf,
  dot,
  identityTriangle,
  type Matrix,
  multiplyLower,
  norm,
  solveLower,
  subtract,
  type Vector,
} from "./linear-algebra.ts";

/** The search distribution N(mean, sigma² · covariance) and its two paths. Plain JSON. */
export interface Evolution {
  readonly mean: Vector;
  /** Step size, as a part of the unit cube's edge. */
  readonly sigma: number;
  /** Lower triangle. */
  readonly covariance: Matrix;
  readonly pathSigma: Vector;
  readonly pathCovariance: Vector;
}

const SIGMA_MIN = 1e-4;
const SIGMA_MAX = 0.5;
/** Added to every variance each generation: no direction is ever given up, so the matrix keeps its factor. */
const VARIANCE_FLOOR = 1e-6;

export function createEvolution(mean: Vector, sigma: number): Evolution {
  const zero = mean.map(() => 0);
  return {
    mean,
    sigma,
    covariance: identityTriangle(mean.length),
    pathSigma: zero,
    pathCovariance: zero,
  };
}

/** One point of the distribution; not yet clamped to the cube. */
export function sampleEvolution(evolution: Evolution, rng: Rng): number[] {
  const deviates = evolution.mean.map(() => rng.normal());
  return addScaled(evolution.mean, evolution.sigma, multiplyLower(factorOf(evolution), deviates));
}

/**
 * The distribution after a generation. `ranked` are the points that could be measured, best first, whoever
 * proposed them; `population` is how many were asked for.
 */
export function updateEvolution(
  evolution: Evolution,
  ranked: readonly Vector[],
  population: number,
): Evolution {
  if (ranked.length === 0) return evolution;
  const constants = constantsOf(evolution.mean.length, population, ranked.length);
  const factor = factorOf(evolution);
  const parents = ranked.slice(0, constants.weights.length);
  const steps = parents.map((point) => shortenStep(evolution, factor, point, constants.stepLimit));
  const move = evolution.mean.map((_, i) =>
    dot(
      constants.weights,
      steps.map((step) => step[i] ?? 0),
    ),
  );

  const pathSigma = fade(evolution.pathSigma, constants.cSigma, constants.muEff, solveLower(factor, move));
  const pathCovariance = fade(evolution.pathCovariance, constants.cPath, constants.muEff, move);
  const surprise = norm(pathSigma) / constants.expectedLength - 1;
  const growth = Math.min(1, (constants.cSigma / constants.damping) * surprise);
  return {
    mean: addScaled(evolution.mean, evolution.sigma, move).map(clampUnit),
    sigma: Math.min(SIGMA_MAX, Math.max(SIGMA_MIN, evolution.sigma * Math.exp(growth))),
    covariance: adaptCovariance(evolution.covariance, pathCovariance, steps, constants),
    pathSigma,
    pathCovariance,
  };
}

interface Constants {
  readonly weights: Vector;
  readonly muEff: number;
  readonly cSigma: number;
  readonly damping: number;
  readonly cPath: number;
  readonly cOne: number;
  readonly cMu: number;
  readonly expectedLength: number;
  /** Longest step that is believed, in standard deviations. */
  readonly stepLimit: number;
}

/** Defaults of the tutorial (table 1), for the better half of the population or as many as came back. */
function constantsOf(n: number, population: number, measured: number): Constants {
  const parents = Math.min(measured, Math.floor(population / 2));
  const raw = Array.from({ length: parents }, (_, i) => Math.log((population + 1) / 2) - Math.log(i + 1));
  const total = raw.reduce((sum, weight) => sum + weight, 0);
  const weights = raw.map((weight) => weight / total);
  const muEff = 1 / dot(weights, weights);
  const cSigma = (muEff + 2) / (n + muEff + 5);
  const cOne = 2 / ((n + 1.3) * (n + 1.3) + muEff);
  const cMu = Math.min(1 - cOne, (2 * (muEff - 2 + 1 / muEff)) / ((n + 2) * (n + 2) + muEff));
  return {
    weights,
    muEff,
    cSigma,
    damping: 1 + 2 * Math.max(0, Math.sqrt((muEff - 1) / (n + 1)) - 1) + cSigma,
    cPath: (4 + muEff / n) / (n + 4 + (2 * muEff) / n),
    cOne,
    cMu,
    expectedLength: Math.sqrt(n) * (1 - 1 / (4 * n) + 1 / (21 * n * n)),
    stepLimit: Math.sqrt(n) + (2 * n) / (n + 2),
  };
}

/** The step from the mean in units of sigma, renormalised to the length the distribution could have made. */
function shortenStep(evolution: Evolution, factor: Matrix, point: Vector, limit: number): number[] {
  const step = subtract(point, evolution.mean).map((value) => value / evolution.sigma);
  const length = norm(solveLower(factor, step));
  return length <= limit ? step : step.map((value) => (value * limit) / length);
}

function fade(path: Vector, rate: number, muEff: number, step: Vector): number[] {
  const kept = path.map((value) => (1 - rate) * value);
  return addScaled(kept, Math.sqrt(rate * (2 - rate) * muEff), step);
}

function adaptCovariance(
  covariance: Matrix,
  path: Vector,
  steps: readonly Vector[],
  { weights, cOne, cMu }: Constants,
): Matrix {
  return covariance.map((row, i) =>
    row.map((value, j) => {
      const rankMu = dot(
        weights,
        steps.map((step) => (step[i] ?? 0) * (step[j] ?? 0)),
      );
      const floor = i === j ? VARIANCE_FLOOR : 0;
      return floor + (1 - cOne - cMu) * value + cOne * (path[i] ?? 0) * (path[j] ?? 0) + cMu * rankMu;
    }),
  );
}

function factorOf(evolution: Evolution): Matrix {
  return must(choleskyOf(evolution.covariance), "evolution: covariance is not positive definite");
}

function clampUnit(value: number): number {
  return Math.min(1, Math.max(0, value));
}

/**
 * Surrogate: what every score would be at a point that was never rendered.
 *
 * A render returns a vector of residuals, not one number. Modelling each of them and squaring afterwards uses
 * all of it, and finds in tens of renders what ranking alone needs hundreds for. Gaussian-process regression
 * with a squared-exponential kernel (Rasmussen and Williams 2006, chapters 2 and 5); the residual vector as an
 * inner function after Astudillo and Frazier, "Bayesian Optimization of Composite Functions" (2019).
 */
import { must } from "../../../shared/invariant.ts";
import { choleskyOf, dot, type Matrix, solveFactored, type Vector } from "./linear-algebra.ts";

/** One measured point of the unit cube and its residuals. */
export interface Sample {
  readonly x: Vector;
  readonly residuals: Vector;
}

export interface Surrogate {
  readonly samples: readonly Sample[];
  /** Distance in cube edges over which the scores stay alike. */
  readonly lengthScale: number;
  /** Variance of the measurement as a part of the variance of the scores. */
  readonly noise: number;
  /** Mean of each residual over the samples, and its kernel coefficients, one per sample. */
  readonly means: Vector;
  readonly coefficients: Matrix;
  readonly logLikelihood: number;
}

/** What a surrogate expects at a point: residuals, and one row of slopes for each of them. */
export interface Prediction {
  readonly residuals: Vector;
  readonly jacobian: Matrix;
}

const LENGTH_SCALES: Vector = [0.35, 0.6, 1, 1.7, 2.8, 4.5];
/** The reference operator renders exactly; a model on a GPU may not. */
const NOISES: Vector = [1e-6, 1e-3];

/** The surrogate of at least one sample, at a given length scale and noise. */
export function fitSurrogate(samples: readonly Sample[], lengthScale: number, noise: number): Surrogate {
  const gram = samples.map((a, i) =>
    samples.slice(0, i + 1).map((b, j) => kernel(a.x, b.x, lengthScale) + (i === j ? noise : 0)),
  );
  const factor = must(choleskyOf(gram), "surrogate: a kernel matrix with noise is positive definite");
  const means: number[] = [];
  const coefficients: Vector[] = [];
  let logLikelihood = 0;
  for (const k of must(samples[0], "surrogate: no sample").residuals.keys()) {
    const values = samples.map((sample) => sample.residuals[k] ?? 0);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const centred = values.map((value) => value - mean);
    const solved = solveFactored(factor, centred);
    means.push(mean);
    coefficients.push(solved);
    logLikelihood -= halfLogVolume(factor) + (samples.length / 2) * Math.log(dot(solved, centred) + 1e-300);
  }
  return { samples, lengthScale, noise, means, coefficients, logLikelihood };
}

/** The surrogate whose length scale and noise explain the samples best. */
export function fitLikeliest(samples: readonly Sample[]): Surrogate {
  return LENGTH_SCALES.flatMap((scale) => NOISES.map((noise) => fitSurrogate(samples, scale, noise))).reduce(
    (best, other) => (other.logLikelihood > best.logLikelihood ? other : best),
  );
}

export function predict(surrogate: Surrogate, x: Vector): Prediction {
  const { samples, lengthScale, means, coefficients } = surrogate;
  const kernels = samples.map((sample) => kernel(x, sample.x, lengthScale));
  const slopes = x.map((value, i) =>
    samples.map(
      (sample, t) => ((kernels[t] ?? 0) * ((sample.x[i] ?? 0) - value)) / (lengthScale * lengthScale),
    ),
  );
  return {
    residuals: means.map((mean, k) => mean + dot(coefficients[k] ?? [], kernels)),
    jacobian: coefficients.map((row) => slopes.map((slope) => dot(row, slope))),
  };
}

function kernel(a: Vector, b: Vector, lengthScale: number): number {
  let squared = 0;
  for (let i = 0; i < a.length; i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    squared += difference * difference;
  }
  return Math.exp(-squared / (2 * lengthScale * lengthScale));
}

/** Half the logarithm of the determinant that a Cholesky factor stands for. */
function halfLogVolume(factor: Matrix): number {
  return factor.reduce((sum, row, i) => sum + Math.log(row[i] ?? 1), 0);
}

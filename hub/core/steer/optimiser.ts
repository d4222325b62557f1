/**
 * Optimiser: proposes the next generation of points of the unit cube, and learns from their residuals.
 *
 * A campaign affords about a hundred renders, so every one must teach something. Most candidates come from
 * surrogates of the scores: one that trusts all samples and several that each forget some of them. Where the
 * scores are known these agree; where they are not, they scatter, and the scatter explores (bootstrapped
 * Thompson sampling: Osband and Van Roy 2015). The rest are drawn by CMA-ES, which needs no model to be right.
 * A generation is told in the order it was asked in, so the order in which renders finish cannot matter. The
 * state is plain JSON of bounded size, randomness included: a restarted hub continues the very same run.
 */
import { invariant } from "../../../shared/invariant.ts";
import { createRng, type Rng, type RngState, resumeRng } from "../../../shared/rng.ts";
import { toCube } from "./actuators.ts";
import { createEvolution, type Evolution, sampleEvolution, updateEvolution } from "./evolution.ts";
import { distanceBetween, norm, type Vector } from "./linear-algebra.ts";
import { fitLikeliest, fitSurrogate, type Sample } from "./surrogate.ts";
import { minimiseWithin } from "./trust-step.ts";

export interface OptimiserOptions {
  /** Number of actuators, at most 12. */
  readonly dimensions: number;
  /** Candidates in a generation. */
  readonly population: number;
  readonly seed: string | number;
  /** Where the search begins, in the unit cube. */
  readonly initial: Vector;
  /** First step size as a part of the cube's edge; default 0.15. */
  readonly sigma?: number;
}

export interface OptimiserState {
  readonly population: number;
  readonly generation: number;
  readonly rng: RngState;
  readonly evolution: Evolution;
  /** How far from the incumbent the surrogate is believed. */
  readonly radius: number;
  /** The best samples so far, best first; at most ARCHIVE_NUMBERS numbers in all. */
  readonly archive: readonly Sample[];
  /** The generation that has been asked for and not been told yet; empty between generations. */
  readonly asked: readonly Vector[];
}

export interface Incumbent {
  readonly x: Vector;
  readonly distance: number;
}

/** Bounds the state to 8 KiB of JSON at 12 actuators and 8 scores. */
const ARCHIVE_NUMBERS = 500;
const MODEL_SHARE = 0.75;
const SAMPLES_TO_MODEL = 4;
/** Chance that a bootstrapped surrogate forgets a sample, and the spread of its log length scale. */
const FORGET = 0.3;
const LENGTH_SPREAD = 0.4;
const RADIUS_INITIAL = 0.6;
const RADIUS_MIN = 1e-3;
const RADIUS_MAX = 1.5;
/** Two candidates nearer than this would be one render paid twice. */
const APART = 1e-3;

export function createOptimiser(options: OptimiserOptions): OptimiserState {
  const { dimensions, population, seed, initial, sigma = 0.15 } = options;
  invariant(dimensions >= 1 && dimensions <= 12, `optimiser: 1 to 12 actuators, got ${dimensions}`);
  invariant(initial.length === dimensions, "optimiser: one initial value per actuator");
  invariant(population >= 4, `optimiser: a population is at least 4, got ${population}`);
  return {
    population,
    generation: 0,
    rng: createRng(seed).state(),
    evolution: createEvolution(initial, sigma),
    radius: RADIUS_INITIAL,
    archive: [],
    asked: [],
  };
}

/** The next generation: `population` points of the unit cube. Asking again before telling repeats it. */
export function ask(state: OptimiserState): {
  readonly state: OptimiserState;
  readonly candidates: readonly Vector[];
} {
  if (state.asked.length > 0) return { state, candidates: state.asked };
  const rng = resumeRng(state.rng);
  const candidates = proposeByModel(state, rng);
  while (candidates.length < state.population) candidates.push(toCube(sampleEvolution(state.evolution, rng)));
  return { state: { ...state, rng: rng.state(), asked: candidates }, candidates };
}

function proposeByModel(state: OptimiserState, rng: Rng): Vector[] {
  const centre = state.archive[0];
  if (centre === undefined || state.archive.length < SAMPLES_TO_MODEL) return [];
  const best = fitLikeliest(state.archive);
  const proposals: Vector[] = [];
  const count = Math.round(state.population * MODEL_SHARE);
  for (let i = 0; i < count; i++) {
    const forgetful = (): boolean => rng.next() >= FORGET;
    const surrogate =
      i === 0
        ? best
        : fitSurrogate(
            state.archive.filter((sample) => sample === centre || forgetful()),
            best.lengthScale * Math.exp(LENGTH_SPREAD * rng.normal()),
            best.noise,
          );
    const reach = i % 2 === 0 ? state.radius : 2 * state.radius;
    const point = toCube(minimiseWithin(surrogate, centre.x, reach));
    if (
      isApart(point, proposals) &&
      isApart(
        point,
        state.archive.map(({ x }) => x),
      )
    )
      proposals.push(point);
  }
  return proposals;
}

/**
 * Learns from a generation. `results` has one entry per candidate, in the order of `ask`: its residuals, or
 * null when it failed or could not be measured.
 */
export function tell(state: OptimiserState, results: readonly (Vector | null)[]): OptimiserState {
  invariant(results.length === state.asked.length, "optimiser: one result per candidate that was asked for");
  const samples = state.asked.flatMap((x, i) => {
    const residuals = results[i];
    return residuals === null || residuals === undefined ? [] : [{ x, residuals: rounded(residuals) }];
  });
  const ranked = samples.sort(byDistance);
  return {
    ...state,
    generation: state.generation + 1,
    evolution: updateEvolution(
      state.evolution,
      ranked.map((sample) => sample.x),
      state.population,
    ),
    radius: nextRadius(state, ranked[0]),
    archive: keepBest([...state.archive, ...ranked]),
    asked: [],
  };
}

/** Learns from a render that the optimiser did not ask for, such as the operating point's. */
export function observe(state: OptimiserState, x: Vector, residuals: Vector): OptimiserState {
  const others = state.archive.filter((sample) => distanceBetween(sample.x, x) > 0);
  return { ...state, archive: keepBest([...others, { x, residuals: rounded(residuals) }]) };
}

/** The best point that was ever measured. */
export function incumbent(state: OptimiserState): Incumbent | null {
  const best = state.archive[0];
  return best === undefined ? null : { x: best.x, distance: norm(best.residuals) };
}

/** How far the next generation looks from the incumbent, as a part of the cube's edge. */
export function stepSizeOf(state: OptimiserState): number {
  return state.radius;
}

/** Grows the trust with the step that paid off; shrinks it when no candidate beat the incumbent. */
function nextRadius(state: OptimiserState, winner: Sample | undefined): number {
  const before = state.archive[0];
  if (before === undefined || winner === undefined) return state.radius;
  const isBetter = norm(winner.residuals) < norm(before.residuals);
  const earned = isBetter ? 2 * distanceBetween(winner.x, before.x) : 0;
  return Math.min(RADIUS_MAX, Math.max(RADIUS_MIN, state.radius / 2, earned));
}

function keepBest(samples: readonly Sample[]): readonly Sample[] {
  const sorted = [...samples].sort(byDistance);
  const numbers = (sorted[0]?.x.length ?? 0) + (sorted[0]?.residuals.length ?? 0);
  return sorted.slice(0, Math.floor(ARCHIVE_NUMBERS / numbers));
}

/** Six decimals, below what an evaluator can tell apart, keep the state small. */
function rounded(residuals: Vector): Vector {
  return residuals.map((value) => Math.round(value * 1e6) / 1e6);
}

function byDistance(a: Sample, b: Sample): number {
  return norm(a.residuals) - norm(b.residuals);
}

function isApart(point: Vector, others: readonly Vector[]): boolean {
  return others.every((other) => distanceBetween(point, other) > APART);
}

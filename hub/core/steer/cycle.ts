/**
 * Cycle: one turn of a campaign's loop, from what to render to whether to go on.
 *
 * `planCycle` says which points are rendered, `closeCycle` takes their scores, teaches the optimiser, moves
 * the operating point and adds a row to the spine. Production, simulator and tests turn the same loop.
 */
import type { Actuator, Dimension, StopRules } from "../../../shared/model/campaign.ts";
import { type ActuatorValues, fromUnit, initialPoint } from "./actuators.ts";
import { stepController } from "./controller.ts";
import { judgeConvergence, type SpineRow } from "./convergence.ts";
import { distanceOf, residualsOf, type Scores } from "./distance.ts";
import type { Vector } from "./linear-algebra.ts";
import {
  ask,
  createOptimiser,
  incumbent,
  type OptimiserState,
  observe,
  stepSizeOf,
  tell,
} from "./optimiser.ts";

export interface SteeringConfig {
  readonly actuators: readonly Actuator[];
  readonly dimensions: readonly Dimension[];
  /** Candidates per cycle; the operating point's render comes on top. */
  readonly population: number;
  readonly seed: string | number;
  readonly deadBand: number;
  readonly stop: StopRules;
}

/** What a campaign remembers between cycles besides its spine. Plain JSON. */
export interface SteeringState {
  /** The cycle that is planned or running, from 1. */
  readonly cycle: number;
  /** The operating point in the unit cube. */
  readonly point: Vector;
  readonly optimiser: OptimiserState;
}

export interface CyclePlan {
  readonly cycle: number;
  readonly point: ActuatorValues;
  readonly candidates: readonly ActuatorValues[];
}

/** What came back. Null: the render or its evaluation failed for good. */
export interface CycleScores {
  readonly point: Scores | null;
  /** In the order of the plan. */
  readonly candidates: readonly (Scores | null)[];
  readonly gpuSeconds: number;
}

export function createSteering(config: SteeringConfig): SteeringState {
  const point = initialPoint(config.actuators);
  const { population, seed } = config;
  const optimiser = createOptimiser({ dimensions: point.length, population, seed, initial: point });
  return { cycle: 1, point, optimiser };
}

/** What to render in this cycle; planning it again gives the same plan. */
export function planCycle(
  config: SteeringConfig,
  state: SteeringState,
): { readonly state: SteeringState; readonly plan: CyclePlan } {
  const asked = ask(state.optimiser);
  const plan = {
    cycle: state.cycle,
    point: fromUnit(config.actuators, state.point),
    candidates: asked.candidates.map((candidate) => fromUnit(config.actuators, candidate)),
  };
  return { state: { ...state, optimiser: asked.state }, plan };
}

/** Ends the planned cycle. The returned row belongs at the end of the spine; its `rule` says if that was all. */
export function closeCycle(
  config: SteeringConfig,
  state: SteeringState,
  spine: readonly SpineRow[],
  measured: CycleScores,
): { readonly state: SteeringState; readonly row: SpineRow } {
  const { actuators, dimensions, stop } = config;
  const optimiser = learn(config, state, measured);
  const distance = measured.point === null ? null : distanceOf(dimensions, measured.point);
  const slew = actuators.map((actuator) => actuator.slew);
  const control = { slew, deadBand: config.deadBand, tolerance: stop.tolerance };
  const step = stepController(control, state.point, incumbent(optimiser), distance);
  const before = spine.at(-1);
  const open: SpineRow = {
    cycle: state.cycle,
    scores: measured.point,
    target: Object.fromEntries(dimensions.map(({ name, target }) => [name, target])),
    distance,
    best: incumbent(optimiser)?.distance ?? null,
    stepSize: stepSizeOf(optimiser),
    actuators: fromUnit(actuators, state.point),
    saturated: actuators.flatMap(({ name }, i) => (step.saturated[i] === true ? [name] : [])),
    renders: (before?.renders ?? 0) + measured.candidates.length + 1,
    gpuSeconds: (before?.gpuSeconds ?? 0) + measured.gpuSeconds,
    rule: null,
    evidence: [],
  };
  const verdict = judgeConvergence(stop, [...spine, open]);
  return { state: { cycle: state.cycle + 1, point: step.point, optimiser }, row: { ...open, ...verdict } };
}

function learn({ dimensions }: SteeringConfig, state: SteeringState, measured: CycleScores): OptimiserState {
  const residuals = (scores: Scores | null): Vector | null =>
    scores === null ? null : residualsOf(dimensions, scores);
  const told = tell(state.optimiser, measured.candidates.map(residuals));
  const atPoint = residuals(measured.point);
  return atPoint === null ? told : observe(told, state.point, atPoint);
}

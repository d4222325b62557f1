/**
 * Spiral: from checked parameters to the constants of the formula.
 *
 * The seed draws the spiral's character (arms, hand, tilt, phases), the prompt its colours, the actuators its
 * tuning; `momentAt` adds where the path stands at one frame. docs/formula.md gives the mathematics.
 */
import { createRng } from "../../../shared/rng.ts";
import { createPalette, type Palette } from "./palette.ts";
import type { RenderParams } from "./params.ts";
import { pathAt } from "./path.ts";
import { mix, mixLog } from "./wave.ts";

/** Constants of a whole render. */
export interface Spiral {
  readonly palette: Palette;
  /** Number of main arms; even, so that an unskewed spiral has half-turn symmetry. */
  readonly arms: number;
  /** +1 or −1: which way it winds. */
  readonly hand: number;
  /** Shortening of the disc's second axis, 0…1: it is seen from the side. */
  readonly tilt: number;
  readonly tiltCos: number;
  readonly tiltSin: number;
  /** Phases in turns, drawn from the seed. */
  readonly phases: readonly [number, number, number, number];
  /** Arm spacings per e-fold of radius. */
  readonly pitch: number;
  /** Concentration of the arms' profile. */
  readonly focus: number;
  /** Smallness of the seeds, 0…1. */
  readonly crispness: number;
  readonly detail: number;
  readonly seeds: number;
  readonly glow: number;
  /** Factor on all light. */
  readonly exposure: number;
  readonly lean: number;
  readonly skew: number;
}

/** What moves from frame to frame. */
export interface Moment {
  /** Centre of the spiral; the picture's height is 2 and its middle 0. */
  readonly centreX: number;
  readonly centreY: number;
  /** Logarithm of the zoom. */
  readonly breath: number;
  /** Turn of the arms, in arm spacings. */
  readonly turn: number;
  /** Growth of the seeds, in parastichy steps. */
  readonly growth: number;
  /** Slow wave that bends the arms, in arm spacings. */
  readonly bend: number;
}

export function createSpiral(params: RenderParams): Spiral {
  const rng = createRng(`spiral ${params.seed}`);
  const gains = params.actuators;
  const axis = (rng.next() - 0.5) * 0.9;
  return {
    palette: createPalette(params.prompt, params.seed, mix(0.3, 1.25, gains.gainChroma)),
    arms: rng.next() < 0.6 ? 2 : 4,
    hand: rng.next() < 0.5 ? -1 : 1,
    tilt: mix(0.62, 0.9, rng.next()),
    tiltCos: Math.cos(axis),
    tiltSin: Math.sin(axis),
    phases: [rng.next(), rng.next(), rng.next(), rng.next()],
    pitch: mixLog(0.55, 1.6, gains.gainTwist),
    focus: mixLog(1.1, 7, gains.gainFocus),
    crispness: gains.gainFocus,
    detail: gains.gainDetail,
    seeds: gains.gainSeeds,
    glow: gains.gainGlow,
    exposure: mixLog(0.4, 1.5, gains.gainLight),
    lean: gains.gainLean,
    skew: gains.gainSkew,
  };
}

/** The moment of frame `index`; without drift the frame after the last is the first again. */
export function momentAt(params: RenderParams, index: number): Moment {
  const phase = index / params.frames;
  const point = pathAt(params.path, phase);
  const reach = mix(0.06, 1, params.actuators.ratePath);
  // Against the turn, so that more drift always means a wider seam.
  const miss = params.actuators.rateDrift * phase;
  return {
    centreX: 0.1 * reach * point.x + 0.35 * params.actuators.gainLean,
    centreY: 0.08 * reach * point.y,
    breath: 0.12 * reach * point.z,
    turn: point.turn + 0.22 * reach * point.rock - 0.4 * miss,
    growth: phase - 0.5 * miss,
    bend: 0.25 * reach * point.y,
  };
}

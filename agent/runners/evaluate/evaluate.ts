/**
 * Evaluate: the pure evaluator. A render's frames in, its eight scores out; the same frames always score the
 * same. Scores of single frames are averaged over the loop.
 */
import { invariant } from "../../../shared/invariant.ts";
import type { RgbImage } from "../render/rgb-image.ts";
import type { Scores } from "./dimensions.ts";
import { scoreMotion } from "./motion.ts";
import { coarseLuma, type Planes, toPlanes } from "./plane.ts";
import { type StillScores, scoreStill } from "./still.ts";

/** Scores of a loop of at least one frame, all of one size; each score is finite and in 0…1. */
export function evaluateFrames(frames: readonly RgbImage[]): Scores {
  const first = frames[0];
  invariant(first !== undefined, "evaluate: there is no frame");
  const isAlike = frames.every(({ width, height }) => width === first.width && height === first.height);
  invariant(isAlike, "evaluate: frames differ in size");
  return evaluatePlanes(frames.map(toPlanes));
}

/** `evaluateFrames` for callers that reduce each frame as it comes, to hold little of a long film in memory. */
export function evaluatePlanes(planes: readonly Planes[]): Scores {
  const stills = planes.map(scoreStill);
  const average = (name: keyof StillScores): number =>
    stills.reduce((sum, still) => sum + still[name], 0) / stills.length;
  return {
    sharpness: average("sharpness"),
    contrast: average("contrast"),
    colourfulness: average("colourfulness"),
    complexity: average("complexity"),
    symmetry: average("symmetry"),
    balance: average("balance"),
    ...scoreMotion(planes.map(coarseLuma)),
  };
}

/**
 * Score: render and evaluate in one process, without files or codecs. Searches that need thousands of scores
 * (calibration, tests of the optimiser) use it at small sizes.
 */
import { createFrameRenderer } from "../render/frame.ts";
import type { RenderParams } from "../render/params.ts";
import type { Scores } from "./dimensions.ts";
import { evaluateFrames } from "./evaluate.ts";

/** The scores of the raw frames that these parameters give. */
export function scoreActuators(params: RenderParams): Scores {
  const render = createFrameRenderer(params);
  return evaluateFrames(Array.from({ length: params.frames }, (_, index) => render(index)));
}

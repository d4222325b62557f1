/**
 * Frame: the pure render operator. A frame is a function of the parameters and its index alone; its bytes are
 * the same on every run, machine and Node version (DESIGN section 12).
 */
import { createArms } from "./arms.ts";
import { createDeveloper } from "./develop.ts";
import type { LightBuffer } from "./light-buffer.ts";
import type { RenderParams } from "./params.ts";
import type { RgbImage } from "./rgb-image.ts";
import { createSeeds } from "./seeds.ts";
import { createSpiral, momentAt } from "./spiral.ts";

/** Renders frames by index; tables and buffers are shared between the frames of one renderer. */
export type FrameRenderer = (index: number) => RgbImage;

export function createFrameRenderer(params: RenderParams): FrameRenderer {
  const { width, height } = params;
  const spiral = createSpiral(params);
  const drawArms = createArms(spiral, height);
  const addSeeds = createSeeds(spiral);
  const develop = createDeveloper(width, height, spiral);
  const light: LightBuffer = { width, height, data: new Float32Array(width * height * 3) };
  return (index) => {
    const moment = momentAt(params, index);
    drawArms(light, moment);
    addSeeds(light, moment);
    return develop(light);
  };
}

/** One frame's bytes: RGB, rows from the top, width × height × 3. */
export function renderFrame(params: RenderParams, index: number): Uint8Array {
  return createFrameRenderer(params)(index).data;
}

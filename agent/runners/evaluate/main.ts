/**
 * Evaluate runner: the built-in evaluator as a supervised process on the CPU lane. Decodes the frames of a
 * published render, which the agent has fetched as inputs, and leaves their scores.
 */
import sharp from "sharp";
import { z } from "zod";
import { FleetError } from "../../../shared/errors.ts";
import { FRAMES_MAX } from "../../../shared/model/campaign.ts";
import { describeIssues } from "../render/params.ts";
import type { RgbImage } from "../render/rgb-image.ts";
import { createProgress, inputPath, readParams, writeResult } from "../render/work-dir.ts";
import { DIMENSIONS, type DimensionName } from "./dimensions.ts";
import { evaluatePlanes } from "./evaluate.ts";
import { type Planes, toPlanes } from "./plane.ts";

sharp.concurrency(1);
sharp.cache(false);

const NAMES: readonly DimensionName[] = DIMENSIONS.map(({ name }) => name);

const schema = z.strictObject({
  frames: z.array(z.string().min(1)).min(1).max(FRAMES_MAX),
  dimensions: z
    .array(z.enum(NAMES))
    .min(1)
    .default([...NAMES]),
});

/**
 * Runs one evaluation in an attempt's work directory. Parameters: `frames`, ordered paths under `inputs/`, and
 * optionally the `dimensions` wanted (all). Leaves the result `{scores: {name: 0…1}}`.
 * @throws FleetError `invalid` for wrong parameters and for a frame that cannot be decoded or differs in size.
 */
export async function runEvaluate(workDir: string): Promise<void> {
  const parsed = schema.safeParse(await readParams(workDir));
  if (!parsed.success) {
    throw new FleetError("invalid", `evaluate parameters: ${describeIssues(parsed.error)}`);
  }
  const { frames, dimensions } = parsed.data;
  const report = createProgress(workDir);
  const planes: Planes[] = [];
  let size: string | null = null;
  for (const [index, name] of frames.entries()) {
    const image = await decodeFrame(workDir, name);
    size ??= sizeOf(image);
    if (sizeOf(image) !== size) {
      throw new FleetError("invalid", `frame ${name} is ${sizeOf(image)}, the first is ${size}`);
    }
    planes.push(toPlanes(image));
    await report((index + 1) / (frames.length + 1));
  }
  const scores = evaluatePlanes(planes);
  await writeResult(workDir, { scores: Object.fromEntries(dimensions.map((name) => [name, scores[name]])) });
  await report(1);
}

async function decodeFrame(workDir: string, name: string): Promise<RgbImage> {
  const path = inputPath(workDir, name);
  try {
    const { data, info } = await sharp(path)
      .toColourspace("srgb")
      .removeAlpha()
      .raw()
      .toBuffer({ resolveWithObject: true });
    return { width: info.width, height: info.height, data };
  } catch (error) {
    throw new FleetError("invalid", `frame ${name} cannot be decoded`, error);
  }
}

function sizeOf({ width, height }: RgbImage): string {
  return `${width}x${height}`;
}

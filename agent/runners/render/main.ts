/**
 * Render runner: the reference render operator as a supervised process. Reads its parameters, renders every
 * frame on the CPU and leaves images, a film, a poster and the facts that make the render reproducible.
 */
import { createHash } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createFrameRenderer } from "./frame.ts";
import { parseRenderParams } from "./params.ts";
import { ENCODER_VERSIONS, encodeWebp, muxWebm, vp8KeyFrame } from "./webm.ts";
import { createProgress, readParams, writeResult } from "./work-dir.ts";

// Encoding a frame takes half as long as rendering it: the poster alone gets the careful settings.
const FRAME_WEBP = { quality: 88, effort: 2 } as const;
const POSTER_WEBP = { quality: 95, effort: 4, smartSubsample: true } as const;

/**
 * Runs one render in an attempt's work directory (see work-dir.ts). Leaves `out/frames/000.webp …`,
 * `out/poster.webp`, `out/render.webm`, `out/render.json` and the result `{rawSha256, frames, width, height}`.
 * @throws FleetError `invalid` for parameters that cannot be rendered.
 */
export async function runRender(workDir: string): Promise<void> {
  const params = parseRenderParams(await readParams(workDir));
  const { width, height, frames, fps } = params;
  const out = join(workDir, "out");
  await mkdir(join(out, "frames"), { recursive: true });

  const report = createProgress(workDir);
  const render = createFrameRenderer(params);
  const rawHash = createHash("sha256");
  const keyFrames: Uint8Array[] = [];
  for (let index = 0; index < frames; index++) {
    const image = render(index);
    rawHash.update(image.data);
    if (index === 0) await writeFile(join(out, "poster.webp"), await encodeWebp(image, POSTER_WEBP));
    const webp = await encodeWebp(image, FRAME_WEBP);
    await writeFile(join(out, "frames", `${String(index).padStart(3, "0")}.webp`), webp);
    keyFrames.push(vp8KeyFrame(webp));
    await report((index + 1) / (frames + 1));
  }
  await writeFile(join(out, "render.webm"), await muxWebm(keyFrames, { width, height, fps }));
  const rawSha256 = rawHash.digest("hex");
  const facts = { params, rawSha256, frames, width, height, fps, encoders: ENCODER_VERSIONS };
  await writeFile(join(out, "render.json"), `${JSON.stringify(facts, null, 2)}\n`);
  await writeResult(workDir, { rawSha256, frames, width, height });
  await report(1);
}

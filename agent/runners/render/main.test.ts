import { mkdtemp, readdir, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { decodeFilm } from "../../../test/helpers/film.ts";
import { runRender } from "./main.ts";

const PARAMS = {
  seed: 3,
  prompt: "ember",
  path: "weave",
  actuators: {},
  width: 64,
  height: 36,
  frames: 3,
  fps: 12,
};

async function workDirWith(params: unknown): Promise<string> {
  const workDir = await mkdtemp(join(tmpdir(), "render-"));
  await writeFile(join(workDir, "params.json"), JSON.stringify(params));
  return workDir;
}

describe("runRender", () => {
  it("leaves frames, poster, film, facts and result", async () => {
    const workDir = await workDirWith(PARAMS);
    await runRender(workDir);
    const out = join(workDir, "out");
    expect(await readdir(join(out, "frames"))).toEqual(["000.webp", "001.webp", "002.webp"]);
    expect((await readdir(out)).sort()).toEqual(["frames", "poster.webp", "render.json", "render.webm"]);
    const result = JSON.parse(await readFile(join(workDir, "result.json"), "utf8"));
    const facts = JSON.parse(await readFile(join(out, "render.json"), "utf8"));
    expect(result).toEqual({ rawSha256: facts.rawSha256, frames: 3, width: 64, height: 36 });
    expect(facts.params.actuators.gainChroma).toBeTypeOf("number");
    expect(await readFile(join(workDir, "progress"), "utf8")).toBe("1.000");
  });

  it("leaves a film whose every frame decodes, in order and at its time", async () => {
    const workDir = await workDirWith(PARAMS);
    await runRender(workDir);
    const film = await readFile(join(workDir, "out", "render.webm"));
    const frames = await decodeFilm(film);
    for (const [index, frame] of frames.entries()) {
      const image = join(workDir, "out", "frames", `00${index}.webp`);
      expect(frame).toMatchObject({ width: 64, height: 36 });
      expect(frame.pixels.equals(await sharp(image).raw().toBuffer())).toBe(true);
    }
    const times = frames.map((frame) => frame.timestampS);
    expect(times.map((time) => Math.round(time * 12))).toEqual([0, 1, 2]);
  });

  it("leaves the same film for the same parameters", async () => {
    const [one, two] = [await workDirWith(PARAMS), await workDirWith(PARAMS)];
    await runRender(one);
    await runRender(two);
    const [first, second] = await Promise.all(
      [one, two].map((workDir) => readFile(join(workDir, "out", "render.webm"))),
    );
    expect(first).toEqual(second);
  });

  it("refuses parameters that cannot be rendered and leaves no result", async () => {
    const workDir = await workDirWith({ ...PARAMS, path: "zigzag" });
    await expect(runRender(workDir)).rejects.toMatchObject({ code: "invalid" });
    expect(await readdir(workDir)).toEqual(["params.json"]);
  });

  it("refuses a work directory without parameters", async () => {
    const workDir = await mkdtemp(join(tmpdir(), "render-"));
    await expect(runRender(workDir)).rejects.toThrow("params.json cannot be read");
  });
});

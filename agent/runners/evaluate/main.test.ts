import { mkdir, mkdtemp, readdir, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { DIMENSIONS } from "./dimensions.ts";
import { runEvaluate } from "./main.ts";

const NAMES = DIMENSIONS.map(({ name }) => name);

async function workDirWith(params: unknown, frames: Readonly<Record<string, number>>): Promise<string> {
  const workDir = await mkdtemp(join(tmpdir(), "evaluate-"));
  await writeFile(join(workDir, "params.json"), JSON.stringify(params));
  await mkdir(join(workDir, "inputs"));
  for (const [name, width] of Object.entries(frames)) {
    const create = { width, height: 36, channels: 3, background: "#336699" } as const;
    await sharp({ create })
      .webp()
      .toFile(join(workDir, "inputs", name));
  }
  return workDir;
}

async function resultOf(workDir: string): Promise<{ scores: Record<string, number> }> {
  return JSON.parse(await readFile(join(workDir, "result.json"), "utf8"));
}

describe("runEvaluate", () => {
  it("leaves one score in 0…1 for each dimension", async () => {
    const workDir = await workDirWith({ frames: ["a.webp", "b.webp"] }, { "a.webp": 64, "b.webp": 64 });
    await runEvaluate(workDir);
    const { scores } = await resultOf(workDir);
    expect(Object.keys(scores)).toEqual(NAMES);
    for (const score of Object.values(scores)) expect(score >= 0 && score <= 1).toBe(true);
  });

  it("leaves only the dimensions asked for", async () => {
    const workDir = await workDirWith({ frames: ["a.webp"], dimensions: ["contrast"] }, { "a.webp": 64 });
    await runEvaluate(workDir);
    expect(await resultOf(workDir)).toEqual({ scores: { contrast: expect.any(Number) } });
  });

  it.each([
    ["an unknown dimension", { frames: ["a.webp"], dimensions: ["charm"] }, "dimensions.0"],
    ["an unknown key", { frames: ["a.webp"], fps: 12 }, "fps"],
    ["no frames", { frames: [] }, "frames"],
    ["a path out of the inputs", { frames: ["../params.json"] }, "lies outside inputs/"],
    ["a missing frame", { frames: ["z.webp"] }, "frame z.webp cannot be decoded"],
    ["frames of two sizes", { frames: ["a.webp", "b.webp"] }, "frame b.webp is 32x36, the first is 64x36"],
  ])("refuses %s and leaves no result", async (_name, params, message) => {
    const workDir = await workDirWith(params, { "a.webp": 64, "b.webp": 32 });
    await expect(runEvaluate(workDir)).rejects.toMatchObject({ code: "invalid" });
    await expect(runEvaluate(workDir)).rejects.toThrow(message);
    expect(await readdir(workDir)).not.toContain("result.json");
  });
});

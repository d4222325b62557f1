import { mkdtemp, readdir, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createProgress, inputPath, MAX_RESULT_BYTES, writeResult } from "./work-dir.ts";

const workDir = () => mkdtemp(join(tmpdir(), "work-dir-"));

describe("inputPath", () => {
  it("finds inputs in folders", () => {
    expect(inputPath("/work", "frames/000.webp")).toBe("/work/inputs/frames/000.webp");
  });

  it.each(["../params.json", "/etc/passwd", "a/../../x", "", "../inputs-of-another/x"])(
    "refuses %j",
    (name) => {
      expect(() => inputPath("/work", name)).toThrow("lies outside inputs/");
    },
  );
});

describe("writeResult", () => {
  it("refuses a result that no completion could carry and leaves nothing", async () => {
    const directory = await workDir();
    await expect(writeResult(directory, { text: "x".repeat(MAX_RESULT_BYTES) })).rejects.toThrow(
      "larger than",
    );
    expect(await readdir(directory)).toEqual([]);
  });
});

describe("createProgress", () => {
  it("writes at most about three times a second, and always the end", async () => {
    const directory = await workDir();
    let nowMs = 1000;
    const report = createProgress(directory, { bootMs: () => nowMs, wallMs: () => 0 });
    const progress = () => readFile(join(directory, "progress"), "utf8");
    await report(0.1);
    nowMs += 100;
    await report(0.2);
    expect(await progress()).toBe("0.100");
    nowMs += 250;
    await report(0.3);
    expect(await progress()).toBe("0.300");
    await report(1);
    expect(await progress()).toBe("1.000");
  });
});

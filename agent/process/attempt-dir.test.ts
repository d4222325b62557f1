/** The files of an attempt against a job that shares the agent's user and plants things in its way. */
import { readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { removeDirectory, scratchDirectory } from "../../test/helpers/supervisor-rig.ts";
import { attemptPaths, readDeadline, writeDeadline } from "./attempt-dir.ts";

let root = "";
beforeEach(async () => {
  root = await scratchDirectory();
});
afterEach(() => removeDirectory(root));

describe("writeDeadline", () => {
  it("does not write through a link or into a folder that a job has put in its way", async () => {
    const paths = attemptPaths(root, 1);
    await mkdir(paths.directory);
    const elsewhere = join(root, "elsewhere");
    writeFileSync(elsewhere, "untouched");
    symlinkSync(elsewhere, `${paths.deadline}.new`);
    writeDeadline(paths, 12_340);
    expect(readDeadline(paths)).toBe(12_340);
    expect(readFileSync(elsewhere, "utf8")).toBe("untouched");
    await mkdir(`${paths.deadline}.new`);
    writeDeadline(paths, 50_000);
    expect(readDeadline(paths)).toBe(50_000);
  });
});

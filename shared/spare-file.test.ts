import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { keepSpare, writeFileSpared } from "./spare-file.ts";

let directory = "";
let path = "";
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "spiral-spare-"));
  path = join(directory, "down.latch");
});
afterEach(() => rmSync(directory, { recursive: true }));

// What it is for needs a full disk: test/system/full-disk.test.ts.
describe("a spared file", () => {
  it("is written as it is while there is room, and keeps its spare", async () => {
    await keepSpare(path);
    await writeFileSpared(path, "down");
    expect(readFileSync(path, "utf8")).toBe("down");
    expect(existsSync(`${path}.spare`)).toBe(true);
  });

  it("has its bytes on the disk and not only in its length", async () => {
    await keepSpare(path);
    expect(statSync(`${path}.spare`).blocks).toBeGreaterThan(0);
  });

  it("fails with the file system's error where there is no spare", async () => {
    await expect(writeFileSpared(join(directory, "none", "file"), "x")).rejects.toMatchObject({
      code: "ENOENT",
    });
  });
});

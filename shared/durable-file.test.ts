import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { removeLeftovers, writeFileDurable } from "./durable-file.ts";

describe("writeFileDurable", () => {
  let directory = "";
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "durable-file-"));
  });
  afterEach(() => rm(directory, { recursive: true }));

  it("creates and replaces a file and leaves nothing else behind", async () => {
    const path = join(directory, "meta.json");
    await writeFileDurable(path, "one");
    await writeFileDurable(path, "two");
    expect(await readFile(path, "utf8")).toBe("two");
    expect(await readdir(directory)).toEqual(["meta.json"]);
  });

  it("gives concurrent writers of one path a whole file each", async () => {
    const path = join(directory, "state");
    const texts = Array.from({ length: 20 }, (_, index) => String(index).repeat(50_000));
    await Promise.all(texts.map((text) => writeFileDurable(path, text)));
    expect(texts).toContain(await readFile(path, "utf8"));
    expect(await readdir(directory)).toEqual(["state"]);
  });

  it("removes what a killed writer of this file left behind, and nothing else", async () => {
    const path = join(directory, "globals.json");
    const others = [".globals.json.swp", ".globals.json.7", ".other.json.7.1", "globals.json"];
    for (const name of [...others, ".globals.json.7.1"]) await writeFile(join(directory, name), "");
    await removeLeftovers(path);
    expect((await readdir(directory)).sort()).toEqual(others.sort());
  });

  it("fails with the file system's error when the directory is missing", async () => {
    await expect(writeFileDurable(join(directory, "none", "file"), "x")).rejects.toMatchObject({
      code: "ENOENT",
    });
  });

  it("leaves the old file and no temporary one when the rename fails", async () => {
    const path = join(directory, "taken");
    await writeFileDurable(join(directory, "other"), "x");
    const { mkdir } = await import("node:fs/promises");
    await mkdir(join(path, "inside"), { recursive: true });
    await expect(writeFileDurable(path, "text")).rejects.toThrow();
    expect((await readdir(directory)).sort()).toEqual(["other", "taken"]);
  });
});

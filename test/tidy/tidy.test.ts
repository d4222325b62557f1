import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { describe, expect, it } from "vitest";
import { packageRoot } from "../../shared/package-root.ts";
import { check } from "./check.ts";
import { findFunctions } from "./functions.ts";
import { describeOffence } from "./offence.ts";
import { parseSource, type Source } from "./source-file.ts";

const FOLDERS = ["shared", "agent", "hub", "ops", "test"];

function readSources(): readonly Source[] {
  const root = packageRoot();
  return FOLDERS.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, withFileTypes: true }),
  )
    .filter((item) => item.isFile() && item.name.endsWith(".ts"))
    .map((item) => join(item.parentPath, item.name))
    .map((path) => ({ path: relative(root, path), text: readFileSync(path, "utf8") }));
}

// Every source file is read and cut into tokens: on a busy machine that takes its time.
describe("the sources", { timeout: 120_000 }, () => {
  const sources = readSources();

  it("keep every rule", () => {
    expect(check(sources).map(describeOffence)).toEqual([]);
  });

  it("are all seen, with their imports and functions", () => {
    const files = sources.map(parseSource);
    expect(files.length).toBeGreaterThan(60);
    expect(files.flatMap((file) => file.imports).length).toBeGreaterThan(120);
    expect(files.flatMap((file) => findFunctions(file.code)).length).toBeGreaterThan(250);
  });
});

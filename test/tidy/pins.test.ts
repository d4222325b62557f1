import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { packageRoot } from "../../shared/package-root.ts";

type Version = readonly [major: number, minor: number, patch: number];

/** Releases before these have published vulnerabilities in what a peer may send. */
const FLOORS: Readonly<Record<string, Version>> = {
  "@grpc/grpc-js": [1, 14, 4],
  protobufjs: [7, 5, 8],
};

const readJson = (name: string) => JSON.parse(readFileSync(join(packageRoot(), name), "utf8"));

const isAtLeast = (version: string, floor: Version): boolean => {
  const [major = 0, minor = 0, patch = 0] = version.split(/[.-]/).map(Number);
  return (major - floor[0] || minor - floor[1] || patch - floor[2]) >= 0;
};

describe("isAtLeast", () => {
  it.each([
    ["1.14.4", true],
    ["1.14.10", true],
    ["2.0.0", true],
    ["1.14.3", false],
    ["1.9.9", false],
    ["0.99.9", false],
  ])("judges %s as %s against 1.14.4", (version, expected) => {
    expect(isAtLeast(version, [1, 14, 4])).toBe(expected);
  });
});

describe("the dependencies", () => {
  it.each([
    ["package.json", 10],
    ["test/bench/package.json", 2],
  ])("of %s are pinned to one exact release", (name, least) => {
    const { dependencies, devDependencies } = readJson(name);
    const versions = Object.entries<string>({ ...dependencies, ...devDependencies });
    expect(versions.length).toBeGreaterThan(least);
    expect(versions.filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([]);
  });

  it.each(Object.entries(FLOORS))("lock no %s below its floor", (name, floor) => {
    const locked = Object.entries<{ version: string }>(readJson("package-lock.json").packages)
      .filter(([path]) => path.endsWith(`node_modules/${name}`))
      .map(([, { version }]) => version);
    expect(locked.length).toBeGreaterThan(0);
    expect(locked.filter((version) => !isAtLeast(version, floor))).toEqual([]);
  });
});

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { packageRoot } from "../../shared/package-root.ts";
import { CHECKERS } from "./checkers/all.ts";
import { MUTANTS } from "./mutants/all.ts";
import { PROFILES, type Profile, profileOf } from "./options.ts";
import { runSeed } from "./run-seed.ts";
import SEEDS from "./seeds.json" with { type: "json" };

const SHORT = Array.from({ length: 24 }, (_, index) => index + 1);

function run(seed: number, profile: Profile, steps = 1_000) {
  return runSeed({ seed, profile, steps, checkers: CHECKERS });
}

describe("the simulated fleet", () => {
  it.each(PROFILES)("keeps every promise in %s worlds, and comes to rest", async (profile) => {
    for (const seed of SHORT.filter((each) => profileOf(each) === profile)) {
      const { violation, steps } = await run(seed, profile);
      expect({ seed, violation }).toEqual({ seed, violation: null });
      expect(steps).toBeGreaterThan(1_000);
    }
  });

  it.each(SEEDS)(
    "does not do again what seed $seed showed: $found",
    async ({ seed, profile, steps }) => {
      expect((await run(seed, profile as Profile, steps)).violation).toBe(null);
    },
    120_000,
  );

  it("does the same again from the same seed, and something else from another", async () => {
    const [first, second, other] = [await run(5, "stormy"), await run(5, "stormy"), await run(6, "stormy")];
    expect(second).toEqual(first);
    expect(other.hash).not.toBe(first.hash);
  });

  it("is not changed by being written down", async () => {
    const lines: string[] = [];
    const write = (line: string): void => void lines.push(line);
    const traced = await runSeed({ seed: 5, profile: "disk", steps: 500, checkers: CHECKERS, write });
    expect(traced.hash).toBe((await run(5, "disk", 500)).hash);
    expect(lines.length).toBeGreaterThan(traced.steps);
  });
});

describe("the mutants", () => {
  it.each(MUTANTS)("know the line that $name breaks", ({ path, text, broken }) => {
    const source = readFileSync(join(packageRoot(), path), "utf8");
    expect(source.split(text)).toHaveLength(2);
    expect(broken).not.toBe(text);
  });
});

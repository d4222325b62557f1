import { execFile } from "node:child_process";
import { rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, describe, expect, it } from "vitest";
import { MUTANTS } from "../sim/mutants/all.ts";
import type { Mutant } from "../sim/mutants/mutant.ts";
import { PROFILES, profileOf } from "../sim/options.ts";
import type { Done, Work } from "../sim/worker.ts";

interface Bundler {
  buildWorker(directory: string, mutant: Mutant | null): Promise<string>;
  bundleDirectory(): string;
}

// The bundler is plain JavaScript: it runs before anything is compiled.
const BUNDLER = new URL("../sim/main.mjs", import.meta.url).href;
const { buildWorker, bundleDirectory }: Bundler = await import(BUNDLER);
const directory = bundleDirectory();

afterAll(() => rmSync(directory, { recursive: true }));

async function load(mutant: Mutant | null): Promise<(work: Work) => Promise<Done>> {
  const { runWork } = await import(await buildWorker(directory, mutant));
  return runWork;
}

/** What many seeds notice; the others take the whole set of `npm run sim -- --mutants`. */
const QUICK = [
  "effects-at-once",
  "read-undurable",
  "snapshot-ahead",
  "fence-reset",
  "key-forgotten",
  "ends-told-once",
  "inventory-ignored",
  "grants-to-the-blind",
  "ack-before-latch",
  "losses-burn",
];
const SEEDS_MAX = 150;

describe("the simulator", () => {
  it.each(QUICK)("notices %s within a few seeds", async (name) => {
    const mutant = MUTANTS.find((known) => known.name === name) ?? null;
    expect(mutant).not.toBe(null);
    const runWork = await load(mutant);
    for (let seed = 1; seed <= SEEDS_MAX; seed++) {
      const [result] = (await runWork({ seeds: [{ seed, profile: profileOf(seed), steps: 1_000 }] })).results;
      if (result?.violation !== null) return;
    }
    expect.fail(`${name} got away over ${SEEDS_MAX} seeds`);
  });

  it("can break the line of every mutant, and only one that is there", async () => {
    for (const mutant of MUTANTS) await buildWorker(directory, mutant);
    const gone = { name: "gone", harm: "", path: "hub/engine.ts", text: "no such line", broken: "" };
    await expect(buildWorker(directory, gone)).rejects.toThrow(/0 times, not once/);
    const elsewhere = { ...gone, path: "ops/cli/main.ts" };
    await expect(buildWorker(directory, elsewhere)).rejects.toThrow(/no part of the simulator/);
  });

  it("does the same in another process", async () => {
    const runWork = await load(null);
    for (const profile of PROFILES) {
      const [here] = (await runWork({ seeds: [{ seed: 5, profile, steps: 1_000 }] })).results;
      const args = [fileURLToPath(BUNDLER), "--seed", "5", "--profile", profile];
      const { stdout } = await promisify(execFile)(process.execPath, args);
      expect(stdout).toContain(`${here?.steps} steps`);
      expect(stdout).toContain(`trace ${here?.hash}:`);
    }
  });
});

/** Hunt: runs every mutant over the standard seeds and counts how many of them notice it, and by which promise. */
import { runCrew, type Seed } from "./crew.ts";
import type { BuildWorker } from "./main.ts";
import { MUTANTS } from "./mutants/all.ts";
import { type Profile, profileOf } from "./options.ts";

export interface HuntRequest {
  /** Seeds that every mutant meets. */
  readonly seeds: number;
  readonly steps: number;
  readonly profile: Profile | null;
  readonly only: string | null;
}

/** Standard seeds: how far a mutant is followed that the first ones did not notice. */
const SEEDS_MAX = 10_000;

export async function hunt(build: BuildWorker, request: HuntRequest): Promise<number> {
  const chosen = MUTANTS.filter(({ name }) => request.only === null || name === request.only);
  let escaped = 0;
  for (const mutant of chosen) {
    const bundle = await build(mutant).catch((error: Error) => error);
    if (bundle instanceof Error) {
      escaped++;
      process.stdout.write(
        `${mutant.name.padEnd(28)} CANNOT BE MADE: ${bundle.message.split("\n")[1] ?? ""}\n`,
      );
      continue;
    }
    const { kills, seeds, by } = await pursue(bundle, request);
    if (kills === 0) escaped++;
    const verdict = kills === 0 ? "ESCAPED" : `killed by ${kills} of ${seeds} seeds`;
    const checkers = [...by].sort((a, b) => b[1] - a[1]).map(([name, count]) => `${name} ${count}`);
    process.stdout.write(`${mutant.name.padEnd(28)} ${verdict.padEnd(30)} ${checkers.join(", ")}\n`);
  }
  process.stdout.write(`${chosen.length - escaped} of ${chosen.length} mutants killed\n`);
  return escaped === 0 && chosen.length > 0 ? 0 : 1;
}

interface Pursuit {
  readonly kills: number;
  readonly seeds: number;
  readonly by: ReadonlyMap<string, number>;
}

/** All of the first seeds, and then on until somebody notices. */
async function pursue(bundle: string, request: HuntRequest): Promise<Pursuit> {
  const by = new Map<string, number>();
  let kills = 0;
  let seeds = 0;
  await runCrew(bundle, standardSeeds(request), ({ violation }) => {
    seeds++;
    if (violation !== null) {
      kills++;
      by.set(violation.checker, (by.get(violation.checker) ?? 0) + 1);
    }
    return kills === 0 || seeds < request.seeds;
  });
  return { kills, seeds, by };
}

function* standardSeeds({ steps, profile }: HuntRequest): Iterable<Seed> {
  for (let seed = 1; seed <= SEEDS_MAX; seed++) yield { seed, profile: profile ?? profileOf(seed), steps };
}

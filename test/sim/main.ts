/**
 * Sim, the command: one seed with its trace, a range of seeds, the long run, or the mutants. It exits with 1 when a
 * promise was broken, or when a mutant got away.
 */
import { execFileSync } from "node:child_process";
import { CHECKERS } from "./checkers/all.ts";
import { runCrew, type Seed } from "./crew.ts";
import { hunt } from "./hunt.ts";
import type { Mutant } from "./mutants/mutant.ts";
import { PROFILES, type Profile, profileOf } from "./options.ts";
import { runSeed, type SeedResult } from "./run-seed.ts";
import { shrink } from "./shrink.ts";
import { longWorlds, shortWorlds } from "./standard-set.ts";

export type BuildWorker = (mutant: Mutant | null) => Promise<string>;

interface Request {
  readonly seed: number | null;
  readonly seeds: number;
  readonly from: number;
  readonly steps: number;
  readonly profile: Profile | null;
  readonly isTraced: boolean;
  readonly isLong: boolean;
  readonly isShrunk: boolean;
  readonly mutants: boolean;
  readonly only: string | null;
}

const USAGE = `npm run sim -- [--seed N] [--from N] [--seeds COUNT] [--steps N] [--profile ${PROFILES.join("|")}]
               [--trace] [--shrink] [--long] [--mutants] [--only MUTANT,MUTANT]
`;
const EXIT_USAGE = 2;
const SHOWN_MAX = 20;

export async function main(args: readonly string[], build: BuildWorker): Promise<number> {
  const request = parse(args);
  if (request === null) {
    process.stderr.write(USAGE);
    return EXIT_USAGE;
  }
  if (request.mutants) return hunt(build, request);
  if (request.seed !== null) return runOne(request, request.seed);
  return runMany(request, await build(null));
}

async function runOne(request: Request, seed: number): Promise<number> {
  const { steps, isTraced } = request;
  const profile = request.profile ?? profileOf(seed);
  const write = (line: string): void => void process.stdout.write(`${line}\n`);
  const settings = { seed, profile, steps, checkers: CHECKERS };
  if (request.isShrunk) return shrink(settings, write);
  const result = await runSeed({ ...settings, ...(isTraced ? { write } : {}) });
  write(describe(result));
  return result.violation === null ? 0 : 1;
}

async function runMany(request: Request, bundle: string): Promise<number> {
  const startedMs = performance.now();
  const failed: SeedResult[] = [];
  const sum = { seeds: 0, steps: 0, passedMs: 0 };
  await runCrew(bundle, seedsOf(request), (result) => {
    sum.seeds++;
    sum.steps += result.steps;
    sum.passedMs += result.passedMs;
    if (result.violation === null) return true;
    failed.push(result);
    process.stdout.write(`${describe(result)}\n`);
    return failed.length < SHOWN_MAX;
  });
  const seconds = (performance.now() - startedMs) / 1000;
  const hours = (sum.passedMs / 3_600_000).toFixed(0);
  const rate = Math.round(sum.steps / seconds).toLocaleString("en");
  const words = `${sum.seeds} seeds, ${sum.steps.toLocaleString("en")} steps, ${hours} simulated hours`;
  process.stdout.write(
    `${words} in ${seconds.toFixed(1)} s (${rate} steps/s): ${failed.length} violations, sources ${revision()}\n`,
  );
  return failed.length === 0 ? 0 : 1;
}

function* seedsOf({ isLong, from, seeds, steps, profile }: Request): Iterable<Seed> {
  if (isLong) {
    yield* longWorlds(profile);
    yield* shortWorlds(profile);
    return;
  }
  for (let seed = from; seed < from + seeds; seed++)
    yield { seed, profile: profile ?? profileOf(seed), steps };
}

function describe({ seed, profile, faultSteps, steps, passedMs, hash, violation }: SeedResult): string {
  const world = `seed ${seed} ${profile}: ${steps} steps, ${(passedMs / 1000).toFixed(0)} s, trace ${hash}`;
  if (violation === null) return `${world}: every promise kept`;
  const again = `npm run sim -- --seed ${seed} --profile ${profile} --steps ${faultSteps} --trace`;
  return `${world}\n  broke ${violation.checker} at step ${violation.step}: ${violation.detail}\n  ${again}`;
}

function revision(): string {
  try {
    return execFileSync("git", ["describe", "--always", "--dirty"], { encoding: "utf8" }).trim();
  } catch {
    return "unknown";
  }
}

function parse(args: readonly string[]): Request | null {
  const values = new Map<string, string>();
  const flags = new Set<string>();
  const rest = [...args];
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    if (["--trace", "--long", "--mutants", "--shrink"].includes(arg)) flags.add(arg);
    else if (["--seed", "--seeds", "--from", "--steps", "--profile", "--only"].includes(arg))
      values.set(arg, rest.shift() ?? "");
    else return null;
  }
  const number = (name: string, fallback: number): number => Number(values.get(name) ?? fallback);
  const profile = PROFILES.find((known) => known === values.get("--profile")) ?? null;
  if (values.has("--profile") && profile === null) return null;
  const request: Request = {
    seed: values.has("--seed") ? number("--seed", 0) : null,
    seeds: number("--seeds", flags.has("--mutants") ? 500 : 1_000),
    from: number("--from", 1),
    steps: number("--steps", 1_000),
    profile,
    isTraced: flags.has("--trace"),
    isLong: flags.has("--long"),
    isShrunk: flags.has("--shrink"),
    mutants: flags.has("--mutants"),
    only: values.get("--only") ?? null,
  };
  const numbers = [request.seed ?? 0, request.seeds, request.from, request.steps];
  return numbers.every((value) => Number.isSafeInteger(value) && value >= 0) ? request : null;
}

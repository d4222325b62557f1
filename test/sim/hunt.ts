/**
 * Hunt: runs every mutant over the same first worlds of the standard set and counts how many of them notice it, and by
 * which promise. One that none of them notices is followed through the rest of the set, up to the first that does.
 */
import { runCrew, type Seed } from "./crew.ts";
import type { BuildWorker } from "./main.ts";
import { MUTANTS } from "./mutants/all.ts";
import type { Profile } from "./options.ts";
import { longWorlds, shortWorlds } from "./standard-set.ts";

export interface HuntRequest {
  /** Worlds that every mutant meets. */
  readonly seeds: number;
  readonly profile: Profile | null;
  readonly only: string | null;
}

export async function hunt(build: BuildWorker, request: HuntRequest): Promise<number> {
  const names = request.only?.split(",") ?? null;
  const chosen = MUTANTS.filter(({ name }) => names === null || names.includes(name));
  let escaped = 0;
  const tell = (name: string, verdict: string, by = ""): void =>
    void process.stdout.write(`| \`${name}\` | ${verdict} | ${by} |\n`);
  for (const mutant of chosen) {
    const bundle = await build(mutant).catch((error: Error) => error);
    if (bundle instanceof Error) {
      escaped++;
      tell(mutant.name, `CANNOT BE MADE: ${bundle.message.split("\n")[1] ?? ""}`);
      continue;
    }
    const { verdict, by } = await pursue(bundle, request);
    if (by.size === 0) escaped++;
    const checkers = [...by].sort((a, b) => b[1] - a[1]).map(([name, count]) => `${name} ${count}`);
    tell(mutant.name, verdict, checkers.join(", "));
  }
  process.stdout.write(`${chosen.length - escaped} of ${chosen.length} mutants killed\n`);
  return escaped === 0 && chosen.length > 0 ? 0 : 1;
}

interface Pursuit {
  readonly verdict: string;
  readonly by: ReadonlyMap<string, number>;
}

async function pursue(bundle: string, { seeds, profile }: HuntRequest): Promise<Pursuit> {
  const first = await count(bundle, take(shortWorlds(profile), seeds), false);
  if (first.kills > 0) return { verdict: `${first.kills} of ${seeds}`, by: first.by };
  const rest = await count(bundle, shortWorlds(profile, seeds + 1), true);
  if (rest.kills > 0) return { verdict: `1 of ${seeds + rest.worlds}`, by: rest.by };
  const long = await count(bundle, longWorlds(profile), true);
  if (long.kills > 0) return { verdict: `1 of all short ones and ${long.worlds} long ones`, by: long.by };
  return { verdict: "ESCAPED", by: long.by };
}

/** Kills over some worlds, by promise; with `isFirstEnough` up to the first one. */
async function count(bundle: string, worlds: Iterable<Seed>, isFirstEnough: boolean) {
  const by = new Map<string, number>();
  const sum = { worlds: 0, kills: 0, by };
  await runCrew(bundle, worlds, ({ violation }) => {
    sum.worlds++;
    if (violation === null) return true;
    sum.kills++;
    by.set(violation.checker, (by.get(violation.checker) ?? 0) + 1);
    return !isFirstEnough;
  });
  return sum;
}

function* take<T>(all: Iterable<T>, count: number): Iterable<T> {
  let left = count;
  if (left <= 0) return;
  for (const each of all) {
    yield each;
    if (--left <= 0) return;
  }
}

/**
 * Hunt: runs every mutant over the worlds of the standard set, in their order, and counts how many of them notice it and
 * by which promise. It looks after every batch, so that the figures do not hang on which thread was faster: a mutant
 * that many worlds notice is known after a few, and one that few do is followed to the end of the set.
 */
import { runCrew, type Seed } from "./crew.ts";
import type { BuildWorker } from "./main.ts";
import { MUTANTS } from "./mutants/all.ts";
import type { Profile } from "./options.ts";
import { longWorlds, shortWorlds } from "./standard-set.ts";

export interface HuntRequest {
  /** Worlds after which one that noticed is enough. */
  readonly seeds: number;
  readonly profile: Profile | null;
  /** Names, with commas between them; null: all. */
  readonly only: string | null;
}

/** Each of the next batches is as large as all before it. */
const FIRST_BATCH = 25;
/** Worlds that notice after which no more are asked. */
const KILLS_ENOUGH = 10;

export async function hunt(build: BuildWorker, request: HuntRequest): Promise<number> {
  const names = request.only?.split(",") ?? null;
  const chosen = MUTANTS.filter(({ name }) => names === null || names.includes(name));
  let escaped = 0;
  for (const mutant of chosen) {
    const bundle = await build(mutant).catch((error: Error) => error);
    const [verdict, by] =
      bundle instanceof Error
        ? [`CANNOT BE MADE: ${bundle.message.split("\n")[1] ?? ""}`, ""]
        : describe(await pursue(bundle, request));
    if (by === "") escaped++;
    process.stdout.write(`| \`${mutant.name}\` | ${verdict} | ${by} |\n`);
  }
  process.stdout.write(`${chosen.length - escaped} of ${chosen.length} mutants killed\n`);
  return escaped === 0 && chosen.length > 0 ? 0 : 1;
}

interface Pursuit {
  worlds: number;
  kills: number;
  readonly by: Map<string, number>;
}

async function pursue(bundle: string, { seeds, profile }: HuntRequest): Promise<Pursuit> {
  const pursuit: Pursuit = { worlds: 0, kills: 0, by: new Map() };
  for (const batch of batches(standardSet(profile))) {
    await runCrew(bundle, batch, ({ violation }) => {
      pursuit.worlds++;
      if (violation === null) return true;
      pursuit.kills++;
      pursuit.by.set(violation.checker, (pursuit.by.get(violation.checker) ?? 0) + 1);
      return true;
    });
    const { worlds, kills } = pursuit;
    if (kills >= KILLS_ENOUGH || (kills > 0 && worlds >= seeds)) break;
  }
  return pursuit;
}

function* standardSet(profile: Profile | null): Iterable<Seed> {
  yield* shortWorlds(profile);
  yield* longWorlds(profile);
}

function* batches(worlds: Iterable<Seed>): Iterable<readonly Seed[]> {
  let batch: Seed[] = [];
  let size = FIRST_BATCH;
  let given = 0;
  for (const world of worlds) {
    batch.push(world);
    if (batch.length < size) continue;
    yield batch;
    given += batch.length;
    size = given;
    batch = [];
  }
  yield batch;
}

function describe({ worlds, kills, by }: Pursuit): readonly [verdict: string, by: string] {
  const rows = [...by].sort((a, b) => b[1] - a[1]).map(([name, count]) => `${name} ${count}`);
  return [kills === 0 ? "ESCAPED" : `${kills} of ${worlds}`, rows.join(", ")];
}

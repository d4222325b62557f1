/** The standard set: the worlds of `npm run sim:long`, which every mutant has to be noticed in. */
import type { Seed } from "./crew.ts";
import { type Profile, profileOf } from "./options.ts";

const SHORT = { seeds: 10_000, steps: 1_000 };
const LONG = { seeds: 500, steps: 20_000 };

/** Many short worlds, for what needs a rare fault to meet a rare state. */
export function* shortWorlds(profile: Profile | null, from = 1): Iterable<Seed> {
  for (let seed = from; seed <= SHORT.seeds; seed++)
    yield { seed, profile: profile ?? profileOf(seed), steps: SHORT.steps };
}

/** A few long ones, for what needs time. */
export function* longWorlds(profile: Profile | null): Iterable<Seed> {
  for (let seed = 1; seed <= LONG.seeds; seed++)
    yield { seed, profile: profile ?? profileOf(seed), steps: LONG.steps };
}

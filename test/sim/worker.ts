/** Worker: runs the seeds it is given, one after another, on a thread of its own. */
import { parentPort } from "node:worker_threads";
import { CHECKERS } from "./checkers/all.ts";
import type { Profile } from "./options.ts";
import { runSeed, type SeedResult } from "./run-seed.ts";

export interface Work {
  readonly seeds: readonly { readonly seed: number; readonly profile: Profile; readonly steps: number }[];
}

export interface Done {
  readonly results: readonly SeedResult[];
}

/** Also for tests, which load this bundle into their own thread. */
export async function runWork({ seeds }: Work): Promise<Done> {
  const results: SeedResult[] = [];
  for (const seed of seeds) results.push(await runSeed({ ...seed, checkers: CHECKERS }));
  return { results };
}

parentPort?.on("message", (work: Work) => {
  void runWork(work).then((done) => parentPort?.postMessage(done));
});

/** Crew: a few worker threads that share a list of seeds, a chunk at a time. */
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import type { SeedResult } from "./run-seed.ts";
import type { Done, Work } from "./worker.ts";

export type Seed = Work["seeds"][number];

const CHUNK_STEPS = 20_000;

/** Runs all seeds; `onResult` answers false when nobody wants to know more. */
export async function runCrew(
  bundle: string,
  seeds: Iterable<Seed>,
  onResult: (result: SeedResult) => boolean,
): Promise<void> {
  const waiting = seeds[Symbol.iterator]();
  let isWanted = true;
  const next = (): readonly Seed[] => {
    const chunk: Seed[] = [];
    for (let steps = 0; isWanted && steps < CHUNK_STEPS; ) {
      const taken = waiting.next();
      if (taken.done === true) break;
      chunk.push(taken.value);
      steps += taken.value.steps;
    }
    return chunk;
  };
  const serve = (): Promise<void> =>
    new Promise((resolve, reject) => {
      // Worlds are short-lived: most of what they make is garbage before it is old.
      const worker = new Worker(bundle, { resourceLimits: { maxYoungGenerationSizeMb: 64 } });
      const hand = (): void => {
        const chunk = next();
        if (chunk.length > 0) worker.postMessage({ seeds: chunk } satisfies Work);
        else void worker.terminate().then(() => resolve());
      };
      worker.on("message", ({ results }: Done) => {
        for (const result of results) isWanted &&= onResult(result);
        hand();
      });
      worker.on("error", reject);
      hand();
    });
  await Promise.all(Array.from({ length: Math.min(4, availableParallelism()) }, serve));
}

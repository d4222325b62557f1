/** Machines that sleep while their jobs are given away, and jobs that do not listen to TERM when they wake. */
import { describe, expect, it } from "vitest";
import { CHECKERS } from "./checkers/all.ts";
import { FAULTS, type Options } from "./options.ts";
import { runSeed } from "./run-seed.ts";

function sleepy(options: Options): Options {
  const faults = FAULTS.map((fault) => [fault, fault === "boxSuspend" ? 60_000 : 0]);
  return {
    ...options,
    boxes: 4,
    slots: 1,
    tickMs: 500,
    faultMs: Object.fromEntries(faults),
    jobs: { ...options.jobs, durationMs: 120_000, ignoresTerm: 1, unkillable: 0, services: 0 },
  };
}

describe("a machine that wakes after its jobs were given away", () => {
  it("runs none of them for more than a tick beside the one that began elsewhere", async () => {
    for (const seed of [1, 2, 3]) {
      const { violation } = await runSeed({
        seed,
        profile: "calm",
        steps: 8_000,
        checkers: CHECKERS,
        adjust: sleepy,
      });
      expect({ seed, violation }).toEqual({ seed, violation: null });
    }
  });
});

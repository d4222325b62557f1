/** Agents that stand still between their decision to start a job and the start of its process. */
import { expect, it } from "vitest";
import type { Checker } from "./checker.ts";
import { CHECKERS } from "./checkers/all.ts";
import { FAULTS, type Options } from "./options.ts";
import { runSeed } from "./run-seed.ts";

const STALLS = 10;
const TOO_LATE_MS = 1_000;

function still(options: Options): Options {
  const faultMs = Object.fromEntries(FAULTS.map((fault) => [fault, 0])) as Options["faultMs"];
  return { ...options, faultMs, jobs: { ...options.jobs, services: 0 } };
}

it("starts no process past the deadline of its lease: its shim refuses", async () => {
  const late = new Set<number>();
  const started: number[] = [];
  const stalls: Checker = {
    name: "stalls",
    promise: "",
    watch: () => ({
      "agent.decided": ({ agent, effects }) => {
        for (const effect of effects) {
          if (effect.kind !== "launch" || late.size === STALLS) continue;
          late.add(effect.job.token);
          agent.stall(agent.box.clock.untilMs(effect.deadlineBootMs) + TOO_LATE_MS);
        }
      },
      "process.started": ({ process }) => void started.push(process.job.token),
    }),
  };
  const checkers = [...CHECKERS, stalls];
  const { violation } = await runSeed({ seed: 3, profile: "calm", steps: 8_000, checkers, adjust: still });
  expect(violation).toBe(null);
  expect(late.size).toBe(STALLS);
  expect(started.length).toBeGreaterThan(STALLS);
  expect(started.filter((token) => late.has(token))).toEqual([]);
});

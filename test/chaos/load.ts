/** Load: clients that submit short jobs with keys of their own, and repeat each until they have an answer. */

import type { HubClient } from "../../ops/cli/client.ts";
import { systemClock } from "../../shared/clock.ts";
import { delay } from "../../shared/loop.ts";
import { createRng } from "../../shared/rng.ts";
import type { Submit } from "./history.ts";
import type { Options } from "./options.ts";
import type { World } from "./world.ts";

/** Also the offline grace of the few jobs that may finish without the hub. */
export const MAX_RUNTIME_MS = 15_000;

const CLIENTS = 4;
const CALL_MS = 4_000;
const AGAIN_MS = 250;
/** How often an acknowledged job is asked for once more. */
const REPEAT_RATIO = 0.03;
/** Submitting ends this much before the faults do, so that the last jobs meet some. */
const SPREAD = 0.85;

export interface Load {
  readonly submits: readonly Submit[];
  /** Calls that were answered with an error or not at all. */
  readonly failures: () => number;
  /** Resolves when every key has its answer, or soon after the signal. */
  readonly done: Promise<void>;
}

type Draft = { -readonly [Field in keyof Submit]: Submit[Field] } & { jobIds: string[] };

export function startLoad(world: World, { seed, jobs, minutes }: Options, stopping: AbortSignal): Load {
  const submits: Draft[] = [];
  let failures = 0;
  const startMs = systemClock.bootMs();
  const everyMs = (minutes * 60_000 * SPREAD) / jobs;
  const client = async (number: number): Promise<void> => {
    const caller = createCaller(world);
    for (let index = number; index < jobs && !stopping.aborted; index += CLIENTS) {
      const waitMs = startMs + index * everyMs - systemClock.bootMs();
      if (waitMs > 0) await delay(waitMs, stopping);
      if (stopping.aborted) break;
      const request = requestOf(seed, index);
      const draft: Draft = {
        key: request.key,
        invokedMs: systemClock.bootMs(),
        acknowledgedMs: null,
        jobIds: [],
      };
      submits.push(draft);
      const wanted = createRng(`${seed}/again/${index}`).next() < REPEAT_RATIO ? 2 : 1;
      while (draft.jobIds.length < wanted && !stopping.aborted) {
        try {
          const { jobId } = await caller.client().call("Submit", request, CALL_MS);
          draft.acknowledgedMs ??= systemClock.bootMs();
          draft.jobIds.push(jobId);
        } catch {
          failures++;
          caller.drop();
          await delay(AGAIN_MS, stopping);
        }
      }
    }
    caller.drop();
  };
  const done = Promise.all(Array.from({ length: CLIENTS }, (_, number) => client(number))).then(() => {});
  return { submits, failures: () => failures, done };
}

/** Keeps a connection while it works and opens another when it does not. */
function createCaller(world: World) {
  let open: HubClient | null = null;
  return {
    client: (): HubClient => {
      open ??= world.connect();
      return open;
    },
    drop: (): void => {
      open?.close();
      open = null;
    },
  };
}

/** Most are over at once; some outlive a renewal, a few a whole lease. */
function requestOf(seed: string, index: number) {
  const rng = createRng(`${seed}/job/${index}`);
  const kind = rng.next();
  const seconds =
    kind < 0.86 ? 0.02 + rng.next() * 0.3 : kind < 0.98 ? 1 + rng.next() * 2 : 6 + rng.next() * 6;
  const key = `job-${index}`;
  const isGpu = rng.next() < 0.5;
  return {
    key,
    producer: "chaos",
    runner: "chaos",
    paramsJson: JSON.stringify({
      key,
      seconds: Number(seconds.toFixed(3)),
      output: rng.next() < 0.3 ? "file" : "none",
    }),
    priority: "PRIORITY_BATCH",
    lane: isGpu ? "LANE_GPU" : "LANE_CPU",
    vramBytes: isGpu ? 1024 ** 3 : 0,
    subsystem: "rendering",
    onHubLoss: rng.next() < 0.03 ? "ON_HUB_LOSS_FINISH" : "ON_HUB_LOSS_STOP",
    maxRuntimeMs: MAX_RUNTIME_MS,
  } as const;
}

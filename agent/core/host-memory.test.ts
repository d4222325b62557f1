import { describe, expect, it } from "vitest";
import { HOST_MEMORY_POLICY, type HostMemoryReading } from "../../shared/policy/host-memory.ts";
import {
  admitOnHost,
  HOST_MEMORY_UNKNOWN,
  type HostMemorySample,
  type HostMemoryState,
  type SampledJob,
  stepHostMemory,
} from "./host-memory.ts";

const GIB = 1024 ** 3;
const MIB = 1024 ** 2;

function reading(availableGib: number, swapMibPerSecond = 0, psiFullPercent: number | null = 0) {
  return {
    totalBytes: 100 * GIB,
    availableBytes: availableGib * GIB,
    swapBytesPerSecond: swapMibPerSecond * MIB,
    psiFullPercent,
  } satisfies HostMemoryReading;
}

function job(id: string, rssGib: number | null, priority: SampledJob["priority"] = "batch"): SampledJob {
  return {
    id,
    priority,
    rssBytes: rssGib === null ? null : rssGib * GIB,
    isEnding: false,
  };
}

/** One sample a second from the unknown on; answers the state and relief after each. */
function run(...samples: readonly HostMemorySample[]) {
  let state: HostMemoryState = HOST_MEMORY_UNKNOWN;
  return samples.map((sample, second) => {
    const step = stepHostMemory(HOST_MEMORY_POLICY, state, sample, second * 1000);
    state = step.state;
    return step;
  });
}

describe("stepHostMemory", () => {
  it("calls a storm when stalls and swap traffic last, and sends batch first", () => {
    const jobs = [job("lora", 5), job("preload", 9, "background")];
    const stormy = { reading: reading(30, 64, 25), jobs };
    const steps = run(stormy, stormy, stormy, stormy);
    expect(steps.map(({ state }) => state.storm.kind)).toEqual([
      "gathering",
      "gathering",
      "gathering",
      "storm",
    ]);
    expect(steps.map(({ relief }) => relief?.id ?? null)).toEqual([null, null, null, "lora"]);
    expect(steps[3]?.relief?.cause).toBe("swap-storm");
  });

  it("stops a job that grows into what is left, long before it is gone", () => {
    const leaking = [0, 1, 2, 3, 4].map((second) => ({
      reading: reading(60 - 3 * second),
      jobs: [job("leaky", 5 + 3 * second), job("steady", 20)],
    }));
    const steps = run(...leaking);
    const first = steps.findIndex(({ relief }) => relief !== null);
    expect(steps[first]?.relief).toEqual({ id: "leaky", cause: "leak" });
    expect(first).toBeGreaterThan(1);
  });

  it("calls one large allocation no leak", () => {
    const steps = run(
      { reading: reading(60), jobs: [job("loads", 1)] },
      { reading: reading(52), jobs: [job("loads", 9)] },
      { reading: reading(52), jobs: [job("loads", 9)] },
    );
    expect(steps.map(({ relief }) => relief)).toEqual([null, null, null]);
  });

  it("stops nobody for a reading that is missing", () => {
    const [step] = run({ reading: null, jobs: [job("lora", 5)] });
    expect(step?.relief).toBeNull();
    expect(step?.state.reading).toBeNull();
  });

  it("forgets jobs that have ended, and guesses no growth of one it cannot read", () => {
    const steps = run(
      { reading: reading(60), jobs: [job("a", 1), job("b", null)] },
      { reading: reading(60), jobs: [job("b", null)] },
    );
    expect([...(steps[0]?.state.growth.keys() ?? [])]).toEqual(["a"]);
    expect([...(steps[1]?.state.growth.keys() ?? [])]).toEqual([]);
  });
});

describe("admitOnHost", () => {
  const claim = { priority: "batch", claimedBytes: 5 * GIB } as const;

  it("refuses everybody while memory is unknown", () => {
    for (const priority of ["realtime", "interactive", "background", "batch"] as const) {
      const verdict = admitOnHost(HOST_MEMORY_POLICY, HOST_MEMORY_UNKNOWN, { priority, claimedBytes: 0 });
      expect(verdict.kind, priority).toBe("refused");
    }
  });

  it("admits batch while there is room and refuses it in a storm", () => {
    const calm = run({ reading: reading(60), jobs: [] })[0];
    expect(admitOnHost(HOST_MEMORY_POLICY, calm?.state ?? HOST_MEMORY_UNKNOWN, claim).kind).toBe("admitted");
    const stormy = { reading: reading(60, 64, 12), jobs: [] };
    const storm = run(stormy, stormy, stormy, stormy)[3];
    expect(admitOnHost(HOST_MEMORY_POLICY, storm?.state ?? HOST_MEMORY_UNKNOWN, claim)).toMatchObject({
      kind: "refused",
      reason: "swap-storm",
    });
  });
});

import { describe, expect, it } from "vitest";
import {
  admitHostMemory,
  HOST_MEMORY_POLICY,
  type HostJob,
  type HostMemoryReading,
  hostPressure,
  planRelief,
  type SwapStorm,
  stepSwapStorm,
  unifiedPressure,
} from "./host-memory.ts";

const GIB = 1024 ** 3;
const MIB = 1024 ** 2;
const CALM: SwapStorm = { kind: "calm" };
const STORM: SwapStorm = { kind: "storm", sinceMs: 7 };

const reading = (more: Partial<HostMemoryReading> = {}): HostMemoryReading => ({
  totalBytes: 100 * GIB,
  availableBytes: 50 * GIB,
  swapBytesPerSecond: 0,
  psiFullPercent: 0,
  ...more,
});

describe("hostPressure", () => {
  it.each([
    ["half available", {}, 0.5],
    ["nothing available", { availableBytes: 0 }, 1],
    ["NaN", { availableBytes: Number.NaN }, 1],
    ["more available than there is", { availableBytes: 101 * GIB }, 1],
    ["no total", { totalBytes: 0, availableBytes: 0 }, 1],
  ])("of %s", (_name, more, expected) => expect(hostPressure(reading(more))).toBe(expected));

  it("is judged over one pool above the floor on unified memory", () => {
    expect(unifiedPressure(reading(), 20 * GIB)).toBe(50 / 80);
    expect(unifiedPressure(reading({ availableBytes: -1 }), 20 * GIB)).toBe(1);
  });
});

describe("admitHostMemory", () => {
  const admit = (
    priority: HostJob["priority"],
    more: Partial<HostMemoryReading>,
    claimedBytes = 0,
    storm: SwapStorm = CALM,
  ) => admitHostMemory(HOST_MEMORY_POLICY, reading(more), storm, { priority, claimedBytes });

  it.each([
    ["batch", 20],
    ["background", 10],
    ["interactive", 5],
    ["realtime", 2],
  ] as const)("refuses %s with %d %% left and admits it with one more", (priority, percent) => {
    const availableBytes = percent * GIB;
    expect(admit(priority, { availableBytes })).toMatchObject({ reason: "host-memory" });
    expect(admit(priority, { availableBytes: availableBytes + GIB }).kind).toBe("admitted");
  });

  it("counts what the claim will use", () => {
    expect(admit("batch", {}, 30 * GIB)).toMatchObject({ reason: "host-memory", value: 0.8, gate: 0.8 });
    expect(admit("batch", {}, 30 * GIB - MIB).kind).toBe("admitted");
  });

  it.each([
    ["batch", 10],
    ["background", 20],
    ["interactive", 40],
  ] as const)("refuses %s while the box stalls %d %% of its time", (priority, psiFullPercent) => {
    expect(admit(priority, { psiFullPercent })).toMatchObject({ reason: "host-stalls" });
    expect(admit(priority, { psiFullPercent: psiFullPercent - 1 }).kind).toBe("admitted");
  });

  it("takes a nonsense PSI for stalls and an absent one for none", () => {
    expect(admit("batch", { psiFullPercent: Number.NaN }).kind).toBe("refused");
    expect(admit("batch", { psiFullPercent: null }).kind).toBe("admitted");
  });

  it("starts nothing deferrable in a swap storm", () => {
    expect(admit("background", {}, 0, STORM)).toEqual({ kind: "refused", reason: "swap-storm", sinceMs: 7 });
    expect(admit("interactive", {}, 0, STORM).kind).toBe("admitted");
  });
});

describe("stepSwapStorm", () => {
  const busy = reading({ swapBytesPerSecond: 16 * MIB, psiFullPercent: 10 });
  const step = (storm: SwapStorm, from: HostMemoryReading, nowMs: number): SwapStorm =>
    stepSwapStorm(HOST_MEMORY_POLICY, storm, from, nowMs);

  it("breaks out after traffic and stalls have lasted, and ends with either", () => {
    const gathering = step(CALM, busy, 1_000);
    expect(gathering).toEqual({ kind: "gathering", sinceMs: 1_000 });
    expect(step(gathering, busy, 3_999)).toEqual(gathering);
    const storm = step(gathering, busy, 4_000);
    expect(storm).toEqual({ kind: "storm", sinceMs: 1_000 });
    expect(step(storm, { ...busy, psiFullPercent: 9 }, 5_000)).toEqual(CALM);
    expect(step(storm, { ...busy, swapBytesPerSecond: 0 }, 5_000)).toEqual(CALM);
  });

  it("does not take stalls without swap traffic for a storm", () => {
    expect(step(CALM, reading({ swapBytesPerSecond: null, psiFullPercent: 50 }), 0)).toEqual(CALM);
  });

  it("goes by traffic alone where the kernel has no PSI", () => {
    expect(step(CALM, { ...busy, psiFullPercent: null }, 0).kind).toBe("gathering");
  });
});

describe("planRelief", () => {
  const job = (id: string, priority: HostJob["priority"], more: Partial<HostJob> = {}): HostJob => ({
    id,
    priority,
    rssBytes: GIB,
    growthBytesPerSecond: 0,
    isEnding: false,
    ...more,
  });
  const everyone = [
    job("call", "realtime", { rssBytes: 9 * GIB }),
    job("llm", "interactive", { rssBytes: 9 * GIB }),
    job("lora", "background", { rssBytes: 5 * GIB }),
    job("small", "batch"),
    job("train", "batch", { rssBytes: 4 * GIB }),
  ];
  const relieve = (availableBytes: number, jobs: readonly HostJob[], storm: SwapStorm = CALM) =>
    planRelief(HOST_MEMORY_POLICY, reading({ availableBytes }), storm, jobs);

  it("leaves everybody alone while there is room", () => {
    expect(relieve(9 * GIB, everyone)).toBeNull();
  });

  it("takes batch first, the largest first", () => {
    expect(relieve(8 * GIB, everyone)).toEqual({ id: "train", cause: "host-memory" });
    const rest = everyone.filter((each) => each.id !== "train");
    expect(relieve(8 * GIB, rest)).toEqual({ id: "small", cause: "host-memory" });
  });

  it("takes background only when no batch is left and it is worse, and nobody beyond", () => {
    const noBatch = everyone.filter((each) => each.priority !== "batch");
    expect(relieve(6 * GIB, noBatch)).toBeNull();
    expect(relieve(5 * GIB, noBatch)).toMatchObject({ id: "lora" });
    expect(relieve(0, everyone.slice(0, 2), STORM)).toBeNull();
  });

  it("acts in a swap storm whatever is available", () => {
    expect(relieve(50 * GIB, everyone, STORM)).toMatchObject({ id: "train", cause: "swap-storm" });
  });

  it("stops a leaking job first, before the box is full", () => {
    const leak = job("leak", "batch", { growthBytesPerSecond: GIB, rssBytes: MIB });
    expect(relieve(30 * GIB, [...everyone, leak])).toEqual({ id: "leak", cause: "leak" });
    expect(relieve(31 * GIB, [...everyone, leak])).toBeNull();
  });

  it("waits until its last victim is gone", () => {
    expect(relieve(GIB, [...everyone, job("going", "batch", { isEnding: true })], STORM)).toBeNull();
  });
});

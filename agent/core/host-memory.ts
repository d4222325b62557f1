/**
 * Host memory: what the node knows of main memory from sample to sample, folded into the answers that are
 * asked of it: may this start, is there a swap storm, who has to give way. Pure; the rules are those of
 * `shared/policy/host-memory`, and an unknown reading refuses every start but never stops a job.
 */
import type { Priority } from "../../shared/model/priority.ts";
import {
  admitHostMemory,
  type HostJob,
  type HostMemoryPolicy,
  type HostMemoryReading,
  type HostMemoryVerdict,
  planRelief,
  type Relief,
  type SwapStorm,
  stepSwapStorm,
} from "../../shared/policy/host-memory.ts";

/** A running job as the supervisor sees it at a sample; `rssBytes` null where it cannot be read. */
export interface SampledJob extends Omit<HostJob, "rssBytes" | "growthBytesPerSecond"> {
  readonly rssBytes: number | null;
}

interface Growth {
  readonly rssBytes: number;
  /** Smoothed; ≤ 0 when steady. */
  readonly bytesPerSecond: number;
}

export interface HostMemoryState {
  /** Null while unknown. */
  readonly reading: HostMemoryReading | null;
  readonly storm: SwapStorm;
  readonly growth: ReadonlyMap<string, Growth>;
  readonly atMs: number | null;
}

export const HOST_MEMORY_UNKNOWN: HostMemoryState = {
  reading: null,
  storm: { kind: "calm" },
  growth: new Map(),
  atMs: null,
};

export interface HostMemorySample {
  readonly reading: HostMemoryReading | null;
  readonly jobs: readonly SampledJob[];
}

export interface HostMemoryStep {
  readonly state: HostMemoryState;
  /** Who has to give way now, or null. */
  readonly relief: Relief | null;
}

/** Growth forgets half of what it knew in this time: one large allocation is no leak. */
const GROWTH_HALF_LIFE_MS = 3_000;

/** The state after one sample. A sample in which nothing could be read leaves the storm as it was. */
export function stepHostMemory(
  policy: HostMemoryPolicy,
  state: HostMemoryState,
  { reading, jobs }: HostMemorySample,
  nowMs: number,
): HostMemoryStep {
  const elapsedMs = state.atMs === null ? 0 : nowMs - state.atMs;
  const growth = new Map<string, Growth>();
  for (const { id, rssBytes } of jobs) {
    if (rssBytes !== null) growth.set(id, stepGrowth(state.growth.get(id), rssBytes, elapsedMs));
  }
  const storm = reading === null ? state.storm : stepSwapStorm(policy, state.storm, reading, nowMs);
  const next = { reading, storm, growth, atMs: nowMs };
  return { state: next, relief: reading && planRelief(policy, reading, storm, judgedJobs(jobs, growth)) };
}

/** Whether work may start now. Unknown memory refuses, whatever the priority: an unread gate stays shut. */
export function admitOnHost(
  policy: HostMemoryPolicy,
  state: HostMemoryState,
  claim: { readonly priority: Priority; readonly claimedBytes: number },
): HostMemoryVerdict {
  const reading = state.reading ?? UNREADABLE;
  return admitHostMemory(policy, reading, state.storm, claim);
}

/** No memory at all: its pressure is 1. */
const UNREADABLE: HostMemoryReading = {
  totalBytes: 0,
  availableBytes: 0,
  swapBytesPerSecond: null,
  psiFullPercent: null,
};

function judgedJobs(jobs: readonly SampledJob[], growth: ReadonlyMap<string, Growth>): readonly HostJob[] {
  return jobs.map((job) => ({
    ...job,
    rssBytes: job.rssBytes ?? 0,
    growthBytesPerSecond: growth.get(job.id)?.bytesPerSecond ?? 0,
  }));
}

function stepGrowth(before: Growth | undefined, rssBytes: number, elapsedMs: number): Growth {
  if (before === undefined || elapsedMs <= 0) {
    return { rssBytes, bytesPerSecond: before?.bytesPerSecond ?? 0 };
  }
  const present = ((rssBytes - before.rssBytes) * 1000) / elapsedMs;
  const kept = Math.exp((-Math.LN2 * elapsedMs) / GROWTH_HALF_LIFE_MS);
  return { rssBytes, bytesPerSecond: kept * before.bytesPerSecond + (1 - kept) * present };
}

/**
 * HostMemory: the priority table on main memory, so that no job can take the machine down (SPEC N2).
 *
 * Readings come from CPU-bearing NUMA nodes only: on a coherent box the card's memory would otherwise look
 * like free host memory. Three signals close a gate: what is not available, stalls (PSI) and swap. A swap
 * storm is judged by stalls and traffic together and must last, because a full but quiet swap hurts nobody.
 * Relief stops one victim at a time, batch before background, a leaking job first, and never anybody else; parking
 * would only move more into main memory (ADR 0013).
 */
import { PRIORITY_RANK, type Priority } from "../model/priority.ts";
import type { GateTable } from "./gate.ts";
import { isAmount, pressureRatio, usableBytes } from "./pressure.ts";

export interface HostMemoryReading {
  /** Of the CPU-bearing nodes. */
  readonly totalBytes: number;
  readonly availableBytes: number;
  /** Swapped in and out per second since the last reading; null on the first one. */
  readonly swapBytesPerSecond: number | null;
  /** PSI `full avg10`, percent 0…100; null where the kernel has no PSI. */
  readonly psiFullPercent: number | null;
}

export interface HostMemoryPolicy {
  /** Pressure (1 − available / total) at and above which a priority starts nothing. */
  readonly gates: GateTable;
  /** Share of time stalled, percent, at and above which a priority starts nothing. */
  readonly psiGates: GateTable;
  /** Pressure from which running batch work has to give way, and background when no batch is left. */
  readonly relieveBatchAt: number;
  readonly relieveBackgroundAt: number;
  /** A storm is traffic and stalls at or above both of these for `stormAfterMs`. */
  readonly stormBytesPerSecond: number;
  readonly stormPsiPercent: number;
  readonly stormAfterMs: number;
  /** A job that would use up what is available within this time leaks. */
  readonly leakHorizonMs: number;
}

export const HOST_MEMORY_POLICY: HostMemoryPolicy = {
  gates: { realtime: 0.98, interactive: 0.95, background: 0.9, batch: 0.8 },
  psiGates: { realtime: 100, interactive: 40, background: 20, batch: 10 },
  relieveBatchAt: 0.92,
  relieveBackgroundAt: 0.95,
  stormBytesPerSecond: 16 * 1024 ** 2,
  stormPsiPercent: 10,
  stormAfterMs: 3_000,
  leakHorizonMs: 30_000,
};

/** 1 − available / total; a reading that cannot be true is 1. */
export function hostPressure(reading: HostMemoryReading): number {
  const { totalBytes, availableBytes } = reading;
  if (!isAmount(availableBytes) || !(totalBytes > 0) || availableBytes > totalBytes) return 1;
  return pressureRatio(totalBytes - availableBytes, totalBytes);
}

/** One pool for host and card (`memoryModel: unified`), above the floor that the system keeps for itself. */
export function unifiedPressure(reading: HostMemoryReading, osFloorBytes: number): number {
  if (hostPressure(reading) === 1) return 1;
  const usedBytes = reading.totalBytes - reading.availableBytes;
  return pressureRatio(usedBytes, usableBytes(reading.totalBytes, osFloorBytes));
}

/** Main memory above the floor that always stays with the system: what is left of one pool for work. */
export function aboveFloor(reading: HostMemoryReading, osFloorBytes: number): HostMemoryReading {
  if (osFloorBytes === 0) return reading;
  const totalBytes = usableBytes(reading.totalBytes, osFloorBytes);
  const availableBytes = Math.max(0, reading.availableBytes - (reading.totalBytes - totalBytes));
  return { ...reading, totalBytes, availableBytes };
}

export type HostMemoryVerdict =
  | { readonly kind: "admitted"; readonly pressure: number }
  | {
      readonly kind: "refused";
      readonly reason: "host-memory" | "host-stalls";
      /** The figure that was judged: pressure with the claim, or PSI percent. */
      readonly value: number;
      readonly gate: number;
    }
  | { readonly kind: "refused"; readonly reason: "swap-storm"; readonly sinceMs: number };

/** Whether work of this priority may start and grow to `claimedBytes` of host memory. Equality refuses. */
export function admitHostMemory(
  policy: HostMemoryPolicy,
  reading: HostMemoryReading,
  storm: SwapStorm,
  claim: { readonly priority: Priority; readonly claimedBytes: number },
): HostMemoryVerdict {
  const { priority, claimedBytes } = claim;
  if (storm.kind === "storm" && isDeferrable(priority)) {
    return { kind: "refused", reason: "swap-storm", sinceMs: storm.sinceMs };
  }
  const availableBytes = Math.max(0, reading.availableBytes - claimedBytes);
  const pressure = hostPressure({ ...reading, availableBytes });
  if (pressure >= policy.gates[priority]) {
    return { kind: "refused", reason: "host-memory", value: pressure, gate: policy.gates[priority] };
  }
  const psi = reading.psiFullPercent;
  const psiGate = policy.psiGates[priority];
  if (psi !== null && !(psi < psiGate)) {
    return { kind: "refused", reason: "host-stalls", value: psi, gate: psiGate };
  }
  return { kind: "admitted", pressure };
}

export type SwapStorm =
  | { readonly kind: "calm" }
  /** The signs are there, but not for long enough yet. */
  | { readonly kind: "gathering"; readonly sinceMs: number }
  | { readonly kind: "storm"; readonly sinceMs: number };

/** The state of the storm after one reading. Where there is no PSI, traffic alone decides. */
export function stepSwapStorm(
  policy: HostMemoryPolicy,
  storm: SwapStorm,
  reading: HostMemoryReading,
  nowMs: number,
): SwapStorm {
  const isBusy = (reading.swapBytesPerSecond ?? 0) >= policy.stormBytesPerSecond;
  const isStalled = reading.psiFullPercent === null || reading.psiFullPercent >= policy.stormPsiPercent;
  if (!isBusy || !isStalled) return { kind: "calm" };
  const sinceMs = storm.kind === "calm" ? nowMs : storm.sinceMs;
  return { kind: nowMs - sinceMs >= policy.stormAfterMs ? "storm" : "gathering", sinceMs };
}

/** A running job as relief sees it. */
export interface HostJob {
  readonly id: string;
  readonly priority: Priority;
  readonly rssBytes: number;
  /** Growth of its resident memory, smoothed by the sampler; ≤ 0 when steady. */
  readonly growthBytesPerSecond: number;
  /** It was told to stop and has not ended yet. */
  readonly isEnding: boolean;
}

export interface Relief {
  readonly id: string;
  readonly cause: "leak" | "swap-storm" | "host-memory";
}

/** The next job that has to give way, or null. One at a time: while a victim is ending, nobody else goes. */
export function planRelief(
  policy: HostMemoryPolicy,
  reading: HostMemoryReading,
  storm: SwapStorm,
  jobs: readonly HostJob[],
): Relief | null {
  if (jobs.some((job) => job.isEnding)) return null;
  const deferrable = jobs.filter((job) => isDeferrable(job.priority));
  const leaks = (job: HostJob): boolean => isLeaking(policy, reading, job);
  const leaker = worstFirst(deferrable.filter(leaks))[0];
  if (leaker !== undefined) return { id: leaker.id, cause: "leak" };
  const cause = storm.kind === "storm" ? "swap-storm" : "host-memory";
  const victim = worstFirst(deferrable).find((job) => mustGiveWay(policy, reading, storm, job.priority));
  return victim === undefined ? null : { id: victim.id, cause };
}

/** Grows so fast that what is available would be gone within the horizon. */
function isLeaking(policy: HostMemoryPolicy, reading: HostMemoryReading, job: HostJob): boolean {
  const growthBytes = (job.growthBytesPerSecond * policy.leakHorizonMs) / 1000;
  return growthBytes > 0 && growthBytes >= reading.availableBytes;
}

function mustGiveWay(
  policy: HostMemoryPolicy,
  reading: HostMemoryReading,
  storm: SwapStorm,
  priority: Priority,
): boolean {
  const limit = priority === "batch" ? policy.relieveBatchAt : policy.relieveBackgroundAt;
  return storm.kind === "storm" || hostPressure(reading) >= limit;
}

/** Batch before background, larger before smaller, ties by id. */
function worstFirst(jobs: readonly HostJob[]): readonly HostJob[] {
  return [...jobs].sort(
    (a, b) =>
      PRIORITY_RANK[b.priority] - PRIORITY_RANK[a.priority] ||
      b.rssBytes - a.rssBytes ||
      (a.id < b.id ? -1 : 1),
  );
}

function isDeferrable(priority: Priority): boolean {
  return priority === "background" || priority === "batch";
}

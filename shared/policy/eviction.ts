/**
 * Eviction: who should leave first when VRAM is short (SPEC N4, layer 1), and by which rung of the ladder
 * (N10). Scores and plans only; executing a rung and proving its bytes belong to the node.
 */
import type { Priority } from "../model/priority.ts";
import type { Consumer } from "./ledger.ts";

/** Realtime has no weight: it cannot be evicted by any arithmetic. */
export const EVICTION_WEIGHT: Readonly<Record<Exclude<Priority, "realtime">, number>> = {
  interactive: 0.7,
  background: 0.4,
  batch: 0.2,
};

/** What eviction looks at; every `Consumer` of a ledger is one. */
export type Evictable = Pick<
  Consumer,
  | "id"
  | "label"
  | "subsystem"
  | "priority"
  | "bytes"
  | "allocatedAtMs"
  | "lastUsedAtMs"
  | "evictable"
  | "reloadMs"
>;

export interface EvictionPolicy {
  /** A consumer younger than this is no candidate: it has not paid for its loading yet. */
  readonly minResidencyMs: number;
  /** How many times its reload time a consumer must sit idle before its idleness counts; 0 ignores it. */
  readonly reloadFactor: number;
}

export const EVICTION_POLICY: EvictionPolicy = { minResidencyMs: 0, reloadFactor: 0 };

/** Seconds since last use; 0 for a last use in the future. */
export function idleSeconds(consumer: Pick<Evictable, "lastUsedAtMs">, nowMs: number): number {
  return Math.max(0, nowMs - consumer.lastUsedAtMs) / 1000;
}

/** idle_s / (weight × 10); 0 for what may not be evicted. Finite, and higher means sooner. */
export function evictionScore(consumer: Evictable, nowMs: number, policy = EVICTION_POLICY): number {
  if (consumer.priority === "realtime" || !consumer.evictable) return 0;
  const reloadSeconds = (consumer.reloadMs / 1000) * policy.reloadFactor;
  const countedSeconds = Math.max(0, idleSeconds(consumer, nowMs) - reloadSeconds);
  return countedSeconds / (EVICTION_WEIGHT[consumer.priority] * 10);
}

export interface Candidate {
  readonly id: string;
  readonly label: string;
  readonly subsystem: string;
  readonly priority: Exclude<Priority, "realtime">;
  readonly bytes: number;
  readonly idleSeconds: number;
  readonly score: number;
}

/** Everything that may be evicted, first to go first: by score, ties by id. */
export function evictionCandidates(
  consumers: Iterable<Evictable>,
  nowMs: number,
  policy = EVICTION_POLICY,
): readonly Candidate[] {
  const candidates: Candidate[] = [];
  for (const consumer of consumers) {
    const { id, label, subsystem, priority, bytes } = consumer;
    const residencyMs = Math.max(0, nowMs - consumer.allocatedAtMs);
    const isTooYoung = residencyMs < policy.minResidencyMs;
    if (priority === "realtime" || !consumer.evictable || isTooYoung) continue;
    const score = evictionScore(consumer, nowMs, policy);
    candidates.push({
      id,
      label,
      subsystem,
      priority,
      bytes,
      idleSeconds: idleSeconds(consumer, nowMs),
      score,
    });
  }
  return candidates.sort((a, b) => b.score - a.score || (a.id < b.id ? -1 : 1));
}

/** Cheapest first: what loses least for the one who must give way. */
export const RUNGS = ["shrink", "unload", "park", "term", "kill"] as const;
export type Rung = (typeof RUNGS)[number];

/** What a consumer's adapter can do, and the bytes each rung would return. */
export type RungOffer = Readonly<Partial<Record<Rung, number>>>;

export interface LadderStep {
  readonly id: string;
  readonly rung: Rung;
  readonly expectedBytes: number;
}

export interface LadderPlan {
  readonly steps: readonly LadderStep[];
  /** Bytes that the steps cannot find; 0 when the plan suffices. */
  readonly shortfallBytes: number;
}

/**
 * Walks the candidates in their order and takes from each the cheapest rung that yields what is still
 * missing, or all that this consumer can yield. Consumers without an offer are passed over.
 */
export function planLadder(
  candidates: readonly Pick<Candidate, "id">[],
  offers: ReadonlyMap<string, RungOffer>,
  bytesNeeded: number,
): LadderPlan {
  const steps: LadderStep[] = [];
  let missingBytes = Math.max(0, bytesNeeded);
  for (const { id } of candidates) {
    if (missingBytes === 0) break;
    const step = cheapestStep(id, offers.get(id) ?? {}, missingBytes);
    if (step === null) continue;
    steps.push(step);
    missingBytes = Math.max(0, missingBytes - step.expectedBytes);
  }
  return { steps, shortfallBytes: missingBytes };
}

function cheapestStep(id: string, offer: RungOffer, missingBytes: number): LadderStep | null {
  const wantedBytes = Math.min(missingBytes, Math.max(0, ...Object.values(offer)));
  if (wantedBytes === 0) return null;
  const rung = RUNGS.find((each) => (offer[each] ?? 0) >= wantedBytes);
  return rung === undefined ? null : { id, rung, expectedBytes: offer[rung] ?? 0 };
}

/** The next dearer rung on offer after one whose proof of bytes failed; null at the end of the ladder. */
export function nextRung(offer: RungOffer, failed: Rung): Rung | null {
  return RUNGS.slice(RUNGS.indexOf(failed) + 1).find((rung) => (offer[rung] ?? 0) > 0) ?? null;
}

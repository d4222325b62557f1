/**
 * Losses: what it says of a job that it keeps losing its nodes. A loss burns no attempt, because a node may die of
 * anything; but a job that takes its node or its card with it would tour the fleet for ever. So losses that may be its
 * own doing are counted, those that are known to be somebody else's are not, and a job with too many of them waits for
 * a person (docs/adr/0021).
 */
import type { Evidence } from "../arbiter/arbiter.ts";
import { isDelivering } from "../soft.ts";
import type { Job, Lease } from "../state.ts";
import type { Tx } from "../transaction.ts";
import type { AttemptEnd } from "./queue.ts";

export const LOSS_POLICY = {
  /** With so many a job is quarantined: of honest ones that lose every third attempt one in 6,500 comes here. */
  suspectMax: 8,
  /** A service that has run for so long has not brought its node down with it: its count begins anew. */
  servedMs: 3_600_000,
} as const;

/** From now on for a whole re-grant window nobody's losses count: the hub was away, or much of the fleet. */
export function excuseLosses({ soft, times, timing }: Tx): void {
  soft.excusedUntilBootMs = times.bootMs + timing.regrantAfterMs;
}

/** Losses of its job that may be its own doing, this end included; null when this end is none. */
export function countSuspect(tx: Tx, lease: Lease, job: Job, end: AttemptEnd): number | null {
  const isLoss = end.outcome === "infra-lost" || end.outcome === "wedged";
  const hadProcess = job.startedJournalMs !== null && !isDelivering(tx.soft, job);
  if (!isLoss || !hadProcess || isExcused(tx, lease, end)) return null;
  const isAnew = job.service !== null && end.ranMs >= LOSS_POLICY.servedMs;
  return (isAnew ? 0 : (job.suspectLosses ?? 0)) + 1;
}

/** Somebody was about to end the work, or the node, or the hub could not tell one node that dies from a fleet. */
function isExcused({ state, soft, times }: Tx, lease: Lease, { silentMs = 0 }: AttemptEnd): boolean {
  const { state: desired } = state.desired;
  if (desired === "down" || desired === "disabled" || state.safe !== null) return true;
  if (lease.isPreempted === true || state.cordons.has(lease.node) || soft.panic !== null) return true;
  return times.bootMs - silentMs <= soft.excusedUntilBootMs;
}

/** What there is to say of it, for people; nothing before the first. */
export function lossEvidence({ suspectLosses = 0 }: Job): readonly Evidence[] {
  if (suspectLosses === 0) return [];
  const value = `${suspectLosses} of ${LOSS_POLICY.suspectMax}: its node or its card was gone while it ran`;
  return [{ name: "losses that may be its doing", value, ageMs: 0 }];
}

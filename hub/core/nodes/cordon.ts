/**
 * Cordon: keeping new work off a node by hand, and bringing its running work to an end (drain). A cordon is
 * durable and outlives the node's sessions and the hub; only whoever lifts it ends it. What a drain stops at its
 * deadline goes back to the queue as preempted: it burns no attempt, because the job did nothing wrong.
 */
import type { Evidence } from "../arbiter/arbiter.ts";
import type { Actor } from "../event.ts";
import { grantReady } from "../placement/placement.ts";
import { stopAttempt } from "../placement/preempt.ts";
import { isPinned } from "../queue/services.ts";
import type { Cordon, HubState, Lease } from "../state.ts";
import type { Tx } from "../transaction.ts";
import { giveBack } from "./health.ts";

export interface CordonRequest extends Actor {
  readonly node: string;
  readonly isDrain: boolean;
  /** Time that running work of a drain is given; null: as long as it takes. */
  readonly deadlineMs: number | null;
}

/** Cordons a node; one that is cordoned already is so from now on in the way that is asked. */
export function cordon(tx: Tx, { node, isDrain, deadlineMs, actor, reason }: CordonRequest): void {
  const stopAtMs = isDrain && deadlineMs !== null ? tx.times.journalMs + deadlineMs : null;
  tx.emit({ kind: "node.cordoned", node, isDrain, stopAtMs, actor, reason });
  stopDrained(tx);
}

/** Lifts a cordon and takes a node back that was out of service; false when there was nothing to lift. */
export function uncordon(tx: Tx, node: string, { actor, reason }: Actor): boolean {
  const isCordoned = tx.state.cordons.has(node);
  const isHole = (tx.state.health.get(node)?.hole ?? null) !== null;
  if (isCordoned) tx.emit({ kind: "node.uncordoned", node, actor, reason });
  if (isHole) giveBack(tx, node, actor, reason);
  if (isCordoned || isHole) grantReady(tx);
  return isCordoned || isHole;
}

/** Stops what still runs on nodes whose drain has reached its deadline. */
export function stopDrained(tx: Tx): void {
  for (const [node, { isDrain, stopAtMs, by, reason }] of tx.state.cordons) {
    if (!isDrain || stopAtMs === null || tx.times.journalMs < stopAtMs) continue;
    for (const lease of leasesOn(tx.state, node)) {
      const job = tx.state.jobs.get(lease.jobId);
      // Its users are told first, and it goes when they have gone.
      if (job !== undefined && job.service !== null && isPinned(tx.state, job)) continue;
      const detail = `${node} is drained: ${reason || "no reason given"}`;
      stopAttempt(tx, lease, { claimant: null, actor: by, reason: detail, holdUntilMs: null });
    }
  }
}

export function leasesOn(state: HubState, node: string): readonly Lease[] {
  return [...state.leases.values()].filter((lease) => lease.node === node);
}

/** What there is to say of a cordon, for people. */
export function cordonEvidence({ by, reason, sinceMs, isDrain }: Cordon, journalMs: number): Evidence {
  const value = `by ${by}${reason === "" ? "" : `: ${reason}`}`;
  return { name: isDrain ? "draining" : "cordoned", value, ageMs: Math.max(0, journalMs - sinceMs) };
}

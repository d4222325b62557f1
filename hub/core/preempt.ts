/**
 * Preempt: ending an attempt for the sake of something else. The stop is journaled before it is sent, so that
 * whatever the holder says of the end, the job goes back to the queue with nothing against it.
 */
import type { Actor } from "./event.ts";
import { sendStop } from "./queue.ts";
import type { Lease } from "./state.ts";
import type { Tx } from "./transaction.ts";

export interface StopOrder extends Actor {
  /** Job that its room is kept for; null where nothing waits for it. */
  readonly claimant: string | null;
  /** Journal time until which the room is kept. */
  readonly holdUntilMs: number | null;
}

/** Tells the holder to end an attempt as preempted; an attempt is told once. */
export function stopAttempt(tx: Tx, lease: Lease, order: StopOrder): void {
  const job = tx.state.jobs.get(lease.jobId);
  if (job === undefined || lease.isPreempted === true || job.cancelReason !== null) return;
  // Its work is done and is being delivered.
  if (job.state === "finalising") return;
  const { token, node } = lease;
  tx.emit({ kind: "job.preempted", jobId: job.id, token, node, ...order });
  sendStop(tx, job, order.reason, tx.timing.termGraceMs);
}

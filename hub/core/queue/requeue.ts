/**
 * Requeue: a job that ended badly is given another start, by hand. Its counters begin anew, its id, key and
 * history stay. What succeeded is not done again, and a job of a campaign belongs to its cycle, which has gone on
 * without it.
 */
import { JOB_LIMITS } from "../../../shared/model/job.ts";
import type { Actor } from "../event.ts";
import { type Job, liveCount } from "../state.ts";
import type { Tx } from "../transaction.ts";
import { whyNeverAfter } from "./dependency.ts";

/** Puts the job back into the queue; answers with why not, or null. */
export function requeueJob(tx: Tx, job: Job, by: Actor): string | null {
  const refusal = whyNotRequeued(tx, job);
  if (refusal === null) tx.emit({ kind: "job.requeued", jobId: job.id, ...by });
  return refusal;
}

export function whyNotRequeued({ state }: Pick<Tx, "state">, job: Job): string | null {
  if (!["failed", "cancelled", "quarantined"].includes(job.state))
    return `is ${job.state}: only what failed, was cancelled or is quarantined is requeued`;
  if (job.slot !== null)
    return `belongs to a cycle of campaign ${job.slot.campaign}, which has gone on without it`;
  if (liveCount(state.index) >= JOB_LIMITS.liveJobs)
    return `the queue holds ${JOB_LIMITS.liveJobs} live jobs, its bound: wait or cancel some`;
  return whyNeverAfter(state, job.blockedBy ?? []);
}

/**
 * Dependency: jobs that come after others. A job waits until each of them has succeeded and its outputs lie in
 * renders/; when one of them ends otherwise it is cancelled with that reason, and so is whatever comes after it.
 * A circle cannot be made: a job names only jobs that were there before it.
 */
import type { Evidence } from "../arbiter/arbiter.ts";
import { type HubState, isFinished, type Job, wasJob } from "../state.ts";
import type { Tx } from "../transaction.ts";

/** Why a job that comes after these would wait for ever; null when it would not. */
export function whyNeverAfter(state: HubState, jobIds: readonly string[]): string | null {
  for (const jobId of jobIds) {
    const job = state.jobs.get(jobId);
    if (job === undefined) {
      const cure = wasJob(state, jobId) ? "has ended and is forgotten: leave it out" : "does not exist";
      return `after: ${jobId} ${cure}`;
    }
    if (job.service !== null) return `after: ${jobId} is a service, which never succeeds: say uses instead`;
    if (isFinished(job) && job.state !== "succeeded")
      return `after: ${jobId} is ${job.state}: requeue it first`;
  }
  return null;
}

/** Cancels what comes after jobs that ended badly, and what comes after that. */
export function cancelBroken(tx: Tx): void {
  const { jobs, index } = tx.state;
  // Each cancellation may break others, which join the set while it is walked.
  for (const jobId of index.broken) {
    const reason = `${jobId}, which it comes after, is ${jobs.get(jobId)?.state}`;
    for (const waiting of [...(index.dependents.get(jobId) ?? [])])
      tx.emit({ kind: "job.cancelled", jobId: waiting, actor: "hub", reason });
  }
}

/** The jobs that it waits for, how they stand, and for how long where that is known. */
export function dependencyEvidence(
  { jobs }: HubState,
  { blockedBy = [] }: Job,
  journalMs: number,
): readonly Evidence[] {
  return blockedBy.map((jobId) => {
    const needed = jobs.get(jobId);
    const name = `comes after ${jobId}`;
    if (needed === undefined) return { name, value: "gone", ageMs: 0 };
    const { state, node, endedJournalMs, startedJournalMs } = needed;
    const sinceMs = endedJournalMs ?? startedJournalMs;
    const value = state === "succeeded" ? "succeeded, not yet published" : state;
    const where = state === "running" || state === "finalising" ? ` on ${node}` : "";
    const isOld = state !== "pending" && sinceMs !== null;
    return { name, value: `${value}${where}`, ageMs: isOld ? Math.max(0, journalMs - sinceMs) : 0 };
  });
}

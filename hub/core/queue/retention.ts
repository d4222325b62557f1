/**
 * Retention: which finished jobs the hub still remembers. Without it jobs, keys and accepted tokens would grow for
 * ever, and with them each snapshot. Fencing loses nothing: tokens only grow, so one that is unknown and not above
 * the last is stale. What was rendered stays where it is.
 */
import { RETENTION } from "../../../shared/model/retention.ts";
import type { HubState } from "../state.ts";
import type { Tx } from "../transaction.ts";

/** Forgets a batch of what is beyond the bounds; the count is looked at always, ages now and then. */
export function forgetFinished(tx: Tx): void {
  const { state, soft, times } = tx;
  const isCrowded = state.index.finished.size >= RETENTION.finishedJobs + RETENTION.batch;
  if (!isCrowded && times.bootMs < soft.forgetAtBootMs) return;
  soft.forgetAtBootMs = times.bootMs + RETENTION.lookMs;
  const jobIds = forgettable(state, times.journalMs);
  if (jobIds.length > 0) tx.emit({ kind: "job.forgotten", jobIds });
}

/** The oldest first: those too many and those too old, at most a batch. */
function forgettable(state: HubState, journalMs: number): readonly string[] {
  const { finished } = state.index;
  const needed = neededJobs(state);
  const jobIds: string[] = [];
  let excess = finished.size - RETENTION.finishedJobs;
  for (const jobId of finished) {
    const endedMs = state.jobs.get(jobId)?.endedJournalMs ?? journalMs;
    const isOld = journalMs - endedMs > RETENTION.finishedMs;
    if (jobIds.length === RETENTION.batch || (excess <= 0 && !isOld)) break;
    excess--;
    if (!needed.has(jobId) && !state.index.dependents.has(jobId)) jobIds.push(jobId);
  }
  return jobIds;
}

/** What a campaign still builds on, and what it shows of itself for good: its best render and its master. */
function neededJobs({ campaigns }: HubState): ReadonlySet<string | null> {
  return new Set(
    [...campaigns.values()].flatMap(({ slots, best, masterJob }) => [
      ...slots.flatMap(({ renderJob, evaluateJob }) => [renderJob, evaluateJob]),
      best?.jobId ?? null,
      masterJob,
    ]),
  );
}

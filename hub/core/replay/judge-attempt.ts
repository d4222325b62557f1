/** Judge of ends: whether a silent holder would have been given up, and where the job would have gone. */
import type { AfterAttempt } from "../event.ts";
import { afterAttempt } from "../queue/queue.ts";
import { agreed, type Finding, type Of, type Scene } from "./judgement.ts";

type Ended = Scene<Of<"attempt.ended">>;

/** Null where the attempt did not end by silence. */
export function judgeExpiry({ event, state, policy }: Ended): Finding | null {
  const { token, jobId, silentMs, node } = event;
  if (silentMs === undefined) return null;
  const lease = state.leases.get(token);
  if (lease === undefined) return { decision: "expire", missing: "the lease" };
  const dueMs = policy.regrantAfterMs + lease.offlineGraceMs;
  if (silentMs >= dueMs) return agreed("expire", jobId, "given up");
  const why = `${node} was silent for ${seconds(silentMs)}, and may be for ${seconds(dueMs)}`;
  return { decision: "expire", subject: jobId, was: "given up", wouldBe: "still held", why };
}

export function judgeRetry({ event, state, policy, hasJournalTime }: Ended): Finding {
  const { jobId, node, next, at, outcome, detail, ranMs, exitCode, suspectLosses } = event;
  const job = state.jobs.get(jobId);
  if (job === undefined || outcome === "ok") return { decision: "retry", missing: "the job" };
  const maxAttempts = policy.maxAttempts ?? job.spec.maxAttempts;
  const asked = { ...job, spec: { ...job.spec, maxAttempts } };
  const end = { outcome, detail, ranMs, exitCode, ...(suspectLosses === undefined ? {} : { suspectLosses }) };
  const would = afterAttempt(asked, end, node, at.journalMs);
  const words = (after: AfterAttempt): string => wordsOf(after, hasJournalTime ? at.journalMs : null);
  const was = words(next);
  const wouldBe = words(would);
  const why =
    was === wouldBe ? "" : `${outcome}, ${job.attempts} attempt(s) burned before, at most ${maxAttempts}`;
  return { decision: "retry", subject: jobId, was, wouldBe, why };
}

function wordsOf(after: AfterAttempt, nowMs: number | null): string {
  if (after.state !== "pending" || nowMs === null) return after.state;
  return `pending after ${seconds(after.notBeforeMs - nowMs)}`;
}

function seconds(ms: number): string {
  return `${Math.round(ms / 100) / 10} s`;
}

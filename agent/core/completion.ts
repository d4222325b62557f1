/**
 * Completion: how an attempt's end is settled and told. Every end becomes a completion that is durable before
 * it is told and that is told until the hub answers, so a hub or an agent may die at any moment in between. A
 * token that the hub has given up is answered `stale`: there is no second path for dead ones.
 */
import type { Completion, CompletionStatus } from "../../shared/model/messages.ts";
import { release } from "../../shared/policy/ledger.ts";
import { runMs } from "./service.ts";
import { countForStartLimit } from "./start-limits.ts";
import type { Attempt, HeldJob, Phase } from "./state.ts";
import type { Tx } from "./transaction.ts";

export type AttemptEnd = Pick<Completion, "outcome" | "detail"> &
  Partial<Pick<Completion, "exitCode" | "manifestSha256" | "result">>;

/** Settles how an attempt ended; it then waits for the disk and for the hub. */
export function conclude(tx: Tx, attempt: Attempt, end: AttemptEnd): void {
  const { job, startedBootMs, peakVramBytes } = attempt;
  const ranMs = runMs(attempt, tx.nowMs);
  const { outcome, detail, exitCode = -1, manifestSha256 = null, result = {} } = end;
  const { token, jobId } = job;
  const completion = { token, outcome, exitCode, detail, manifestSha256, result, peakVramBytes, ranMs };
  attempt.completion = completion;
  if (!attempt.isProcessAlive) freeReservation(tx, job);
  if (startedBootMs !== null) countForStartLimit(tx, job.runner, outcome);
  move(tx, attempt, "completing", outcome);
  tx.effect({ kind: "saveCompletion", completion });
  const level = outcome === "ok" || outcome === "preempted" || outcome === "cancelled" ? "info" : "warn";
  tx.log(level, "attempt.ended", { token, jobId, outcome, detail, ranMs }, "an attempt has ended");
}

/** A completion is on the disk: from now on it is told until the hub has answered. */
export function completionSaved(tx: Tx, token: number): void {
  const attempt = tx.state.attempts.get(token);
  if (attempt === undefined || attempt.completion === null) return;
  attempt.isSaved = true;
  sendCompletions(tx);
}

/** Tells every durable completion that this session has not been told; the link splits what is too long. */
export function sendCompletions(tx: Tx): void {
  if (tx.state.session.kind !== "attached") return;
  const completions: Completion[] = [];
  for (const attempt of tx.state.attempts.values()) {
    const { completion, isSaved, isSent, isSettled } = attempt;
    if (completion === null || !isSaved || isSent || isSettled) continue;
    attempt.isSent = true;
    completions.push(completion);
  }
  if (completions.length > 0) tx.effect({ kind: "send", message: { kind: "complete", completions } });
}

/** The hub's answer to a completion. */
export function completionAnswered(tx: Tx, token: number, status: CompletionStatus): void {
  const attempt = tx.state.attempts.get(token);
  if (attempt?.phase !== "completing") return;
  tx.log("debug", "decision", { token, status }, "the hub has answered a completion");
  if (status !== "unstaged") {
    attempt.isSettled = true;
    if (!attempt.isProcessAlive) drop(tx, attempt);
    return;
  }
  attempt.completion = null;
  attempt.isSaved = false;
  attempt.isSent = false;
  move(tx, attempt, "finalising", "the hub does not have its outputs");
  tx.effect({ kind: "deliver", token });
}

/** Forgets an attempt; whatever it left on the disk goes. */
export function drop(tx: Tx, { job }: Attempt): void {
  freeReservation(tx, job);
  tx.state.attempts.delete(job.token);
  tx.effect({ kind: "discard", token: job.token });
}

export function freeReservation(tx: Tx, { gpu, token }: HeldJob): void {
  const ledger = gpu === null ? undefined : tx.state.cards.get(gpu);
  if (ledger !== undefined) release(ledger, consumerId(token));
}

/** Name of an attempt's reservation in the ledger. */
export function consumerId(token: number): string {
  return `attempt/${token}`;
}

/** The one place where an attempt changes its phase. */
export function move(tx: Tx, attempt: Attempt, phase: Phase, reason: string): void {
  const { token } = attempt.job;
  tx.log("debug", "decision", { token, from: attempt.phase, to: phase, reason }, "an attempt moves on");
  attempt.phase = phase;
}

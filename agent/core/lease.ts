/**
 * Lease: how long held work may go on. The agent counts from when it sent what the hub answered, the hub from
 * when it received it, so the holder always ends first (DESIGN section 3). The offline grace is part of every
 * deadline, attached or not: the hub waits for it in any case, and a link that is about to break says nothing.
 */
import { stopAll, stopAttempt } from "./attempt.ts";
import { runMs } from "./service.ts";
import { type Attached, type Attempt, needsLease } from "./state.ts";
import type { Tx } from "./transaction.ts";

const REMEMBERED_MAX = 32;

/** Remembers when a message was sent that the hub will refer to. */
export function remember<Value>(sent: Map<number, Value>, seq: number, value: Value): void {
  sent.set(seq, value);
  const oldest = sent.keys().next();
  if (sent.size > REMEMBERED_MAX && oldest.done !== true) sent.delete(oldest.value);
}

/** Asks the hub to renew everything whose end is not on the disk, work that is being ended included. */
export function renew(tx: Tx, session: Attached): void {
  const tokens = [...tx.state.attempts.values()].filter(needsLease).map(({ job }) => job.token);
  session.nextRenewMs = tx.nowMs + tx.timing.renewMs * (0.9 + 0.2 * tx.rng.next());
  if (tokens.length === 0) return;
  const seq = ++tx.state.lastRenewSeq;
  remember(session.renewals, seq, { sentBootMs: tx.nowMs, tokens });
  tx.effect({ kind: "send", message: { kind: "renew", seq, tokens } });
}

/** The hub has renewed the tokens it answers with, and given up the others that were asked for. */
export function renewed(tx: Tx, seq: number, tokens: readonly number[], ttlMs: number): void {
  const { session } = tx.state;
  const asked = session.kind === "attached" ? session.renewals.get(seq) : undefined;
  if (asked === undefined || session.kind !== "attached") return;
  const kept = new Set(tokens);
  for (const token of asked.tokens) {
    const attempt = tx.state.attempts.get(token);
    if (attempt === undefined) continue;
    if (kept.has(token)) extend(tx, attempt, asked.sentBootMs + ttlMs);
    else loseLease(tx, attempt);
  }
}

/** Moves a deadline to a lease that ends at `leaseEndsMs`; never back. */
export function extend(tx: Tx, attempt: Attempt, leaseEndsMs: number): void {
  const { token, offlineGraceMs } = attempt.job;
  const deadlineBootMs = leaseEndsMs + offlineGraceMs;
  if (!needsLease(attempt) || deadlineBootMs <= attempt.deadlineBootMs) return;
  attempt.deadlineBootMs = deadlineBootMs;
  const isExtended = attempt.phase === "running" || attempt.phase === "waiting";
  if (isExtended && attempt.cause === null) {
    tx.effect({ kind: "extend", token, deadlineBootMs });
  }
}

/** The hub says that this lease is not ours any more. */
export function loseLease(tx: Tx, attempt: Attempt): void {
  const detail = "the hub has given up this lease";
  stopAttempt(tx, attempt, { outcome: "infra-lost", detail }, tx.timing.termGraceMs);
}

/** Ends what is past its deadline or its runtime. Outputs of finished work wait for the hub's word instead. */
export function expire(tx: Tx): void {
  for (const attempt of [...tx.state.attempts.values()]) {
    if (attempt.cause !== null || attempt.phase === "finalising" || attempt.phase === "completing") continue;
    const { job, deadlineBootMs } = attempt;
    if (tx.nowMs >= deadlineBootMs) {
      const detail = "the lease ran out without a renewal";
      // The hub waits for one grace after the deadline, whenever that is noticed: a machine that slept has spent it.
      const graceMs = Math.max(0, deadlineBootMs + tx.timing.termGraceMs - tx.nowMs);
      stopAttempt(tx, attempt, { outcome: "infra-lost", detail }, graceMs);
    } else if (job.maxRuntimeMs !== null && runMs(attempt, tx.nowMs) >= job.maxRuntimeMs) {
      const detail = `maxRuntime exceeded: it ran for ${job.maxRuntimeMs / 1000} s`;
      stopAttempt(tx, attempt, { outcome: "own-failure", detail }, tx.timing.termGraceMs);
    }
  }
}

/** This process is about to end and takes its work with it; finished outputs stay for the next one. */
export function shutDown(tx: Tx): void {
  tx.state.isClosing = true;
  stopAll(tx, { outcome: "preempted", detail: "the agent was stopped" }, tx.timing.termGraceMs);
}

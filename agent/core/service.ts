/**
 * Service: a job that is meant to run for ever. When its process ends by itself it is started again under the
 * same lease and token, after a backoff and at most as often as the grant allows; whatever ended it on purpose
 * ends the attempt. A spent allowance is the attempt's own failure, and the hub decides what then (SPEC H8).
 */
import { recordFailure, recordUptime, START_LIMIT_CLEAN } from "../../shared/policy/start-limit.ts";
import type { AttemptEnd } from "./completion.ts";
import type { Attempt, HeldJob, ServiceRun } from "./state.ts";
import type { Tx } from "./transaction.ts";

const FRESH: ServiceRun = {
  limit: START_LIMIT_CLEAN,
  restarts: 0,
  countedRunBootMs: null,
  ranMs: 0,
  lastEnd: null,
};

/** A service at the start of its lease; null for a task. */
export function freshService({ service }: HeldJob): ServiceRun | null {
  return service === null ? null : FRESH;
}

/** Time that the processes of an attempt have run, the present one included. */
export function runMs({ service, startedBootMs, endedBootMs }: Attempt, nowMs: number): number {
  const countedMs = service?.ranMs ?? 0;
  if (startedBootMs === null || service?.countedRunBootMs === startedBootMs) return countedMs;
  return countedMs + Math.max(0, Math.round((endedBootMs ?? nowMs) - startedBootMs));
}

/**
 * Counts the end of a service's process against its allowance.
 * @returns null when it is started again, else how the attempt ends.
 */
export function countEnd(tx: Tx, attempt: Attempt, end: AttemptEnd): AttemptEnd | null {
  const { job, service, startedBootMs } = attempt;
  if (service === null || job.service === null) return end;
  const { restarts: policy } = job.service;
  const uptimeMs = startedBootMs === null ? 0 : tx.nowMs - startedBootMs;
  const before = recordUptime(policy, service.limit, uptimeMs);
  const limit = recordFailure(policy, before, end.outcome === "oom" ? "oom" : "own", tx.nowMs);
  const isGivenUp = limit.gaveUpAtMs !== null;
  attempt.service = {
    limit,
    restarts: service.restarts + (isGivenUp ? 0 : 1),
    ranMs: runMs(attempt, tx.nowMs),
    countedRunBootMs: startedBootMs,
    lastEnd: { exitCode: end.exitCode ?? -1, detail: end.detail },
  };
  if (isGivenUp) return giveUp(tx, attempt, end);
  tx.effect({ kind: "saveService", token: job.token });
  const afterMs = Math.round(limit.notBeforeMs - tx.nowMs);
  const { token, jobId } = job;
  const fields = { token, jobId, restart: attempt.service.restarts, afterMs, detail: end.detail };
  tx.log("warn", "service.restarted", fields, "a service has ended and is started again");
  tellRestart(tx, attempt);
  return null;
}

/** Tells the hub the last restart, or that nothing counts any more; what it knows already it ignores. */
export function tellRestart(tx: Tx, { job, service }: Attempt): void {
  if (tx.state.session.kind !== "attached" || job.service === null) return;
  if (service === null || service.lastEnd === null || service.restarts === 0) return;
  const { limit, restarts: restart, lastEnd } = service;
  const strikes = limit.strikesAtMs.length;
  const { burst } = job.service.restarts;
  const afterMs = Math.max(0, Math.round(limit.notBeforeMs - tx.nowMs));
  const message = { token: job.token, restart, strikes, burst, ...lastEnd, afterMs };
  tx.effect({ kind: "send", message: { kind: "restart", ...message } });
}

function giveUp(tx: Tx, { job, service }: Attempt, end: AttemptEnd): AttemptEnd {
  const { token, jobId, runner } = job;
  const strikes = service?.limit.strikesAtMs.length ?? 0;
  const seconds = (job.service?.restarts.windowMs ?? 0) / 1000;
  const fields = { token, jobId, runner, strikes };
  tx.log("error", "service.givenUp", fields, "a service ends again and again and is given up here");
  const outcome = end.outcome === "oom" ? "oom" : "own-failure";
  const detail = `given up: it has ended ${strikes} times within ${seconds} s; last: ${end.detail}`;
  return { ...end, outcome, detail };
}

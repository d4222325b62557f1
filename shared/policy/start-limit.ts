/**
 * StartLimit: when a failing thing may be tried again, and when to stop trying loudly (SPEC N7).
 *
 * It counts the restarts of a service and the consecutive own failures of a runner, never ordinary starts.
 * Only a failure of its own (or out of memory) is a strike; losing the infrastructure or being preempted is
 * counted apart and costs nothing. Giving up is latched: time alone does not undo it, success, health or an
 * operator does.
 */
import { invariant } from "../invariant.ts";

export const FAILURE_CAUSES = ["own", "oom", "infra", "preempted"] as const;
export type FailureCause = (typeof FAILURE_CAUSES)[number];

export interface StartLimitPolicy {
  /** Strikes tolerated inside the window; the next one gives up. */
  readonly burst: number;
  readonly windowMs: number;
  /** Delay after the first strike; each further strike multiplies it by `backoffFactor`. */
  readonly backoffMs: number;
  readonly backoffFactor: number;
  readonly maxBackoffMs: number;
  /** A service that stays healthy this long has its strikes forgiven. */
  readonly healthyUptimeMs: number;
}

export const START_LIMIT_POLICY: StartLimitPolicy = {
  burst: 5,
  windowMs: 600_000,
  backoffMs: 1_000,
  backoffFactor: 4,
  maxBackoffMs: 300_000,
  healthyUptimeMs: 300_000,
};

export interface StartLimit {
  /** Strikes still inside the window, oldest first; at most burst + 1. */
  readonly strikesAtMs: readonly number[];
  readonly notBeforeMs: number;
  readonly gaveUpAtMs: number | null;
  /** Since the beginning; forgiveness does not touch them. */
  readonly failures: Readonly<Record<FailureCause, number>>;
}

export const START_LIMIT_CLEAN: StartLimit = {
  strikesAtMs: [],
  notBeforeMs: 0,
  gaveUpAtMs: null,
  failures: { own: 0, oom: 0, infra: 0, preempted: 0 },
};

export type StartVerdict =
  | { readonly kind: "start" }
  | { readonly kind: "wait"; readonly untilMs: number }
  | { readonly kind: "given-up"; readonly sinceMs: number; readonly strikes: number };

/** Whether another try may begin now. */
export function mayStart(limit: StartLimit, nowMs: number): StartVerdict {
  if (limit.gaveUpAtMs !== null) {
    return { kind: "given-up", sinceMs: limit.gaveUpAtMs, strikes: limit.strikesAtMs.length };
  }
  return nowMs < limit.notBeforeMs ? { kind: "wait", untilMs: limit.notBeforeMs } : { kind: "start" };
}

/** Books one failed try. */
export function recordFailure(
  policy: StartLimitPolicy,
  limit: StartLimit,
  cause: FailureCause,
  nowMs: number,
): StartLimit {
  const failures = { ...limit.failures, [cause]: limit.failures[cause] + 1 };
  if (cause === "infra" || cause === "preempted") return { ...limit, failures };
  const last = limit.strikesAtMs.at(-1);
  invariant(last === undefined || last <= nowMs, "start limit: clock ran backwards");
  const recent = limit.strikesAtMs.filter((at) => nowMs - at < policy.windowMs).slice(-policy.burst);
  const strikesAtMs = [...recent, nowMs];
  const isOver = strikesAtMs.length > policy.burst;
  return {
    strikesAtMs,
    notBeforeMs: nowMs + backoffMs(policy, strikesAtMs.length),
    gaveUpAtMs: limit.gaveUpAtMs ?? (isOver ? nowMs : null),
    failures,
  };
}

/** Delay after the n-th strike in a row (n ≥ 1). */
export function backoffMs(policy: StartLimitPolicy, strikes: number): number {
  let delayMs = policy.backoffMs;
  for (let strike = 1; strike < strikes; strike++) delayMs *= policy.backoffFactor;
  return Math.min(policy.maxBackoffMs, delayMs);
}

/** One success of a task runner, or an operator's word, forgives everything but the count of failures. */
export function forgive(limit: StartLimit): StartLimit {
  return { ...START_LIMIT_CLEAN, failures: limit.failures };
}

/** A service's health so far; forgives once it has been healthy long enough. */
export function recordUptime(policy: StartLimitPolicy, limit: StartLimit, healthyMs: number): StartLimit {
  return healthyMs >= policy.healthyUptimeMs ? forgive(limit) : limit;
}

/**
 * StartLimits: the strikes of each runner on this node. Every change is saved, so that restarting the agent is
 * no way around giving up; a success, a service's health or an operator forgives (SPEC N7).
 */
import type { AttemptOutcome } from "../../shared/model/job.ts";
import {
  type FailureCause,
  forgive,
  mayStart,
  recordFailure,
  START_LIMIT_CLEAN,
  START_LIMIT_POLICY,
  type StartLimit,
} from "../../shared/policy/start-limit.ts";
import type { Tx } from "./transaction.ts";

const STRIKES: Partial<Readonly<Record<AttemptOutcome, FailureCause>>> = {
  "own-failure": "own",
  oom: "oom",
  "infra-lost": "infra",
  wedged: "infra",
  preempted: "preempted",
};

/** What an earlier agent left, before anything is adopted. */
export function recallStartLimits(tx: Tx, limits: ReadonlyMap<string, StartLimit>): void {
  for (const [runner, limit] of limits) tx.state.startLimits.set(runner, limit);
}

/** Why a runner may not be started now, or null. */
export function whyLimited(tx: Tx, runner: string): string | null {
  const verdict = mayStart(limitOf(tx, runner), tx.nowMs);
  switch (verdict.kind) {
    case "start":
      return null;
    case "wait":
      return `runner "${runner}" has failed and waits ${Math.ceil((verdict.untilMs - tx.nowMs) / 1000)} s`;
    case "given-up":
      return `runner "${runner}" is given up after ${verdict.strikes} failures: mend it, then \`spiral-agent forgive ${runner}\``;
  }
}

/** Books how an attempt of a runner has ended. */
export function countForStartLimit(tx: Tx, runner: string, outcome: AttemptOutcome): void {
  if (outcome === "ok") return forgiveRunner(tx, runner);
  const strike = STRIKES[outcome];
  if (strike === undefined) return;
  const limit = limitOf(tx, runner);
  const next = recordFailure(START_LIMIT_POLICY, limit, strike, tx.nowMs);
  keep(tx, runner, next);
  if (next.gaveUpAtMs === null || limit.gaveUpAtMs !== null) return;
  const strikes = next.strikesAtMs.length;
  tx.log(
    "error",
    "runner.refused",
    { runner, strikes },
    "a runner fails again and again and is given up here",
  );
}

/** A success, a healthy service or an operator has spoken for the runner. */
export function forgiveRunner(tx: Tx, runner: string): void {
  const limit = tx.state.startLimits.get(runner);
  if (limit === undefined || (limit.strikesAtMs.length === 0 && limit.gaveUpAtMs === null)) return;
  keep(tx, runner, forgive(limit));
  tx.log("info", "runner.forgiven", { runner }, "the failures of a runner are forgiven");
}

function limitOf(tx: Tx, runner: string): StartLimit {
  return tx.state.startLimits.get(runner) ?? START_LIMIT_CLEAN;
}

function keep(tx: Tx, runner: string, limit: StartLimit): void {
  tx.state.startLimits.set(runner, limit);
  tx.effect({ kind: "saveStartLimits" });
}

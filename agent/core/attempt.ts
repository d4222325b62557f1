/**
 * Attempt: the life of one held job from its reservation to the end of its process and the delivery of what
 * it left. An attempt that is ended on purpose keeps the first cause, whatever its process then exits with; only
 * one that had ended by itself before anybody wanted it to, unseen by an agent that was away, keeps its own end.
 */
import { assertNever } from "../../shared/invariant.ts";
import type { JsonObject } from "../../shared/json.ts";
import { EXIT_BAD_PARAMETERS } from "../../shared/model/job.ts";
import { type AttemptEnd, conclude, drop, freeReservation, move } from "./completion.ts";
import { countEnd } from "./service.ts";
import type { Attempt, StopCause } from "./state.ts";
import type { Tx } from "./transaction.ts";
import { expectReturn } from "./vram-proof.ts";

/** All inputs lie in place. */
export function inputsReady(tx: Tx, token: number): void {
  const attempt = tx.state.attempts.get(token);
  if (attempt?.phase !== "fetching") return;
  launch(tx, attempt);
}

/** Goes from the reservation to a process. */
export function launch(tx: Tx, attempt: Attempt): void {
  const { grant, job, deadlineBootMs } = attempt;
  const params = grant?.params ?? job.service?.params;
  if (params === undefined) return;
  const isRestart = attempt.phase === "waiting";
  move(tx, attempt, "starting", isRestart ? "its backoff is over" : "inputs are in place");
  attempt.isProcessAlive = true;
  attempt.startedBootMs = tx.nowMs;
  attempt.endedBootMs = null;
  attempt.progressRatio = null;
  attempt.watch = null;
  attempt.faults = [];
  tx.effect({ kind: "launch", job, params, isRestart, deadlineBootMs, startedBootMs: tx.nowMs });
  if (attempt.service !== null) tx.effect({ kind: "saveService", token: job.token });
}

/**
 * It could not be started. `declined`: another node, or a later try, may; the job is not to blame.
 * `own-failure`: no try anywhere can succeed.
 */
export function prepareFailed(tx: Tx, token: number, kind: "declined" | "own-failure", detail: string): void {
  const attempt = tx.state.attempts.get(token);
  if (attempt === undefined || (attempt.phase !== "fetching" && attempt.phase !== "starting")) return;
  attempt.isProcessAlive = false;
  if (attempt.cause !== null) return conclude(tx, attempt, attempt.cause);
  if (kind === "own-failure") return conclude(tx, attempt, { outcome: kind, detail });
  if ((attempt.service?.restarts ?? 0) > 0) {
    return conclude(tx, attempt, { outcome: "infra-lost", detail: `it could not be restarted: ${detail}` });
  }
  drop(tx, attempt);
  tx.effect({ kind: "send", message: { kind: "decline", token, reason: detail } });
  tx.log(
    "warn",
    "attempt.ended",
    { token, outcome: "declined", detail },
    "a granted job could not be started",
  );
}

/** The process runs. */
export function processStarted(tx: Tx, token: number, pid: number): void {
  const attempt = tx.state.attempts.get(token);
  if (attempt === undefined) return;
  attempt.pid = pid;
  if (attempt.phase !== "starting") return;
  move(tx, attempt, "running", "its process has started");
  tx.effect({ kind: "send", message: { kind: "started", token, gpu: attempt.job.gpu } });
  // Renewals that came while it was starting found no process to extend.
  if (attempt.cause === null) tx.effect({ kind: "extend", token, deadlineBootMs: attempt.deadlineBootMs });
}

/** The share of its work that it says is done, 0…1. */
export function progressed(tx: Tx, token: number, ratio: number): void {
  const attempt = tx.state.attempts.get(token);
  if (attempt?.phase !== "running") return;
  attempt.progressRatio = ratio;
  tx.effect({ kind: "send", message: { kind: "progress", token, ratio } });
}

/** How a process ended: its exit, or `null` when nobody knows. */
export interface ProcessEnd {
  readonly exit: {
    readonly code: number | null;
    readonly signal: string | null;
    readonly reason: "exited" | "deadline";
  } | null;
  /** The end of its log, fit for a terminal; at most 2 KiB. */
  readonly logTail: string;
  /** The kernel killed something for memory while it ran. */
  readonly isOomLikely: boolean;
  /** The limit for whose sake it was ended here; null when it was not. */
  readonly breach: { readonly limit: string; readonly detail: string } | null;
  /** Boot time of its end as its shim saw it; null when nobody saw it. */
  readonly endedBootMs: number | null;
}

/** Shim and agent read one clock, in steps of 10 ms and not at the same moment. */
const SAME_MOMENT_MS = 100;

/** Nothing of the process is left. */
export function processEnded(tx: Tx, token: number, end: ProcessEnd): void {
  const attempt = tx.state.attempts.get(token);
  if (attempt === undefined) return;
  attempt.isProcessAlive = false;
  if (attempt.phase === "waiting") return; // the end that an earlier agent has counted
  dropLateCause(tx, attempt, end);
  const judged = restartOrEnd(tx, attempt, end);
  if (judged === null) return;
  expectReturn(tx, attempt);
  freeReservation(tx, attempt.job);
  if (attempt.phase === "completing") {
    if (attempt.isSettled) drop(tx, attempt);
    return;
  }
  if (attempt.phase === "finalising") return;
  attempt.endedBootMs = Math.min(tx.nowMs, end.endedBootMs ?? tx.nowMs);
  if (judged.outcome !== "ok") return conclude(tx, attempt, { exitCode: end.exit?.code ?? -1, ...judged });
  move(tx, attempt, "finalising", "its process has exited with 0");
  tx.effect({ kind: "deliver", token });
}

/**
 * An agent that was stopped, starved or not there learns late that a job has ended, and may first have found it past
 * its time. What was done by then is not undone by that; only who cancels wants nothing of it in any case.
 */
function dropLateCause(tx: Tx, attempt: Attempt, { exit, endedBootMs }: ProcessEnd): void {
  const { cause, causedBootMs, job } = attempt;
  const isByItself = exit?.reason === "exited" && exit.code !== null;
  if (cause === null || causedBootMs === null || endedBootMs === null || !isByItself) return;
  if (cause.outcome === "cancelled" || endedBootMs > causedBootMs - SAME_MOMENT_MS) return;
  const fields = { token: job.token, ...cause, lateMs: Math.round(causedBootMs - endedBootMs) };
  tx.log("info", "decision", fields, "a job had ended before it was to be ended");
  attempt.cause = null;
  attempt.causedBootMs = null;
}

/** How the attempt ends with its process; null when it is a service that goes on. */
function restartOrEnd(tx: Tx, attempt: Attempt, end: ProcessEnd): AttemptEnd | null {
  const judged = attempt.cause ?? withFaults(attempt, judgeEnd(end, attempt.grant === null));
  const isByItself = attempt.cause === null && end.exit?.reason === "exited" && end.breach === null;
  if (attempt.service === null || attempt.phase !== "running" || !isByItself) return judged;
  const exitCode = end.exit?.code ?? -1;
  // Such parameters fail everywhere and every time.
  if (exitCode === EXIT_BAD_PARAMETERS) return judged;
  const detail = judged.outcome === "ok" ? `exit status 0${lastWords(end)}` : judged.detail;
  const given = countEnd(tx, attempt, { ...judged, detail, exitCode });
  if (given !== null) return given;
  attempt.endedBootMs = tx.nowMs;
  move(tx, attempt, "waiting", "its process has ended");
  return null;
}

/** Its processes cannot be killed: the hub learns it now, the reservation stays until they are gone. */
export function processWedged(tx: Tx, token: number, pids: readonly number[]): void {
  const attempt = tx.state.attempts.get(token);
  if (attempt === undefined || attempt.phase === "completing") return;
  tx.log("error", "attempt.stopped", { token, pids }, "a job cannot be killed and keeps what it holds");
  const detail = `processes that cannot be killed: ${pids.join(", ")}`;
  conclude(tx, attempt, { outcome: "wedged", detail });
}

/** All outputs are at the hub, or there were none (null). */
export function delivered(
  tx: Tx,
  token: number,
  outputs: { readonly manifestSha256: string | null; readonly result: JsonObject },
): void {
  const attempt = tx.state.attempts.get(token);
  if (attempt?.phase !== "finalising") return;
  conclude(tx, attempt, { outcome: "ok", detail: "", exitCode: 0, ...outputs });
}

/** The outputs cannot be published. `own-failure`: they are not what a job may leave. */
export function deliveryFailed(
  tx: Tx,
  token: number,
  outcome: "own-failure" | "infra-lost",
  detail: string,
): void {
  const attempt = tx.state.attempts.get(token);
  if (attempt?.phase !== "finalising") return;
  conclude(tx, attempt, { outcome, detail, exitCode: 0 });
}

/** Ends an attempt for a cause. The first cause stays; a shorter grace wins. */
export function stopAttempt(tx: Tx, attempt: Attempt, cause: StopCause, graceMs: number): void {
  const { token } = attempt.job;
  switch (attempt.phase) {
    case "fetching":
      tx.effect({ kind: "abandon", token });
      return conclude(tx, attempt, cause);
    case "waiting":
      return conclude(tx, attempt, cause);
    case "starting":
    case "running":
      if (attempt.cause === null) {
        attempt.cause = cause;
        attempt.causedBootMs = tx.nowMs;
        tx.effect({ kind: "saveCause", token, cause });
        tx.log("info", "attempt.stopped", { token, ...cause, graceMs }, "a job is being ended");
      }
      tx.effect({ kind: "stop", token, graceMs });
      return;
    case "finalising":
      // Finished work is worth delivering, also by a node that goes down or has to make room: it holds none any more.
      if (cause.outcome === "preempted") return;
      tx.effect({ kind: "abandon", token });
      return conclude(tx, attempt, cause);
    case "completing":
      // Nobody wants it, or the hub has given it up: its lease may end before the disk has room for what is to be told.
      if (cause.outcome !== "preempted") attempt.cause ??= cause;
      return;
    default:
      return assertNever(attempt.phase);
  }
}

export function stopAll(tx: Tx, cause: StopCause, graceMs: number): void {
  for (const attempt of [...tx.state.attempts.values()]) stopAttempt(tx, attempt, cause, graceMs);
}

/** What the driver said of the job while it ran explains its end better than its own last words. */
function withFaults({ faults }: Attempt, end: AttemptEnd): AttemptEnd {
  if (end.outcome === "ok" || faults.length === 0) return end;
  return { ...end, detail: `${faults.join("; ")}; ${end.detail}` };
}

function lastWords({ logTail }: ProcessEnd): string {
  return logTail === "" ? "" : `; last output:\n${logTail}`;
}

/** How an attempt ended that nobody here ended. The cause of a stop may have died with the agent that began it. */
function judgeEnd(end: ProcessEnd, isAdopted: boolean): AttemptEnd {
  const { exit, isOomLikely, breach } = end;
  const said = lastWords(end);
  if (breach !== null) {
    const outcome = breach.limit === "memory" ? "oom" : "own-failure";
    return { outcome, detail: `${breach.detail}${said}`, exitCode: exit?.code ?? -1 };
  }
  if (exit === null) return { outcome: "infra-lost", detail: "nobody saw how its process ended" };
  const exitCode = exit.code ?? -1;
  if (exit.reason === "deadline") {
    return { outcome: "infra-lost", detail: "the lease ran out without a renewal", exitCode };
  }
  if (exit.code === 0) return { outcome: "ok", detail: "", exitCode };
  if (exit.signal === "SIGKILL" && isOomLikely) {
    return { outcome: "oom", detail: `killed while the kernel was freeing memory${said}`, exitCode };
  }
  if (isAdopted && (exit.signal === "SIGTERM" || exit.signal === "SIGKILL")) {
    const detail = `ended by ${exit.signal} around the end of the agent that ran it${said}`;
    return { outcome: "infra-lost", detail, exitCode };
  }
  const how = exit.signal === null ? `exit status ${exit.code}` : `ended by ${exit.signal}`;
  return { outcome: "own-failure", detail: `${how}${said}`, exitCode };
}

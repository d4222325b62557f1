/**
 * Queue: how jobs enter, wait, are cancelled, and what becomes of them when an attempt did not succeed.
 */
import { must } from "../../../shared/invariant.ts";
import type { AttemptOutcome, JobSpec } from "../../../shared/model/job.ts";
import { EXIT_BAD_PARAMETERS, JOB_LIMITS } from "../../../shared/model/job.ts";
import type { Actor, AfterAttempt, SlotRef } from "../event.ts";
import { type Job, jobIdOf, liveCount } from "../state.ts";
import type { Tx } from "../transaction.ts";
import { whyNeverAfter } from "./dependency.ts";
import { differingFields } from "./duplicate.ts";
import { enterReady, requeueAwaited } from "./fair-share.ts";
import { LOSS_POLICY } from "./losses.ts";
import { startUsed } from "./services.ts";

export type SubmitResult =
  | { readonly kind: "submitted"; readonly jobId: string }
  | { readonly kind: "duplicate"; readonly jobId: string }
  | SubmitRefusal;

interface SubmitRefusal {
  readonly kind: "refused";
  readonly code: "alreadyExists" | "resourceExhausted" | "refused";
  readonly reason: string;
}

/** In whose names campaigns enter their jobs. Nobody else may: a key that is taken would stop the campaign for ever. */
export const HUB_PRODUCERS = { loop: "refill", master: "master" } as const;

/**
 * Enters a job once per (producer, key): a repeated submit answers with the job it made the first time, and one
 * that asks for another job under the same key is refused.
 */
export function submitJob(tx: Tx, key: string, spec: JobSpec): SubmitResult {
  const reserved = whyReserved(spec.producer);
  if (reserved !== null) return { kind: "refused", code: "refused", reason: reserved };
  const fullKey = `${spec.producer}/${key}`;
  const known = tx.state.keys.get(fullKey);
  if (known !== undefined) return answerRepeated(tx, known, spec);
  if (liveCount(tx.state.index) >= JOB_LIMITS.liveJobs) {
    const reason = `the queue holds ${JOB_LIMITS.liveJobs} live jobs, its bound: wait or cancel some`;
    return { kind: "refused", code: "resourceExhausted", reason };
  }
  const refusal = unknownRunner(tx, spec.runner);
  if (refusal !== null) return { kind: "refused", code: "refused", reason: refusal };
  const unmet = whyNeverAfter(tx.state, spec.after ?? []);
  if (unmet !== null) return { kind: "refused", code: "refused", reason: unmet };
  const jobId = enter(tx, fullKey, spec, null);
  startUsed(tx, spec, jobId);
  return { kind: "submitted", jobId };
}

/** Also `refill/demo`: with its own key behind it, it would spell one of the hub's. */
function whyReserved(producer: string): string | null {
  const name = Object.values(HUB_PRODUCERS).find((each) => producer.split("/")[0] === each);
  if (name === undefined) return null;
  return `producer: "${name}" is the hub's own, for jobs of campaigns: submit in another name`;
}

function answerRepeated(tx: Tx, jobId: string, spec: JobSpec): SubmitResult {
  const job = must(tx.state.jobs.get(jobId), "a key names a job");
  const fields = differingFields(job.spec, spec);
  if (fields.length === 0) return { kind: "duplicate", jobId };
  const reason = `key: it names ${jobId} already, which differs in ${fields.join(", ")}: use another key`;
  return { kind: "refused", code: "alreadyExists", reason };
}

/**
 * Enters a job of a campaign. Never refused: a campaign bounds its own jobs, and one that nobody can run now
 * has to wait in the queue, where `why` sees it, and not in a loop that asks again.
 */
export function submitForCampaign(tx: Tx, key: string, spec: JobSpec, slot: SlotRef): void {
  const fullKey = `${spec.producer}/${key}`;
  if (!tx.state.keys.has(fullKey)) enter(tx, fullKey, spec, slot);
}

function enter(tx: Tx, key: string, spec: JobSpec, slot: SlotRef | null): string {
  const jobId = jobIdOf(tx.state.lastJob + 1);
  tx.emit({ kind: "job.submitted", jobId, key, spec, slot });
  return jobId;
}

export type CancelResult =
  | { readonly kind: "cancelled" }
  | { readonly kind: "stopping" }
  | { readonly kind: "ended"; readonly state: Job["state"] };

/** Cancels at once what waits, asks the holder to stop what runs; an ended job stays as it ended. */
export function cancelJob(tx: Tx, job: Job, by: Actor): CancelResult {
  if (job.state === "pending") {
    tx.emit({ kind: "job.cancelled", jobId: job.id, ...by });
    return { kind: "cancelled" };
  }
  if (job.token === null || !tx.state.leases.has(job.token)) return { kind: "ended", state: job.state };
  if (job.cancelReason === null) tx.emit({ kind: "job.cancelRequested", jobId: job.id, ...by });
  sendStop(tx, job, { reason: by.reason, isPreemption: false });
  return { kind: "stopping" };
}

/** Tells the holder of a job's lease to end it; a holder that is away learns it when it attaches. */
export function sendStop(
  tx: Tx,
  job: Job,
  order: { readonly reason: string; readonly isPreemption: boolean },
): void {
  const session = job.node === null ? undefined : tx.soft.sessions.get(job.node);
  if (session === undefined || job.token === null) return;
  const message = { kind: "stop", token: job.token, graceMs: tx.timing.termGraceMs, ...order } as const;
  tx.effect({ kind: "send", sessionId: session.sessionId, message });
}

const BACKOFF_FIRST_MS = 1_000;
const BACKOFF_FACTOR = 4;
const BACKOFF_MAX_MS = 64_000;
const LOSS_PAUSE_MAX_MS = 60_000;
const QUARANTINE_NODES = 3;

export type EndedOutcome = Exclude<AttemptOutcome, "ok"> | "declined";

export interface AttemptEnd {
  readonly outcome: EndedOutcome;
  readonly detail: string;
  readonly ranMs: number;
  /** Of the job's own process; null when it had none. */
  readonly exitCode: number | null;
  readonly peakVramBytes?: number;
  readonly silentMs?: number;
  /** Losses of the job that may be its own doing, this one included; absent where this is none. */
  readonly suspectLosses?: number;
}

/** Whether this end counts against the job: only its own failures do (DESIGN section 5). */
export function isBurning(outcome: EndedOutcome): boolean {
  return outcome === "own-failure" || outcome === "oom";
}

/** Where a job goes after an attempt that did not succeed, with backoff 1-4-16 s for its own failures. */
export function afterAttempt(job: Job, end: AttemptEnd, node: string, journalMs: number): AfterAttempt {
  const { outcome, exitCode, suspectLosses = 0 } = end;
  if (job.cancelReason !== null || outcome === "cancelled") return { state: "cancelled" };
  if (outcome === "declined" || outcome === "preempted") return { state: "pending", notBeforeMs: journalMs };
  if (suspectLosses >= LOSS_POLICY.suspectMax) return { state: "quarantined" };
  if (!isBurning(outcome)) return { state: "pending", notBeforeMs: journalMs + lossPauseMs(job.losses) };
  if (outcome === "own-failure" && exitCode === EXIT_BAD_PARAMETERS) return { state: "failed" };
  const burned = job.attempts + 1;
  const nodes = new Set([...job.failedNodes, node]);
  if (nodes.size >= QUARANTINE_NODES) return { state: "quarantined" };
  if (burned >= job.spec.maxAttempts) return { state: "quarantined" };
  return { state: "pending", notBeforeMs: journalMs + backoffMs(burned) };
}

/** The first loss costs no time; a job that keeps losing its node waits 1, 2, 4 … s. */
function lossPauseMs(losses: number): number {
  return losses === 0 ? 0 : Math.min(LOSS_PAUSE_MAX_MS, 1_000 * (1 << Math.min(losses - 1, 6)));
}

/** 1, 4, 16, 64 s … after the first, second, third … burned attempt. */
function backoffMs(burned: number): number {
  let delayMs = BACKOFF_FIRST_MS;
  for (let i = 1; i < burned && delayMs < BACKOFF_MAX_MS; i++) delayMs *= BACKOFF_FACTOR;
  return Math.min(delayMs, BACKOFF_MAX_MS);
}

const OFFLINE_GRACE_MAX_MS = 3_600_000;

/** How long a holder may go on without a hub; the hub waits as long before it grants the job again. */
export function offlineGrace({ onHubLoss, maxRuntimeMs }: JobSpec): number {
  if (onHubLoss === "stop") return 0;
  return Math.min(maxRuntimeMs ?? OFFLINE_GRACE_MAX_MS, OFFLINE_GRACE_MAX_MS);
}

/** Moves jobs whose not-before has passed among those that may be granted, in that order. */
export function promoteDelayed(tx: Tx): void {
  const { index, jobs } = tx.state;
  for (let jobId = index.delayed.first; jobId !== undefined; jobId = index.delayed.first) {
    const job = must(jobs.get(jobId), "a delayed job exists");
    if (job.notBeforeMs > tx.times.journalMs) break;
    index.delayed.delete(jobId);
    enterReady(tx.state, job);
  }
  requeueAwaited(tx.state);
}

/** A runner that no attached node has is refused by name; with nobody attached it may come later. */
export function unknownRunner(tx: Tx, runner: string): string | null {
  const { sessions } = tx.soft;
  if (sessions.size === 0) return null;
  for (const { hello } of sessions.values())
    if (hello.runners.some(({ name }) => name === runner)) return null;
  const names = [...sessions.values()].flatMap(({ hello }) => hello.runners.map(({ name }) => name));
  const known = new Set(names);
  return `no attached node has a runner "${runner}"; known: ${[...known].sort().join(", ") || "none"}`;
}

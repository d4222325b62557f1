/**
 * Lease: renewal, expiry and the ends of attempts. The holder counts from when it sent a renewal, the hub
 * from when it received it, so the holder always stops first; a token that is not a job's current one changes
 * nothing, however late it speaks (SPEC H3).
 */
import { must } from "../../shared/invariant.ts";
import type { OutputFile } from "../../shared/model/job.ts";
import type { Completion, CompletionStatus } from "../../shared/model/messages.ts";
import { giveUpAfterMs } from "../../shared/model/timing.ts";
import { isFrozen } from "./nodes/panic.ts";
import { isInDoubt, isNeverGiven } from "./nodes/rollback.ts";
import { countSuspect, excuseLosses } from "./queue/losses.ts";
import { type AttemptEnd, afterAttempt, type EndedOutcome, isBurning } from "./queue/queue.ts";
import type { HubState, Job, Lease } from "./state.ts";
import type { Tx } from "./transaction.ts";

/** Extends the leases that this node really holds; answers with those, so the agent stops the others. */
export function renewLeases(tx: Tx, node: string, tokens: readonly number[]): number[] {
  const held = tokens.filter((token) => tx.state.leases.get(token)?.node === node);
  for (const token of held) tx.soft.renewedBootMs.set(token, tx.times.bootMs);
  return [...held, ...tokens.filter((token) => isInDoubt(tx, token))];
}

/**
 * A hub that stood still or slept heard nobody, so nobody is late: that time counts in no silence, and after a long one
 * every holder gets a whole window from now. Giving work away later than necessary is safe; earlier is not (SPEC H7).
 * Up to a heartbeat is no standstill: two of them fit before suspect, the age of the last one and this.
 */
export function forgiveStall(tx: Tx): void {
  const { soft, state, times, timing } = tx;
  const gapMs = soft.lastTickBootMs === null ? 0 : times.bootMs - soft.lastTickBootMs;
  soft.lastTickBootMs = times.bootMs;
  if (gapMs <= timing.heartbeatMs) return;
  const forgivenMs = gapMs > timing.suspectMs ? Number.POSITIVE_INFINITY : gapMs;
  const forgive = (sinceMs: number): number =>
    Math.max(sinceMs, Math.min(times.bootMs, sinceMs + forgivenMs));
  for (const token of state.leases.keys())
    soft.renewedBootMs.set(token, forgive(soft.renewedBootMs.get(token) ?? times.bootMs));
  for (const session of soft.sessions.values()) session.lastHeardBootMs = forgive(session.lastHeardBootMs);
  for (const [node, goneMs] of soft.gone) soft.gone.set(node, forgive(goneMs));
  // A short one costs nobody a lease.
  if (gapMs > timing.suspectMs) excuseLosses(tx);
}

/** Gives up leases whose holder must have ended them by its own clock: renewed too long ago. */
export function expireLeases(tx: Tx): void {
  for (const lease of [...tx.state.leases.values()]) {
    const renewedMs = tx.soft.renewedBootMs.get(lease.token);
    if (renewedMs === undefined) {
      tx.soft.renewedBootMs.set(lease.token, tx.times.bootMs);
      continue;
    }
    const silentMs = tx.times.bootMs - renewedMs;
    if (silentMs < giveUpAfterMs(tx.timing, lease.offlineGraceMs)) continue;
    if (isFrozen(tx.soft, lease.node)) continue;
    const detail = `no renewal for ${Math.round(silentMs / 1000)} s`;
    loseAttempt(tx, lease, detail, silentMs);
  }
}

/** Ends an attempt that did not succeed and sends its job where it belongs. */
export function endAttempt(tx: Tx, lease: Lease, told: AttemptEnd): void {
  const job = jobOf(tx, lease);
  const { token, node } = lease;
  const outcome = outcomeOf(lease, job, told);
  const suspectLosses = countSuspect(tx, lease, job, { ...told, outcome });
  const end = { ...told, outcome, ...(suspectLosses === null ? {} : { suspectLosses }) };
  const next = afterAttempt(job, end, node, tx.times.journalMs);
  const isBurned = isBurning(outcome);
  tx.emit({ kind: "attempt.ended", jobId: job.id, token, node, isBurned, next, ...end });
  forget(tx, token);
  tx.effect({ kind: "discard", token });
}

/** A holder calls every stop a cancellation; the hub knows what it stopped it for. */
function outcomeOf({ isPreempted }: Lease, job: Job, { outcome }: AttemptEnd): EndedOutcome {
  return outcome === "cancelled" && isPreempted === true && job.cancelReason === null ? "preempted" : outcome;
}

/** Ends an attempt of which the hub will hear no more; the time it is known to have run is spent. */
export function loseAttempt(tx: Tx, lease: Lease, detail: string, silentMs?: number): void {
  const { startedJournalMs } = jobOf(tx, lease);
  const ranMs = startedJournalMs === null ? 0 : tx.times.journalMs - startedJournalMs;
  const silence = silentMs === undefined ? {} : { silentMs };
  endAttempt(tx, lease, { outcome: "infra-lost", detail, ranMs, exitCode: null, ...silence });
}

/** The process of a grant has started; `gpu` is the card that its node has booked it on, where it says so. */
export function markStarted(tx: Tx, node: string, token: number, gpu: string | null): void {
  const job = heldJob(tx, node, token);
  if (job?.state !== "leased" && job?.service?.isRestarting !== true) return;
  const isElsewhere = gpu !== null && gpu !== tx.state.leases.get(token)?.gpu;
  tx.emit({ kind: "job.started", token, ...(isElsewhere ? { gpu } : {}) });
}

export interface Staged {
  readonly token: number;
  readonly manifestSha256: string;
  readonly outputs: readonly OutputFile[];
}

/** All outputs of a live token lie verified in staging: from here a completion may name them. */
export function markStaged(tx: Tx, { token, manifestSha256, outputs }: Staged): void {
  const lease = tx.state.leases.get(token);
  if (lease === undefined || jobOf(tx, lease).manifestSha256 === manifestSha256) return;
  tx.emit({ kind: "job.finalising", token, manifestSha256, outputs });
}

/** Whether a node may upload outputs for a token: its lease is live and is that node's. */
export function mayUpload(tx: Pick<Tx, "state">, node: string, token: number): boolean {
  return tx.state.leases.get(token)?.node === node;
}

/**
 * Which staged outputs may still be completed or published; those of any other attempt are waste. A token that this
 * journal has never given may be that of a newer one, which a person may yet put back. Of this moment: whoever acts on
 * it waits until the state is durable, because an end that is not may yet not have been.
 */
export function awaitedTokens(state: HubState): (token: number) => boolean {
  const unpublished = [...state.index.unpublished].map((jobId) => state.jobs.get(jobId)?.token);
  const awaited = new Set([...state.leases.keys(), ...unpublished]);
  const { lastToken, skipped } = state;
  return (token) => awaited.has(token) || isNeverGiven({ lastToken, skipped }, token);
}

/** The first outputs of a token are on their way: its process has ended and nothing but they is left of it. */
export function noteUpload({ soft, state }: Tx, node: string, token: number): void {
  if (mayUpload({ state }, node, token)) soft.uploading.add(token);
}

/** Takes a completion; the answer is the same however often it is repeated. */
export function completeAttempt(tx: Tx, node: string, completion: Completion): CompletionStatus {
  const { token } = completion;
  if (tx.state.accepted.has(token)) return "accepted";
  const lease = tx.state.leases.get(token);
  if (lease === undefined || lease.node !== node) return "stale";
  const job = jobOf(tx, lease);
  if (completion.outcome !== "ok") {
    const { outcome, detail, ranMs, exitCode, peakVramBytes } = completion;
    endAttempt(tx, lease, { outcome, detail, ranMs, exitCode, peakVramBytes });
    return "accepted";
  }
  if (job.service !== null) {
    // An agent of before takes it for a task.
    const { ranMs, exitCode } = completion;
    endAttempt(tx, lease, { outcome: "own-failure", detail: "a service has ended", ranMs, exitCode });
    return "accepted";
  }
  if (job.manifestSha256 !== completion.manifestSha256) return "unstaged";
  tx.emit({
    kind: "job.succeeded",
    jobId: job.id,
    token,
    manifestSha256: completion.manifestSha256,
    result: completion.result,
    ranMs: completion.ranMs,
    peakVramBytes: completion.peakVramBytes,
  });
  forget(tx, token);
  if (completion.manifestSha256 !== null) tx.effect({ kind: "publish", jobId: job.id, token });
  return "accepted";
}

/** The rename into renders/ has happened. */
export function markPublished(tx: Tx, jobId: string): void {
  const job = tx.state.jobs.get(jobId);
  if (job !== undefined && !job.isPublished) tx.emit({ kind: "job.published", jobId });
}

function heldJob(tx: Tx, node: string, token: number): Job | null {
  const lease = tx.state.leases.get(token);
  return lease === undefined || lease.node !== node ? null : jobOf(tx, lease);
}

export function jobOf(tx: Tx, lease: Lease): Job {
  return must(tx.state.jobs.get(lease.jobId), `lease ${lease.token} has no job`);
}

function forget(tx: Tx, token: number): void {
  tx.soft.renewedBootMs.delete(token);
  tx.soft.progress.delete(token);
  tx.soft.uploading.delete(token);
}

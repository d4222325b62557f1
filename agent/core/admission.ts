/**
 * Admission: a grant becomes held work only when everything here agrees: the node is up, the lease has time
 * left, the runner knows the parameters, a slot is free and the gates take its VRAM. Check and booking are
 * one synchronous step, so two grants of one message cannot share the same bytes (SPEC N2).
 */
import { EXIT_BAD_PARAMETERS } from "../../shared/model/job.ts";
import type { Grant, UnreadableGrant } from "../../shared/model/messages.ts";
import type { Lane } from "../../shared/model/priority.ts";
import { headroomBytes, type Refusal, reserve } from "../../shared/policy/admission.ts";
import type { VramClaim } from "../../shared/policy/ledger.ts";
import { launch } from "./attempt.ts";
import { conclude, consumerId } from "./completion.ts";
import { whyHostRefuses } from "./host-gate.ts";
import { jobRequester, seekRoom, withRoom } from "./room.ts";
import { freshService } from "./service.ts";
import { whyLimited } from "./start-limits.ts";
import { type Attempt, HELD_MAX, type HeldJob, isOccupying, mayWork } from "./state.ts";
import type { Tx } from "./transaction.ts";
import { seeGrant } from "./witness.ts";

/** Takes or declines one grant whose lease counts from `countedFromMs`. */
export function takeGrant(tx: Tx, grant: Grant, countedFromMs: number): void {
  const { token } = grant;
  seeGrant(tx, token, grant.jobId);
  if (tx.state.attempts.has(token)) return;
  // What a hello has no room to name would be taken for lost, and granted again while it runs.
  if (tx.state.attempts.size >= HELD_MAX) return decline(tx, grant, `${HELD_MAX} attempts are held already`);
  const leaseEndsMs = countedFromMs + grant.ttlMs;
  const verdict = tx.config.judge(grant);
  if (verdict.kind === "invalid") return failAtOnce(tx, grant, leaseEndsMs, verdict.detail);
  const closed =
    whyClosed(tx) ??
    whyTooLate(tx, leaseEndsMs) ??
    whyNoSlot(tx, grant.lane) ??
    whyHostRefuses(tx, grant.priority);
  if (closed !== null) return decline(tx, grant, closed);
  if (verdict.kind === "unknown") return decline(tx, grant, `no runner "${grant.runner}" here`);
  const limited = whyLimited(tx, grant.runner);
  if (limited !== null) return decline(tx, grant, limited);
  const place = reserveVram(tx, grant, Math.max(grant.vramBytes, verdict.vramBytes));
  if (place.kind === "refused") return decline(tx, grant, place.reason);
  const maxRuntimeMs = shorter(grant.maxRuntimeMs, verdict.maxRuntimeMs);
  const job = heldJob(grant, { gpu: place.gpu, vramBytes: place.bytes, maxRuntimeMs });
  const attempt = hold(tx, grant, job, leaseEndsMs);
  tx.log("debug", "decision", { ...job, leaseEndsMs }, "a grant is taken");
  if (grant.inputs.length === 0) launch(tx, attempt);
  else tx.effect({ kind: "fetch", token, inputs: grant.inputs });
}

/** Its terms make no sense here; whoever made them hears why, and the token counts as seen. */
export function declineUnreadable(tx: Tx, { token, reason }: UnreadableGrant): void {
  seeGrant(tx, token, "");
  decline(tx, { token, jobId: "" }, `it cannot be read here: ${reason}`);
}

/** The lower of two bounds; null is none. */
function shorter(one: number | null, other: number | null): number | null {
  return one === null || other === null ? (one ?? other) : Math.min(one, other);
}

/** Why nothing new is taken now, or null. */
export function whyClosed(tx: Tx): string | null {
  const { isClosing, latch, desired } = tx.state;
  if (isClosing) return "the agent is stopping";
  if (latch === "local") return "this node is latched locally: `spiral-agent up` lifts it";
  if (desired === null || !mayWork(desired.state)) return `the fleet is ${desired?.state ?? "unknown"}`;
  return null;
}

/** Free slots of a lane. */
export function freeSlots(tx: Tx, lane: Lane): number {
  const slots = lane === "gpu" ? tx.config.gpuSlots : tx.config.cpuSlots;
  const taken = [...tx.state.attempts.values()].filter(
    (attempt) => attempt.job.lane === lane && isOccupying(attempt),
  );
  return Math.max(0, slots - taken.length);
}

function whyTooLate(tx: Tx, leaseEndsMs: number): string | null {
  const leftMs = leaseEndsMs - tx.nowMs;
  if (leftMs >= tx.timing.termGraceMs + tx.timing.marginMs) return null;
  return `only ${Math.round(leftMs)} ms of the lease are left`;
}

function whyNoSlot(tx: Tx, lane: Lane): string | null {
  return freeSlots(tx, lane) > 0 ? null : `no free ${lane} slot`;
}

type Place =
  | { readonly kind: "reserved"; readonly gpu: string | null; readonly bytes: number }
  | { readonly kind: "refused"; readonly reason: string };

/** Books the bytes on the card with most room; the CPU lane books nothing. */
function reserveVram(tx: Tx, grant: Grant, bytes: number): Place {
  if (grant.lane === "cpu") return { kind: "reserved", gpu: null, bytes: 0 };
  const byRoom = [...tx.state.cards]
    .map(([gpu, ledger]) => ({ gpu, ledger, room: headroomBytes(ledger, grant.priority, tx.nowMs) }))
    .sort((a, b) => b.room - a.room || (a.gpu < b.gpu ? -1 : 1));
  const [best] = byRoom;
  if (best === undefined) return { kind: "refused", reason: "this node has no GPU" };
  const claim = vramClaim(grant, bytes);
  // Tokens change from grant to grant: room is made for the job.
  const requester = jobRequester(grant.jobId);
  const admission = withRoom(tx, requester, () => reserve(best.ledger, claim, tx.nowMs));
  tx.log("debug", "decision", { token: grant.token, gpu: best.gpu, admission }, "a gate has answered");
  if (admission.kind === "admitted") return { kind: "reserved", gpu: best.gpu, bytes };
  const isClearing = admission.reason === "gate" && seekRoom(tx, { ...claim, id: requester }, null);
  const reason = describeRefusal(admission, grant);
  return { kind: "refused", reason: isClearing ? `${reason}; room is being made` : reason };
}

/** The reservation of a job in its card's ledger. */
export function vramClaim(
  job: Omit<HeldJob, "gpu" | "ttlMs" | "maxRuntimeMs" | "offlineGraceMs" | "service">,
  bytes: number,
): VramClaim {
  return {
    id: consumerId(job.token),
    label: `${job.runner} ${job.jobId}`,
    subsystem: job.subsystem,
    priority: job.priority,
    bytes,
    // It gives way to more important work by being ended and granted again.
    evictable: job.priority === "background" || job.priority === "batch",
    resident: false,
    reloadMs: 0,
  };
}

function describeRefusal(refusal: Refusal, { priority }: Grant): string {
  switch (refusal.reason) {
    case "gate":
    case "structurally-starved": {
      const { wouldBe, gate } = refusal;
      return `${refusal.reason}: ${priority} is admitted below ${gate}, this would make ${wouldBe.toFixed(3)}`;
    }
    case "budget":
      return `budget: ${refusal.subsystem} would hold ${refusal.wouldHoldBytes} of ${refusal.budgetBytes} bytes`;
    case "telemetry-stale":
      return `telemetry-stale: the last good reading is ${Math.round(refusal.ageMs)} ms old`;
    case "card-fault":
    case "throttled":
      return `${refusal.reason}: ${refusal.detail}`;
    case "telemetry-unknown":
      return `telemetry-unknown: ${refusal.detail}`;
    case "invalid-claim":
    case "ledger-full":
    case "no-gpu":
      return refusal.reason;
  }
}

function heldJob(grant: Grant, decided: Pick<HeldJob, "gpu" | "vramBytes" | "maxRuntimeMs">): HeldJob {
  const { token, jobId, runner, lane, priority, subsystem, ttlMs, offlineGraceMs, params, restarts } = grant;
  const service = restarts === null ? null : { params, restarts };
  return { token, jobId, runner, lane, priority, subsystem, ttlMs, offlineGraceMs, service, ...decided };
}

function hold(tx: Tx, grant: Grant, job: HeldJob, leaseEndsMs: number): Attempt {
  const attempt: Attempt = {
    job,
    grant,
    phase: "fetching",
    deadlineBootMs: leaseEndsMs + grant.offlineGraceMs,
    startedBootMs: null,
    endedBootMs: null,
    pid: null,
    isProcessAlive: false,
    cause: null,
    causedBootMs: null,
    completion: null,
    service: freshService(job),
    isSaved: false,
    isSent: false,
    isSettled: false,
    peakVramBytes: 0,
    faults: [],
    progressRatio: null,
    watch: null,
  };
  tx.state.attempts.set(job.token, attempt);
  return attempt;
}

/** Parameters that no node can run fail the job at the hub: it must not go round in a circle. */
function failAtOnce(tx: Tx, grant: Grant, leaseEndsMs: number, detail: string): void {
  const job = heldJob(grant, { gpu: null, vramBytes: 0, maxRuntimeMs: grant.maxRuntimeMs });
  conclude(tx, hold(tx, grant, job, leaseEndsMs), {
    outcome: "own-failure",
    detail,
    exitCode: EXIT_BAD_PARAMETERS,
  });
}

function decline(tx: Tx, { token, jobId }: Pick<Grant, "token" | "jobId">, reason: string): void {
  tx.effect({ kind: "send", message: { kind: "decline", token, reason } });
  tx.log("info", "decision", { token, jobId, reason }, "a grant is declined");
}

/**
 * apply: folds one event into the hub's state. The only place where durable state changes; deterministic, no
 * clock, no transcendental mathematics, so that replay, standby and the journal's shadow agree to the bit.
 */
import { assertNever, invariant, must } from "../../shared/invariant.ts";
import { jobNumber } from "../../shared/model/job.ts";
import { applyOverride } from "./arbiter/override.ts";
import type { HubEvent, SlotRef } from "./event.ts";
import { applyRollback, applyStarted } from "./nodes/lineage.ts";
import { applyFailure, applyPresence, applyProbe, applyStanding, applySuccess } from "./nodes/node-health.ts";
import { applyPreempted } from "./placement/holds.ts";
import { applyPeak } from "./placement/vram-peaks.ts";
import { chargeGrant, settleGrant } from "./queue/fair-share.ts";
import {
  type Campaign,
  completeSpec,
  delistJob,
  enlistJob,
  FINISHED_STATES,
  type HubState,
  indexJob,
  isDone,
  type Job,
  unindexJob,
} from "./state.ts";

type Of<K extends HubEvent["kind"]> = Extract<HubEvent, { kind: K }>;

export function apply(state: HubState, event: HubEvent): void {
  state.journalMs = event.at.journalMs;
  state.wallMs = event.at.wallMs;
  switch (event.kind) {
    case "hub.started":
      invariant(event.epoch > state.epoch, "an epoch is never used twice");
      return applyStarted(state, event);
    case "rollback.suspected":
    case "rollback.accepted":
    case "rollback.settled":
      return applyRollback(state, event);
    case "desired.changed":
    case "waiver.ended":
      return applyDesired(state, event);
    case "arbiter.changed":
      state.verdicts.set(event.scope, { isYes: event.isYes, rule: event.rule });
      return;
    case "override.set":
    case "override.ended":
      return applyOverride(state, event);
    case "node.cordoned":
    case "node.uncordoned":
      return applyCordon(state, event);
    case "node.attached":
    case "node.left":
      return applyPresence(state, event);
    case "node.throttled":
    case "node.drained":
    case "node.quarantined":
    case "node.returned":
      return applyStanding(state, event);
    case "hub.stopped":
    case "node.fault":
    case "node.detached":
    case "node.crossed":
    case "node.decided":
    case "node.refused":
    case "decision.settled":
    case "panic.began":
    case "panic.ended":
      return; // for the reader of the log; sessions are soft
    case "control.loaded":
    case "calibration.loaded":
      return applyDocument(state, event);
    case "job.submitted":
    case "job.leased":
    case "job.started":
    case "job.finalising":
    case "job.succeeded":
    case "job.published":
    case "job.forgotten":
    case "attempt.ended":
    case "job.cancelRequested":
    case "job.cancelled":
    case "job.requeued":
    case "job.preempted":
    case "hold.ended":
    case "service.restarted":
    case "service.forgiven":
      return applyJob(state, event);
    case "campaign.armed":
    case "campaign.asked":
    case "campaign.scored":
    case "campaign.cycled":
    case "campaign.stopped":
      return applyCampaign(state, event);
    default:
      return assertNever(event);
  }
}

function applyDocument(state: HubState, event: Of<"control.loaded" | "calibration.loaded">): void {
  if (event.kind === "control.loaded") state.control = event.document;
  else state.calibration = event.document;
}

function applyDesired(state: HubState, event: Of<"desired.changed" | "waiver.ended">): void {
  if (event.kind === "waiver.ended") {
    state.desired = { ...state.desired, waived: event.waived };
    return;
  }
  invariant(event.generation > state.desired.generation, "a generation is never used twice");
  const { state: desired, generation, waived, actor, reason, at } = event;
  state.desired = { state: desired, generation, waived, actor, reason, sinceMs: at.journalMs };
}

type JobEvent = Of<
  | "job.submitted"
  | "job.leased"
  | "job.started"
  | "job.finalising"
  | "job.succeeded"
  | "job.published"
  | "job.forgotten"
  | "attempt.ended"
  | "job.cancelRequested"
  | "job.cancelled"
  | "job.requeued"
  | "job.preempted"
  | "hold.ended"
  | "service.restarted"
  | "service.forgiven"
>;

function applyJob(state: HubState, event: JobEvent): void {
  switch (event.kind) {
    case "job.submitted":
      return applySubmitted(state, event);
    case "job.leased":
      return applyLeased(state, event);
    case "job.started":
      if (event.gpu !== undefined)
        must(state.leases.get(event.token), "what has started is leased").gpu = event.gpu;
      return change(state, leasedJob(state, event.token), (job) => {
        job.state = "running";
        // A service that was restarted goes on with the attempt that it began.
        job.startedJournalMs ??= event.at.journalMs;
        if (job.service !== null) job.service = { ...job.service, isRestarting: false };
      });
    case "job.finalising":
      return change(state, leasedJob(state, event.token), (job) => {
        job.state = "finalising";
        job.manifestSha256 = event.manifestSha256;
        job.outputs = event.outputs;
      });
    case "job.succeeded":
      return applySucceeded(state, event);
    case "job.published":
      change(state, jobOf(state, event.jobId), (job) => {
        job.isPublished = true;
      });
      return releaseDependents(state, event.jobId);
    case "job.forgotten":
      for (const jobId of event.jobIds) forgetJob(state, jobOf(state, jobId));
      return;
    case "attempt.ended":
      return applyAttemptEnded(state, event);
    case "service.restarted":
      return change(state, leasedJob(state, event.token), (job) => {
        const { restart: restarts, strikes, burst, detail } = event;
        job.service = { restarts, strikes, burst, lastExit: firstLine(detail), isRestarting: true };
        job.lastDetail = detail;
      });
    case "service.forgiven":
      return change(state, leasedJob(state, event.token), (job) => {
        if (job.service !== null) job.service = { ...job.service, strikes: 0 };
      });
    case "job.cancelRequested":
      jobOf(state, event.jobId).cancelReason = event.reason;
      return;
    case "job.cancelled":
      state.holds.delete(event.jobId);
      return change(state, jobOf(state, event.jobId), (job) => {
        job.state = "cancelled";
        job.cancelReason = event.reason;
        job.lastDetail = event.reason;
        noteEnd(job, event);
      });
    case "job.requeued":
      return change(state, jobOf(state, event.jobId), (job) => startAnew(state, job, event));
    case "job.preempted":
      return applyPreempted(state, event);
    case "hold.ended":
      state.holds.delete(event.jobId);
      return;
    default:
      return assertNever(event);
  }
}

const NO_RESTARTS = { restarts: 0, strikes: 0, burst: 0, lastExit: null, isRestarting: false };

function applySubmitted(state: HubState, event: Of<"job.submitted">): void {
  invariant(!state.jobs.has(event.jobId), `job ${event.jobId} exists`);
  const spec = completeSpec(event.spec);
  const job: Job = {
    id: event.jobId,
    key: event.key,
    spec,
    slot: event.slot,
    submittedWallMs: event.at.wallMs,
    state: "pending",
    notBeforeMs: event.at.journalMs + Math.max(spec.delayMs, (spec.notBeforeWallMs ?? 0) - event.at.wallMs),
    attempts: 0,
    losses: 0,
    failedNodes: [],
    token: null,
    node: null,
    startedJournalMs: null,
    endedWallMs: null,
    endedJournalMs: null,
    manifestSha256: null,
    outputs: [],
    result: null,
    isPublished: false,
    cancelReason: null,
    lastDetail: "",
    service: spec.kind === "service" ? NO_RESTARTS : null,
  };
  const blockedBy = undone(state, spec.after ?? []);
  if (blockedBy.length > 0) job.blockedBy = blockedBy;
  state.jobs.set(job.id, job);
  state.keys.set(job.key, job.id);
  state.lastJob = Math.max(state.lastJob + 1, jobNumber(event.jobId));
  enlistJob(state.index, job);
  indexJob(state.index, job);
  if (event.slot !== null) enterSlot(state, event.slot, job.id);
}

function applyLeased(state: HubState, event: Of<"job.leased">): void {
  invariant(event.token > state.lastToken, "a fencing token only grows");
  state.lastToken = event.token;
  const { token, jobId, node, offlineGraceMs, placed } = event;
  const seat =
    placed === undefined ? {} : { gpu: placed.seats[0]?.gpuUuid ?? null, vramBytes: placed.vramBytes };
  state.leases.set(token, { token, jobId, node, offlineGraceMs, ...seat });
  applyProbe(state, event);
  state.holds.delete(jobId);
  change(state, jobOf(state, jobId), (job) => {
    invariant(job.state === "pending", `job ${jobId} leased while ${job.state}`);
    job.state = "leased";
    job.token = token;
    job.node = node;
    job.startedJournalMs = null;
    job.manifestSha256 = null;
    job.outputs = [];
    if (job.service !== null) job.service = { ...NO_RESTARTS, lastExit: job.service.lastExit };
  });
  chargeGrant(state, jobOf(state, jobId));
}

function applySucceeded(state: HubState, event: Of<"job.succeeded">): void {
  const job = leasedJob(state, event.token);
  state.leases.delete(event.token);
  state.accepted.set(event.token, job.id);
  change(state, job, () => {
    job.state = "succeeded";
    job.result = event.result;
    noteEnd(job, event);
    job.lastDetail = "";
  });
  if (isDone(job)) releaseDependents(state, job.id);
  settleGrant(state, job, event.ranMs);
  notePeak(state, job, event.peakVramBytes);
  applySuccess(state, job, event.at.journalMs);
  spendGpu(state, job, event.ranMs);
}

function applyCordon({ cordons }: HubState, event: Of<"node.cordoned" | "node.uncordoned">): void {
  if (event.kind === "node.uncordoned") {
    cordons.delete(event.node);
    return;
  }
  const { node, isDrain, stopAtMs, actor: by, reason, at } = event;
  const since = { sinceMs: at.journalMs, sinceWallMs: at.wallMs };
  cordons.set(node, { by, reason, ...since, isDrain, stopAtMs });
}

function startAnew(state: HubState, job: Job, { reason, at }: Of<"job.requeued">): void {
  job.state = "pending";
  job.notBeforeMs = at.journalMs;
  job.attempts = 0;
  job.losses = 0;
  delete job.suspectLosses;
  job.failedNodes = [];
  delete job.ends;
  delete job.preempted;
  delete job.claimedMs;
  job.token = null;
  job.cancelReason = null;
  job.blockedBy = undone(state, job.blockedBy ?? []);
  job.endedWallMs = null;
  job.endedJournalMs = null;
  job.lastDetail = reason === "" ? "requeued" : `requeued: ${reason}`;
}

function applyAttemptEnded(state: HubState, event: Of<"attempt.ended">): void {
  const job = leasedJob(state, event.token);
  state.leases.delete(event.token);
  change(state, job, () => {
    job.state = event.next.state;
    job.token = null;
    job.lastDetail = event.detail;
    job.ends = { ...job.ends, [event.outcome]: (job.ends?.[event.outcome] ?? 0) + 1 };
    if (event.isBurned) job.attempts++;
    if (event.outcome === "infra-lost" || event.outcome === "wedged") job.losses++;
    if (event.suspectLosses !== undefined) job.suspectLosses = event.suspectLosses;
    if (event.isBurned && !job.failedNodes.includes(event.node)) job.failedNodes.push(event.node);
    if (event.next.state === "pending") job.notBeforeMs = event.next.notBeforeMs;
    else noteEnd(job, event);
    if (job.service !== null && event.outcome !== "declined")
      job.service = { ...job.service, lastExit: firstLine(event.detail), isRestarting: false };
  });
  settleGrant(state, job, event.ranMs);
  notePeak(state, job, event.peakVramBytes ?? 0);
  applyFailure(state, job, event);
  spendGpu(state, job, event.ranMs);
}

function undone(state: HubState, jobIds: readonly string[]): readonly string[] {
  return jobIds.filter((jobId) => {
    const job = state.jobs.get(jobId);
    return job === undefined || !isDone(job);
  });
}

/** Those that came after it wait for it no longer. */
function releaseDependents(state: HubState, jobId: string): void {
  for (const waiting of [...(state.index.dependents.get(jobId) ?? [])])
    change(state, jobOf(state, waiting), (job) => {
      job.blockedBy = (job.blockedBy ?? []).filter((needed) => needed !== jobId);
    });
}

/** Its key is free again and its token unknown; neither its number nor its token is ever given again. */
function forgetJob(state: HubState, job: Job): void {
  const { id, key, token } = job;
  for (const end of FINISHED_STATES) if (job.state === end) state.forgotten[end]++;
  if (job.isPublished) state.forgotten.published++;
  unindexJob(state.index, job);
  delistJob(state.index, job);
  state.jobs.delete(id);
  state.keys.delete(key);
  if (token !== null) state.accepted.delete(token);
}

function noteEnd(job: Job, { at }: HubEvent): void {
  job.endedWallMs = at.wallMs;
  job.endedJournalMs = at.journalMs;
}

function notePeak(state: HubState, job: Job, peakVramBytes: number): void {
  if (peakVramBytes > 0) job.peakVramBytes = Math.max(job.peakVramBytes ?? 0, peakVramBytes);
  applyPeak(state, job.spec, peakVramBytes);
}

type CampaignEvent = Of<
  "campaign.armed" | "campaign.asked" | "campaign.scored" | "campaign.cycled" | "campaign.stopped"
>;

function applyCampaign(state: HubState, event: CampaignEvent): void {
  if (event.kind === "campaign.armed") return applyArmed(state, event);
  const campaign = must(state.campaigns.get(event.campaign), `campaign ${event.campaign} is unknown`);
  switch (event.kind) {
    case "campaign.asked":
      campaign.state = "running";
      campaign.steering = event.steering;
      campaign.slots = event.slots.map((plan) => ({
        ...plan,
        renderJob: null,
        evaluateJob: null,
        isScored: false,
        scores: null,
        distance: null,
      }));
      return;
    case "campaign.scored":
      return applyScored(state, campaign, event);
    case "campaign.cycled":
      campaign.steering = event.steering;
      campaign.spine.push(event.row);
      campaign.slots = [];
      return;
    case "campaign.stopped":
      campaign.state = event.state;
      campaign.verdict = event.verdict;
      campaign.endedMs = event.at.journalMs;
      return;
    default:
      return assertNever(event);
  }
}

function applyArmed(state: HubState, event: Of<"campaign.armed">): void {
  state.campaigns.set(event.campaign, {
    name: event.campaign,
    arming: event.arming,
    spec: event.spec,
    state: "armed",
    verdict: null,
    steering: event.steering,
    slots: [],
    spine: [],
    renders: 0,
    gpuSeconds: 0,
    best: null,
    masterJob: null,
  });
}

function applyScored(state: HubState, campaign: Campaign, event: Of<"campaign.scored">): void {
  const slot = must(campaign.slots[event.index], "a score belongs to a slot");
  slot.isScored = true;
  slot.scores = event.scores;
  slot.distance = event.distance;
  if (event.scores === null) return;
  state.insights++;
  const { renderJob, distance } = event;
  if (renderJob === null || distance === null) return;
  if (campaign.best === null || distance < campaign.best.distance)
    campaign.best = { jobId: renderJob, distance };
}

function enterSlot(state: HubState, ref: SlotRef, jobId: string): void {
  const campaign = must(state.campaigns.get(ref.campaign), `campaign ${ref.campaign} is unknown`);
  if (ref.step === "master") {
    campaign.masterJob = jobId;
    return;
  }
  const slot = must(campaign.slots[ref.index], "a job of a campaign belongs to a slot");
  if (ref.step === "evaluate") slot.evaluateJob = jobId;
  else {
    slot.renderJob = jobId;
    campaign.renders++;
  }
}

function spendGpu(state: HubState, job: Job, ranMs: number): void {
  if (job.spec.lane !== "gpu" || job.slot === null) return;
  const campaign = state.campaigns.get(job.slot.campaign);
  if (campaign?.arming === job.slot.arming) campaign.gpuSeconds += ranMs / 1000;
}

function firstLine(text: string): string {
  return text.split("\n", 1)[0] ?? "";
}

function change(state: HubState, job: Job, mutate: (job: Job) => void): void {
  unindexJob(state.index, job);
  mutate(job);
  indexJob(state.index, job);
}

function jobOf(state: HubState, jobId: string): Job {
  return must(state.jobs.get(jobId), `job ${jobId} is unknown`);
}

function leasedJob(state: HubState, token: number): Job {
  const lease = must(state.leases.get(token), `token ${token} has no lease`);
  return jobOf(state, lease.jobId);
}

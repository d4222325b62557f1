/**
 * Campaign: one converging loop, advanced one level-triggered step at a time. Each cycle renders the
 * optimiser's candidates and the operating point, scores them, lets the optimiser learn, lets the controller
 * move the operating point, and asks whether to stop. Once it has stopped, only a human arms it again: no
 * producer can (SPEC L5, L6).
 */
import { must } from "../../shared/invariant.ts";
import { type Json, type JsonObject, jsonBytes } from "../../shared/json.ts";
import type { CampaignPlan, CampaignSpec, ControlDocument, Frame } from "../../shared/model/campaign.ts";
import { EVALUATE_LANE, RENDER_LANE } from "../../shared/model/campaign.ts";
import { JOB_LIMITS, type JobSpec } from "../../shared/model/job.ts";
import { arbitrate, isSpent } from "./arbiter/arbiter.ts";
import type { Actor, SlotPlan, SlotRef } from "./event.ts";
import { cancelJob, HUB_PRODUCERS, submitForCampaign, unknownRunner } from "./queue/queue.ts";
import { type Campaign, isFinished, type Job, type Slot } from "./state.ts";
import { fromUnit } from "./steer/actuators.ts";
import type { SpineRow, StopVerdict } from "./steer/convergence.ts";
import { closeCycle, createSteering, planCycle, type SteeringConfig } from "./steer/cycle.ts";
import { distanceOf } from "./steer/distance.ts";
import type { HubCore, Tx } from "./transaction.ts";

export type ArmResult = { readonly kind: "armed" | "following" } | ArmRefusal;

interface ArmRefusal {
  readonly kind: "refused";
  readonly code: "notFound" | "refused" | "config";
  readonly reason: string;
}

/** Arms a campaign, or answers that it is under way; a stopped one only with `isRearmed` and a reason. */
export function armCampaign(tx: Tx, name: string, isRearmed: boolean, by: Actor): ArmResult {
  const known = tx.state.campaigns.get(name);
  if (isRearmed && by.reason.trim() === "")
    return { kind: "refused", code: "refused", reason: 're-arming needs a reason: --reason "…"' };
  const isUnderWay = known?.state === "armed" || known?.state === "running";
  if (isUnderWay) return { kind: "following" };
  if (known !== undefined && !isRearmed) {
    const reason = `campaign ${name} has ${known.state} (${known.verdict?.rule ?? "?"}): only a human re-arms it, \`spiral converge ${name} --rearm --reason "…"\``;
    return { kind: "refused", code: "refused", reason };
  }
  const spec = freezeSpec(tx, name);
  if ("kind" in spec) return spec;
  const { renderRunner, evaluateRunner } = spec.jobs;
  const reason = unknownRunner(tx, renderRunner) ?? unknownRunner(tx, evaluateRunner);
  if (reason !== null) return { kind: "refused", code: "refused", reason };
  const arming = (known?.arming ?? 0) + 1;
  const steering = createSteering(steeringConfig(spec, name, arming));
  tx.emit({ kind: "campaign.armed", campaign: name, arming, spec, steering, ...by });
  return { kind: "armed" };
}

/** Advances every campaign as far as it will go now. */
export function advanceCampaigns(tx: Tx): void {
  for (const campaign of tx.state.campaigns.values()) {
    if (campaign.state === "armed" || campaign.state === "running") advance(tx, campaign);
  }
}

export interface RefillResult {
  readonly created: number;
  readonly rule: string;
  readonly detail: string;
}

/** Fills the queue up to the campaign's watermark, only while the arbiter says yes. */
export function refill(tx: Tx, name: string): RefillResult {
  const verdict = arbitrate(tx, { campaign: name, node: null }, tx.times.bootMs);
  const campaign = tx.state.campaigns.get(name);
  if (!verdict.isYes || campaign === undefined) {
    const facts = verdict.evidence.map((row) => `${row.name} ${row.value}`).join(", ");
    return { created: 0, rule: verdict.rule, detail: facts };
  }
  const created = submitRenders(tx, campaign);
  const detail = created > 0 ? `${created} render(s) queued` : "the queue is at its watermark";
  return { created, rule: verdict.rule, detail };
}

function advance(tx: Tx, campaign: Campaign): void {
  if (campaign.slots.length === 0) openCycle(tx, campaign);
  if (isSpent(campaign)) cancelWaiting(tx, campaign);
  submitEvaluations(tx, campaign);
  scoreSlots(tx, campaign);
  if (campaign.slots.every((slot) => slot.isScored)) endCycle(tx, campaign);
  else refill(tx, campaign.name);
}

/** A new cycle: the operating point first, then the optimiser's candidates. */
function openCycle(tx: Tx, campaign: Campaign): void {
  const { state: steering, plan } = planCycle(configOf(campaign), campaign.steering);
  const slots: SlotPlan[] = [
    { role: "point", actuators: plan.point },
    ...plan.candidates.map((actuators) => ({ role: "candidate", actuators }) as const),
  ];
  tx.emit({ kind: "campaign.asked", campaign: campaign.name, steering, slots });
}

function submitRenders(tx: Tx, campaign: Campaign): number {
  let waiting = campaign.slots.filter((slot) => stateOf(tx, slot.renderJob) === "pending").length;
  let created = 0;
  for (const [index, slot] of campaign.slots.entries()) {
    if (slot.renderJob !== null || waiting >= campaign.spec.watermark) continue;
    const ref = refOf(campaign, index, "render");
    submitForCampaign(tx, keyOf(ref), renderSpec(campaign, slot.actuators, campaign.spec.frame), ref);
    waiting++;
    created++;
  }
  return created;
}

/** Renders that would cost more than the campaign may: what runs comes to its end and is scored, the rest is not begun. */
function cancelWaiting(tx: Tx, campaign: Campaign): void {
  const by = { actor: "campaign", reason: `campaign ${campaign.name} has spent its GPU-seconds` };
  for (const { renderJob } of campaign.slots) {
    const job = renderJob === null ? undefined : tx.state.jobs.get(renderJob);
    if (job?.state === "pending") cancelJob(tx, job, by);
  }
}

/** A published render is scored by a job on the CPU lane that fetches its frames. */
function submitEvaluations(tx: Tx, campaign: Campaign): void {
  for (const [index, slot] of campaign.slots.entries()) {
    if (slot.evaluateJob !== null || slot.renderJob === null) continue;
    const render = must(tx.state.jobs.get(slot.renderJob), "a slot's render exists");
    if (!render.isPublished || hasLongNames(render)) continue;
    const ref = refOf(campaign, index, "evaluate");
    submitForCampaign(tx, keyOf(ref), evaluateSpec(campaign, render), ref);
  }
}

function scoreSlots(tx: Tx, campaign: Campaign): void {
  for (const [index, slot] of campaign.slots.entries()) {
    if (slot.isScored) continue;
    const outcome = outcomeOf(tx, campaign, slot);
    if (outcome.kind === "open") continue;
    const scores = outcome.kind === "failed" ? null : outcome.scores;
    const distance = scores === null ? null : distanceOf(campaign.spec.dimensions, scores);
    tx.emit({
      kind: "campaign.scored",
      campaign: campaign.name,
      arming: campaign.arming,
      cycle: campaign.steering.cycle,
      index,
      role: slot.role,
      renderJob: slot.renderJob,
      actuators: slot.actuators,
      scores,
      distance,
      ...(outcome.kind === "failed" ? { reason: outcome.reason } : {}),
    });
  }
}

function endCycle(tx: Tx, campaign: Campaign): void {
  const [point, ...candidates] = campaign.slots.map((slot) => slot.scores);
  const spent = campaign.gpuSeconds - (campaign.spine.at(-1)?.gpuSeconds ?? 0);
  const { state: steering, row } = closeCycle(configOf(campaign), campaign.steering, campaign.spine, {
    point: point ?? null,
    candidates,
    gpuSeconds: spent,
  });
  const globals = fromUnit(campaign.spec.actuators, steering.point);
  const { name, arming } = campaign;
  tx.emit({ kind: "campaign.cycled", campaign: name, arming, row, steering, globals });
  saveOperatingPoint(tx, campaign);
  if (row.rule === null) advance(tx, campaign);
  else stopCampaign(tx, campaign, row, { rule: row.rule, evidence: row.evidence });
}

/** globals.json follows the journal: written after each cycle, and again when a hub starts. */
export function saveOperatingPoint(tx: Tx, campaign: Campaign): void {
  const globals = fromUnit(campaign.spec.actuators, campaign.steering.point);
  tx.effect({ kind: "saveGlobals", campaign: campaign.name, globals });
}

/** By what a campaign is steered under its present arming. */
export function configOf(campaign: Campaign): SteeringConfig {
  return steeringConfig(campaign.spec, campaign.name, campaign.arming);
}

/** Each arming searches another way, from the one seed basis of control.json. */
function steeringConfig(spec: CampaignSpec, name: string, arming: number): SteeringConfig {
  return { ...spec, seed: `${spec.seed}/${name}/${arming}` };
}

/** The end of a campaign: nothing of it stays in the queue; a converged one leaves a picture for people. */
function stopCampaign(tx: Tx, campaign: Campaign, last: SpineRow, verdict: StopVerdict): void {
  const state = verdict.rule === "target" ? "converged" : "stopped";
  tx.emit({ kind: "campaign.stopped", campaign: campaign.name, arming: campaign.arming, state, verdict });
  const by = { actor: "campaign", reason: `campaign ${campaign.name} ${state}: ${verdict.rule}` };
  for (const jobId of tx.state.index.byCampaign.get(campaign.name) ?? []) {
    const job = tx.state.jobs.get(jobId);
    if (job !== undefined && !isFinished(job)) cancelJob(tx, job, by);
  }
  if (state === "converged" && campaign.spec.master !== null)
    submitMaster(tx, campaign, campaign.spec.master, last);
}

/** The master belongs to no loop: the campaign is over, this is its portrait at the operating point. */
function submitMaster(tx: Tx, campaign: Campaign, frame: Frame, last: SpineRow): void {
  const ref = { ...refOf(campaign, 0, "master"), cycle: last.cycle };
  const spec = renderSpec(campaign, last.actuators, frame);
  submitForCampaign(tx, keyOf(ref), { ...spec, campaign: null, producer: HUB_PRODUCERS.master }, ref);
}

function renderSpec(campaign: Campaign, actuators: Readonly<Record<string, number>>, frame: Frame): JobSpec {
  const { prompt, seed, path } = campaign.spec;
  const params: JsonObject = { seed, prompt, path, actuators, ...frame } as Record<string, Json>;
  return { ...commonSpec(campaign), runner: campaign.spec.jobs.renderRunner, params };
}

function evaluateSpec(campaign: Campaign, render: Job): JobSpec {
  return {
    ...commonSpec(campaign),
    runner: campaign.spec.jobs.evaluateRunner,
    params: evaluateParams(render),
    lane: EVALUATE_LANE,
    vramBytes: 0,
    inputs: framesOf(render),
  };
}

function framesOf({ outputs }: Job): Job["outputs"] {
  return outputs.filter((file) => file.path.startsWith("frames/"));
}

function evaluateParams(render: Job): JsonObject {
  return { frames: framesOf(render).map((file) => file.path) };
}

/** No agent could be given an evaluation of these frames: their names alone outgrow its parameters. */
function hasLongNames(render: Job): boolean {
  return jsonBytes(evaluateParams(render)) > JOB_LIMITS.paramsBytes;
}

function commonSpec(campaign: Campaign): Omit<JobSpec, "runner" | "params"> {
  const { jobs } = campaign.spec;
  return {
    kind: "task",
    priority: jobs.priority,
    lane: RENDER_LANE,
    vramBytes: jobs.vramBytes,
    subsystem: jobs.subsystem,
    producer: HUB_PRODUCERS.loop,
    campaign: campaign.name,
    node: null,
    maxRuntimeMs: jobs.maxRuntimeMs,
    maxAttempts: jobs.maxAttempts,
    delayMs: 0,
    onHubLoss: "stop",
    inputs: [],
  };
}

type SlotOutcome =
  | { readonly kind: "open" }
  | { readonly kind: "scored"; readonly scores: Readonly<Record<string, number>> }
  | { readonly kind: "failed"; readonly reason: string };

const OPEN: SlotOutcome = { kind: "open" };

/** Scores of a slot, or that it is still open, or why it will never have any. */
function outcomeOf(tx: Tx, campaign: Campaign, { renderJob, evaluateJob }: Slot): SlotOutcome {
  const render = renderJob === null ? undefined : tx.state.jobs.get(renderJob);
  if (render === undefined)
    return isSpent(campaign) ? { kind: "failed", reason: "the GPU-seconds were spent before" } : OPEN;
  if (isBarren(render)) return { kind: "failed", reason: `${render.id} has left no outputs` };
  if (render.state !== "succeeded") return failedOrOpen(render);
  if (hasLongNames(render))
    return { kind: "failed", reason: `the frames of ${render.id} have too long names` };
  const evaluate = evaluateJob === null ? undefined : tx.state.jobs.get(evaluateJob);
  if (evaluate === undefined) return OPEN;
  if (evaluate.state !== "succeeded") return failedOrOpen(evaluate);
  return { kind: "scored", scores: scoresOf(evaluate.result) };
}

function failedOrOpen({ id, state, lastDetail }: Job): SlotOutcome {
  const isDead = state === "failed" || state === "cancelled" || state === "quarantined";
  return isDead ? { kind: "failed", reason: `${id} ${state}: ${lastDetail}` } : OPEN;
}

/** A render that has succeeded and left nothing: it is never published, so that nothing could ever score it. */
export function isBarren({ slot, state, manifestSha256 }: Job): boolean {
  return slot?.step === "render" && state === "succeeded" && manifestSha256 === null;
}

/** What a runner reports is input from outside: anything but finite numbers counts as no score. */
function scoresOf(result: JsonObject | null): Readonly<Record<string, number>> {
  const scores: Record<string, number> = {};
  const reported = result?.["scores"];
  if (typeof reported !== "object" || reported === null) return scores;
  for (const [name, value] of Object.entries(reported)) {
    if (typeof value === "number" && Number.isFinite(value)) scores[name] = value;
  }
  return scores;
}

function stateOf(tx: Tx, jobId: string | null): Job["state"] | null {
  return jobId === null ? null : (tx.state.jobs.get(jobId)?.state ?? null);
}

function refOf(campaign: Campaign, index: number, step: SlotRef["step"]): SlotRef {
  return { campaign: campaign.name, arming: campaign.arming, cycle: campaign.steering.cycle, index, step };
}

function keyOf(ref: SlotRef): string {
  return `${ref.campaign}/${ref.arming}/${ref.cycle}/${ref.index}/${ref.step}`;
}

/** Why nothing can be said of a campaign of this name: it was never armed and control.json defines none; else null. */
export function unknownCampaign({ state }: Pick<HubCore, "state">, name: string): string | null {
  const { campaigns, control } = state;
  if (campaigns.has(name)) return null;
  if (control === null) return NO_CONTROL;
  return Object.hasOwn(control.campaigns, name) ? null : undefinedCampaign(control, name);
}

const NO_CONTROL = "there is no control.json in the root: write one that defines the campaign";

function undefinedCampaign({ campaigns }: ControlDocument, name: string): string {
  const known = Object.keys(campaigns).join(", ") || "none";
  return `control.json defines no campaign "${name}"; it defines: ${known}`;
}

/** The plan and the target as they are now, or why there is none. */
function freezeSpec(tx: Tx, name: string): CampaignSpec | ArmRefusal {
  const { control, calibration } = tx.state;
  const refuse = (code: ArmRefusal["code"], reason: string): ArmRefusal => ({
    kind: "refused",
    code,
    reason,
  });
  if (control === null) return refuse("config", NO_CONTROL);
  const plan: CampaignPlan | undefined = Object.hasOwn(control.campaigns, name)
    ? control.campaigns[name]
    : undefined;
  if (plan === undefined) return refuse("notFound", undefinedCampaign(control, name));
  if (plan.stop === null)
    return refuse("config", `control.json sets no stop rules for "${name}": it could never converge`);
  if (calibration === null)
    return refuse("config", "there is no calibration.json in the root: it names the target");
  const { prompt, seed, watermark } = control;
  return { ...plan, stop: plan.stop, prompt, seed, watermark, dimensions: calibration.dimensions };
}

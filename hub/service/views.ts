/** Views: the core's state in the words of the operator service. Reading only; nothing here decides. */

import type { Replica } from "../../shared/journal/worker-protocol.ts";
import type { ClosedWindow } from "../../shared/model/campaign.ts";
import { LANES, PRIORITIES } from "../../shared/model/priority.ts";
import type { OperatorReply } from "../../shared/wire/operator-types.ts";
import { encodeGpus } from "../../shared/wire/parts-codec.ts";
import { desiredWords, kindWords, laneWords, priorityWords } from "../../shared/wire/words.ts";
import { arbitrate, whyOrderedOff } from "../core/arbiter/arbiter.ts";
import { checkGuardrails, isTelemetryFresh } from "../core/arbiter/guardrails.ts";
import { cloneWarnings } from "../core/nodes/clone.ts";
import { windowNotes } from "../core/nodes/known-node.ts";
import { panicWarning } from "../core/nodes/panic.ts";
import { rollbackWarning } from "../core/nodes/rollback.ts";
import { type FleetCapacity, fleetCapacity, livenessOf } from "../core/placement/capacity.ts";
import { learnedVramBytes } from "../core/placement/vram-peaks.ts";
import { startsMax } from "../core/queue/services.ts";
import { type Campaign, type Cordon, type FinishedState, type Job, priorityOf } from "../core/state.ts";
import type { HubCore } from "../core/transaction.ts";
import { viewOverrides } from "./overrides.ts";

const SERVICES_MAX = 64;

export type JobView = OperatorReply<"GetJob">;
export type CampaignView = OperatorReply<"GetCampaign">;
export type NodeView = NonNullable<OperatorReply<"ListNodes">["nodes"]>[number];
export type StatusView = OperatorReply<"GetStatus">;
type WindowView = NonNullable<StatusView["windows"]>[number];

export function viewJob(core: HubCore, job: Job): JobView {
  const { spec } = job;
  return {
    jobId: job.id,
    kind: kindWords.encode(spec.kind),
    starts: job.service?.strikes ?? 0,
    startsMax: job.service === null ? 0 : startsMax(job.service),
    lastExit: job.service?.lastExit ?? "",
    isRestarting: job.service?.isRestarting ?? false,
    state: job.state,
    runner: spec.runner,
    producer: spec.producer,
    campaign: spec.campaign ?? "",
    priority: priorityWords.encode(priorityOf(job)),
    lane: laneWords.encode(spec.lane),
    vramBytes: spec.vramBytes,
    paramsJson: JSON.stringify(spec.params),
    attempts: job.attempts,
    maxAttempts: spec.maxAttempts,
    node: job.node ?? "",
    token: job.token ?? 0,
    isPublished: job.isPublished,
    resultJson: job.result === null ? "" : JSON.stringify(job.result),
    lastDetail: job.lastDetail,
    submittedWallMs: job.submittedWallMs,
    endedWallMs: job.endedWallMs ?? 0,
    ends: { ...job.ends },
    after: [...(spec.after ?? [])],
    uses: spec.uses ?? "",
    peakVramBytes: job.peakVramBytes ?? 0,
    learnedVramBytes: learnedVramBytes(core.state, spec) ?? 0,
    progressRatio: progressOf(core, job),
  };
}

/** What has succeeded is done, whatever its runner said on the way. */
function progressOf({ soft }: HubCore, { state, token }: Job): number {
  if (state === "succeeded") return 1;
  return token === null ? 0 : (soft.progress.get(token) ?? 0);
}

/** The newest ones when there are more than a screen could hold. */
function viewServices(core: HubCore): JobView[] {
  const jobs = [...core.state.index.services].flatMap((jobId) => core.state.jobs.get(jobId) ?? []);
  return jobs
    .slice(-SERVICES_MAX)
    .map((job) => viewJob(core, job))
    .sort((a, b) => (String(a.jobId) < String(b.jobId) ? -1 : 1));
}

export function viewCampaign(core: HubCore, campaign: Campaign): CampaignView {
  const distances = campaign.spine.flatMap((row) => (row.distance === null ? [] : [row.distance]));
  const [first] = distances;
  const last = distances.at(-1);
  const { best, masterJob, spec } = campaign;
  return {
    campaign: campaign.name,
    arming: campaign.arming,
    state: campaign.state,
    rule: campaign.verdict?.rule ?? "",
    // Between two cycles the last one that ended.
    cycle: campaign.slots.length === 0 ? campaign.spine.length : campaign.steering.cycle,
    maxCycles: spec.stop.budget.maxCycles,
    renders: campaign.renders,
    maxRenders: spec.stop.budget.maxRenders,
    gpuSeconds: campaign.gpuSeconds,
    tolerance: spec.stop.tolerance,
    ...(first === undefined ? {} : { firstDistance: first }),
    ...(last === undefined ? {} : { lastDistance: last }),
    ...(best === null ? {} : { bestDistance: best.distance }),
    bestJob: best?.jobId ?? "",
    masterJob: masterJob ?? "",
    isMasterPublished: masterJob !== null && core.state.jobs.get(masterJob)?.isPublished === true,
    slots: campaign.slots.length,
    slotsScored: campaign.slots.filter((slot) => slot.isScored).length,
  };
}

export function viewNodes(core: HubCore, bootMs: number): NodeView[] {
  return [...core.soft.lastSeenBootMs.keys()].sort().map((node) => viewNode(core, node, bootMs));
}

function viewNode(core: HubCore, node: string, bootMs: number): NodeView {
  const session = core.soft.sessions.get(node);
  const frame = core.soft.telemetry.get(node)?.frame;
  const silentMs = Math.round(bootMs - (core.soft.lastSeenBootMs.get(node) ?? bootMs));
  const leases = [...core.state.leases.values()].filter((lease) => lease.node === node).length;
  return {
    node,
    state: livenessOf(core, node, bootMs),
    silentMs,
    gpus: encodeGpus(frame?.gpus ?? session?.hello.gpus ?? []),
    gpuPressure: frame?.gpuPressure ?? 0,
    gpuLevel: frame?.gpuLevel ?? "unknown",
    ...(frame?.cpuRatio == null ? {} : { cpuRatio: frame.cpuRatio }),
    ...(frame?.memoryRatio == null ? {} : { memoryRatio: frame.memoryRatio }),
    running: frame?.running ?? 0,
    leases,
    runners: session?.hello.runners.map((runner) => runner.name) ?? [],
    isLatchedDown: session?.isLatchedDown ?? false,
    isTelemetryFresh: isTelemetryFresh(core, node, bootMs),
    ailing: viewAiling(core, node),
    orderedOff: whyOrderedOff(core, node) ?? "",
    ...viewCordon(core.state.cordons.get(node)),
  };
}

function viewCordon(cordon: Cordon | undefined): Pick<NodeView, "cordon"> {
  if (cordon === undefined) return {};
  const { by, reason, sinceWallMs, isDrain } = cordon;
  return { cordon: { by, reason, sinceWallMs, isDrain } };
}

function viewAiling({ state }: HubCore, node: string): NonNullable<NodeView["ailing"]> {
  const { hole = null, cards = {} } = state.health.get(node) ?? {};
  const ill = hole === null ? [] : [{ ...hole, gpu: "", standing: "quarantined" }];
  const all = [...ill, ...Object.entries(cards).map(([gpu, note]) => ({ gpu, ...note }))];
  return all.map(({ gpu, standing, reason, cure, sinceWallMs }) => ({
    ...{ gpu, standing, reason, sinceWallMs },
    cure: cure ?? "",
  }));
}

function viewCapacity({
  admissible,
  largest,
  slots,
  ...rest
}: FleetCapacity): NonNullable<StatusView["capacity"]> {
  const { nodes, closed, untoldNodes } = rest;
  if (untoldNodes > 0 && untoldNodes === nodes - closed.nodes) return { ...rest, admissible: [], slots: [] };
  return {
    ...rest,
    admissible: PRIORITIES.map((priority) => ({
      priority: priorityWords.encode(priority),
      bytes: admissible[priority],
      largestBytes: largest[priority],
    })),
    slots: LANES.map((lane) => ({ lane: laneWords.encode(lane), ...slots[lane] })),
  };
}

function viewWindow({ days: _, priorities, nodes, ...window }: ClosedWindow): WindowView {
  const encoded = priorities.map((priority) => priorityWords.encode(priority));
  return { ...window, nodes: [...nodes], priorities: encoded };
}

/** Nodes whose last edit of node.json is refused. */
function documentProblems({ soft }: HubCore): readonly string[] {
  return [...soft.telemetry].flatMap(([node, { frame }]) =>
    frame.problem === null ? [] : [`${node}: an edit is refused, the old values hold: ${frame.problem}`],
  );
}

function warningsOf(core: HubCore, bootMs: number): readonly string[] {
  const alarms = [rollbackWarning(core), panicWarning(core)].filter((text) => text !== null);
  return [...alarms, ...cloneWarnings(core, bootMs), ...windowNotes(core)];
}

export interface StatusContext {
  readonly bootMs: number;
  readonly journalMs: number;
  readonly journalSeq: number;
  readonly root: string;
  readonly version: string;
  readonly warnings: readonly string[];
  readonly replicas: readonly Replica[];
}

export function viewStatus(core: HubCore, context: StatusContext): StatusView {
  const { desired, index, control, forgotten } = core.state;
  const { pending, leased, running, finalising } = index.byState;
  const ever = (end: FinishedState): number => index.byState[end].size + forgotten[end];
  return {
    desired: desiredWords.encode(desired.state),
    desiredActor: desired.actor,
    desiredReason: desired.reason,
    generation: desired.generation,
    epoch: core.state.epoch,
    journalSeq: context.journalSeq,
    guardrails: checkGuardrails(core, context.bootMs).map((rail) => ({ ...rail })),
    waived: [...desired.waived],
    pending: pending.size,
    running: leased.size + running.size + finalising.size,
    succeeded: ever("succeeded"),
    failed: ever("failed"),
    cancelled: ever("cancelled"),
    quarantined: ever("quarantined"),
    published: index.published + forgotten.published,
    insights: core.state.insights,
    nodes: viewNodes(core, context.bootMs),
    campaigns: [...core.state.campaigns.values()].map((campaign) => viewCampaign(core, campaign)),
    ownerPrompt: control?.prompt ?? "",
    definedCampaigns: Object.keys(control?.campaigns ?? {}),
    root: context.root,
    version: context.version,
    warnings: [...warningsOf(core, context.bootMs), ...context.warnings, ...documentProblems(core)],
    services: viewServices(core),
    capacity: viewCapacity(fleetCapacity(core, context)),
    overrides: viewOverrides(core.state, context.journalMs),
    windows: core.soft.windows.map(viewWindow),
    rule: arbitrate(core, { campaign: null, node: null }, context.bootMs).rule,
    replicas: context.replicas.map((replica) => ({ ...replica, problem: replica.problem ?? "" })),
  };
}

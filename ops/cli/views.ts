/**
 * Views: what the hub answers, in the field names and types that `--json` promises (docs/cli.md). On the wire
 * 64-bit counts are texts and absent texts are empty; here counts are numbers and what is absent is null.
 */
import type { NotifyView } from "../../shared/model/notify-view.ts";
import { decodeKind } from "../../shared/wire/operator-codec.ts";
import type { OperatorAnswer } from "../../shared/wire/operator-types.ts";
import { readUint } from "../../shared/wire/values.ts";
import { desiredWords, laneWords, priorityWords } from "../../shared/wire/words.ts";

export type Job = ReturnType<typeof readJob>;
export type Campaign = ReturnType<typeof readCampaign>;
export type Node = ReturnType<typeof readNode>;
export type Capacity = NonNullable<ReturnType<typeof readCapacity>>;
export type Override = Status["overrides"][number];
export type Window = Status["windows"][number];
export type Status = ReturnType<typeof readStatus>;
export type Replica = Status["replicas"][number];
export type Explanation = ReturnType<typeof readExplanation>;
export type FleetEvent = ReturnType<typeof readEvent>;

export function readJob(job: OperatorAnswer<"GetJob">) {
  return {
    jobId: job.jobId,
    kind: decodeKind(job.kind, "kind"),
    starts: job.kind === "JOB_KIND_SERVICE" ? { used: job.starts, max: job.startsMax } : null,
    lastExit: maybe(job.lastExit),
    isRestarting: job.isRestarting,
    state: job.state,
    runner: job.runner,
    producer: job.producer,
    campaign: maybe(job.campaign),
    priority: priorityWords.decode(job.priority, "priority"),
    lane: laneWords.decode(job.lane, "lane"),
    vramBytes: readUint(job.vramBytes, "vramBytes"),
    peakVramBytes: count(job.peakVramBytes),
    learnedVramBytes: count(job.learnedVramBytes),
    params: parse(job.paramsJson),
    attempts: job.attempts,
    maxAttempts: job.maxAttempts,
    ends: job.ends,
    after: job.after,
    uses: maybe(job.uses),
    node: maybe(job.node),
    token: count(job.token),
    progressRatio: job.progressRatio,
    isPublished: job.isPublished,
    result: parse(job.resultJson),
    lastDetail: maybe(job.lastDetail),
    submittedWallMs: readUint(job.submittedWallMs, "submittedWallMs"),
    endedWallMs: count(job.endedWallMs),
  };
}

export function readCampaign(campaign: OperatorAnswer<"GetCampaign">) {
  return {
    campaign: campaign.campaign,
    state: campaign.state,
    rule: maybe(campaign.rule),
    arming: campaign.arming,
    cycle: campaign.cycle,
    maxCycles: campaign.maxCycles,
    renders: campaign.renders,
    maxRenders: campaign.maxRenders,
    gpuSeconds: campaign.gpuSeconds,
    tolerance: campaign.tolerance,
    firstDistance: campaign.firstDistance ?? null,
    lastDistance: campaign.lastDistance ?? null,
    bestDistance: campaign.bestDistance ?? null,
    bestJob: maybe(campaign.bestJob),
    masterJob: maybe(campaign.masterJob),
    isMasterPublished: campaign.isMasterPublished,
    slots: campaign.slots,
    slotsScored: campaign.slotsScored,
  };
}

export function readNode(node: OperatorAnswer<"ListNodes">["nodes"][number]) {
  return {
    node: node.node,
    state: node.state,
    silentMs: readUint(node.silentMs, "silentMs"),
    isTelemetryFresh: node.isTelemetryFresh,
    isLatchedDown: node.isLatchedDown,
    gpus: node.gpus.map((gpu) => ({
      uuid: gpu.uuid,
      name: gpu.name,
      source: gpu.source,
      totalBytes: readUint(gpu.totalBytes, "totalBytes"),
      usedBytes: gpu.usedBytes === undefined ? null : readUint(gpu.usedBytes, "usedBytes"),
      utilisationRatio: gpu.utilisationRatio ?? null,
      temperatureC: gpu.temperatureC ?? null,
      powerW: gpu.powerW ?? null,
    })),
    gpuPressure: node.gpuPressure,
    gpuLevel: node.gpuLevel,
    cpuRatio: node.cpuRatio ?? null,
    memoryRatio: node.memoryRatio ?? null,
    running: node.running,
    leases: node.leases,
    runners: node.runners,
    orderedOff: maybe(node.orderedOff),
    cordon: node.cordon == null ? null : readCordon(node.cordon),
    ailing: node.ailing.map(({ gpu, standing, reason, cure, sinceWallMs }) => ({
      ...{ gpu: maybe(gpu), standing, reason, cure: maybe(cure) },
      sinceWallMs: readUint(sinceWallMs, "sinceWallMs"),
    })),
  };
}

type WireCordon = NonNullable<OperatorAnswer<"ListNodes">["nodes"][number]["cordon"]>;

function readCordon({ by, reason, sinceWallMs, isDrain }: WireCordon) {
  return { by, reason: maybe(reason), sinceWallMs: readUint(sinceWallMs, "sinceWallMs"), isDrain };
}

export function readStatus(status: OperatorAnswer<"GetStatus">) {
  return {
    desired: desiredWords.decode(status.desired, "desired"),
    desiredActor: maybe(status.desiredActor),
    desiredReason: maybe(status.desiredReason),
    generation: readUint(status.generation, "generation"),
    epoch: readUint(status.epoch, "epoch"),
    journalSeq: readUint(status.journalSeq, "journalSeq"),
    version: status.version,
    root: status.root,
    ownerPrompt: maybe(status.ownerPrompt),
    guardrails: status.guardrails.map(({ name, isGreen, detail }) => ({ name, isGreen, detail })),
    waived: status.waived,
    pending: status.pending,
    running: status.running,
    succeeded: status.succeeded,
    failed: status.failed,
    cancelled: status.cancelled,
    quarantined: status.quarantined,
    published: status.published,
    insights: status.insights,
    nodes: status.nodes.map(readNode),
    campaigns: status.campaigns.map(readCampaign),
    definedCampaigns: status.definedCampaigns,
    warnings: status.warnings,
    undurableEvents: status.undurableEvents,
    services: status.services.map(readJob),
    capacity: readCapacity(status.capacity),
    overrides: status.overrides.map(readOverride),
    windows: status.windows.map(readWindow),
    rule: maybe(status.rule),
    replicas: status.replicas.map(({ address, holder, isLeader, sinceWallMs, silentMs, problem }) => ({
      ...{ address, holder, isLeader, problem: maybe(problem) },
      sinceWallMs: readUint(sinceWallMs, "sinceWallMs"),
      silentMs: readUint(silentMs, "silentMs"),
    })),
  };
}

/** What the hub notes beside an order is for the person who gave it. */
export function readOverride({ forMs, sinceWallMs, notes: _, ...rest }: OperatorAnswer<"SetOverride">) {
  return {
    ...rest,
    forMs: readUint(forMs, "forMs"),
    sinceWallMs: readUint(sinceWallMs, "sinceWallMs"),
  };
}

function readWindow({ priorities, ...rest }: OperatorAnswer<"GetStatus">["windows"][number]) {
  return { ...rest, priorities: priorities.map((word) => priorityWords.decode(word, "priorities")) };
}

/** Null from a hub of before. */
function readCapacity(wire: OperatorAnswer<"GetStatus">["capacity"]) {
  if (wire == null) return null;
  const apart = (nodes: typeof wire.closed) => ({
    nodes: nodes?.nodes ?? 0,
    totalBytes: readUint(nodes?.totalBytes ?? 0, "totalBytes"),
  });
  return {
    nodes: wire.nodes,
    cards: wire.cards,
    totalBytes: readUint(wire.totalBytes, "totalBytes"),
    freeBytes: readUint(wire.freeBytes, "freeBytes"),
    unknownBytes: readUint(wire.unknownBytes, "unknownBytes"),
    admissible: wire.admissible.map(({ priority, bytes, largestBytes }) => ({
      priority: priorityWords.decode(priority, "priority"),
      bytes: readUint(bytes, "bytes"),
      largestBytes: readUint(largestBytes, "largestBytes"),
    })),
    untoldNodes: wire.untoldNodes,
    slots: wire.slots.map(({ lane, free, taken }) => ({ lane: laneWords.decode(lane, "lane"), free, taken })),
    closed: apart(wire.closed),
    suspect: apart(wire.suspect),
    lost: apart(wire.lost),
  };
}

export function readExplanation(why: OperatorAnswer<"Why">) {
  return {
    verdict: why.verdict,
    rule: why.rule,
    evidence: why.evidence.map(({ name, value, ageMs }) => ({
      name,
      value,
      ageMs: readUint(ageMs, "ageMs"),
    })),
    wouldChange: why.wouldChange,
    undurableEvents: why.undurableEvents,
  };
}

export function readEvent(event: OperatorAnswer<"Events">) {
  return {
    seq: readUint(event.seq, "seq"),
    wallMs: readUint(event.wallMs, "wallMs"),
    kind: event.kind,
    body: parse(event.bodyJson) ?? {},
  };
}

function maybe(text: string): string | null {
  return text === "" ? null : text;
}

/** A count in which 0 stands for "none yet". */
function count(value: number): number | null {
  return readUint(value, "count") || null;
}

/** JSON that the hub wrote; null when there is none. */
function parse(text: string): Readonly<Record<string, unknown>> | null {
  return text === "" ? null : JSON.parse(text);
}

export function readNotify({ bodyJson }: OperatorAnswer<"ListNotices">): NotifyView {
  return JSON.parse(bodyJson);
}

export interface NotifyTest {
  readonly results: readonly {
    readonly channel: string;
    readonly isTaken: boolean;
    readonly error: string;
    readonly elapsedMs: number;
  }[];
}

export function readNotifyTest({ bodyJson }: OperatorAnswer<"TestNotify">): NotifyTest {
  return JSON.parse(bodyJson);
}

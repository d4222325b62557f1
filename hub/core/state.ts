/**
 * HubState: everything durable, as the events made it. Plain data and maps; only `apply` changes it.
 * What can be computed from jobs (the ready and delayed sets, the counts) is kept beside them and rebuilt on
 * load, never written to a snapshot (`snapshot.ts`).
 */
import type { JsonObject } from "../../shared/json.ts";
import type { CalibrationDocument, CampaignSpec, ControlDocument } from "../../shared/model/campaign.ts";
import {
  type DesiredState,
  JOB_STATES,
  type JobSpec,
  type JobState,
  type OutputFile,
} from "../../shared/model/job.ts";
import { type Lane, PRIORITY_RANK, type Priority } from "../../shared/model/priority.ts";
import { byPriority } from "../../shared/policy/gate.ts";
import type { Override } from "./arbiter/override.ts";
import type { SlotPlan, SlotRef } from "./event.ts";
import type { NodeHealth } from "./nodes/node-health.ts";
import type { Hold, Preempted } from "./placement/holds.ts";
import type { Share } from "./queue/fair-share.ts";
import { FifoSet } from "./queue/fifo-set.ts";
import { KeyHeap } from "./queue/key-heap.ts";
import { ReadyQueue } from "./queue/ready-queue.ts";
import { Waiters } from "./queue/waiters.ts";
import type { SpineRow, StopVerdict } from "./steer/convergence.ts";
import type { SteeringState } from "./steer/cycle.ts";

/** What is known of a service beyond its job. */
export interface ServiceRecord {
  /** Under the present or the last lease. */
  readonly restarts: number;
  /** Strikes that count, of how many that are tolerated. */
  readonly strikes: number;
  readonly burst: number;
  /** One line; null while it has never ended. */
  readonly lastExit: string | null;
  /** Its process has ended and starts again after its backoff. */
  readonly isRestarting: boolean;
}

export interface Job {
  readonly id: string;
  readonly key: string;
  readonly spec: JobSpec;
  readonly slot: SlotRef | null;
  readonly submittedWallMs: number;
  state: JobState;
  /** Journal time before which it is not granted. */
  notBeforeMs: number;
  /** Attempts burned by the job's own fault. */
  attempts: number;
  /** Attempts that were lost with their nodes; they burn none. */
  losses: number;
  /** Of these, what may be its own doing; absent before the first. */
  suspectLosses?: number;
  /** Attempts that ended without success, by how; absent before the first. */
  ends?: Readonly<Record<string, number>>;
  /** By overrides that are in force. */
  ordered?: { readonly priority?: Priority; readonly node?: string };
  /** Absent before the first time. */
  preempted?: Preempted;
  /** Journal time at which others were last stopped for its sake; absent before. */
  claimedMs?: number;
  /** Distinct nodes on which it failed by its own fault. */
  failedNodes: string[];
  /** Fencing token of the live lease, or of the attempt that succeeded. */
  token: number | null;
  /** Holder of the lease, or the last one. */
  node: string | null;
  startedJournalMs: number | null;
  endedWallMs: number | null;
  endedJournalMs: number | null;
  manifestSha256: string | null;
  outputs: readonly OutputFile[];
  result: JsonObject | null;
  isPublished: boolean;
  /** Most VRAM that an attempt was seen to hold; absent before one was measured. */
  peakVramBytes?: number;
  cancelReason: string | null;
  /** Of the jobs that it comes after, those that have not succeeded; absent: none. */
  blockedBy?: readonly string[];
  /** What its grant was charged with; absent without one. */
  chargedMs?: number;
  lastDetail: string;
  /** Null for a task. */
  service: ServiceRecord | null;
}

export interface Lease {
  readonly token: number;
  readonly jobId: string;
  readonly node: string;
  readonly offlineGraceMs: number;
  /** UUID; null where it needs no card, absent where nobody said which one it is. */
  gpu?: string | null;
  /** What it was placed by; absent in leases of before. */
  readonly vramBytes?: number;
  /** Its holder was told to end it for the sake of something else. */
  isPreempted?: boolean;
}

/** New work is kept off a node by hand. */
export interface Cordon {
  readonly by: string;
  readonly reason: string;
  readonly sinceMs: number;
  readonly sinceWallMs: number;
  /** Whether its running work is to come to an end. */
  readonly isDrain: boolean;
  /** Journal time at which what still runs is stopped; null: it runs until it ends. */
  readonly stopAtMs: number | null;
}

export interface Slot extends SlotPlan {
  renderJob: string | null;
  evaluateJob: string | null;
  isScored: boolean;
  scores: Readonly<Record<string, number>> | null;
  distance: number | null;
}

export interface Campaign {
  readonly name: string;
  /** How often a human has armed it; part of every key, so an old render never counts for a new run. */
  readonly arming: number;
  readonly spec: CampaignSpec;
  state: "armed" | "running" | "converged" | "stopped";
  verdict: StopVerdict | null;
  steering: SteeringState;
  slots: Slot[];
  spine: SpineRow[];
  renders: number;
  gpuSeconds: number;
  best: { readonly jobId: string; readonly distance: number } | null;
  masterJob: string | null;
  /** Journal time at which it converged or stopped; absent before, and from hubs of before. */
  endedMs?: number;
}

export interface Verdict {
  readonly isYes: boolean;
  readonly rule: string;
}

/** Tokens that were never given. */
export interface SkippedTokens {
  readonly from: number;
  readonly to: number;
}

/** Why nothing is granted: agents know of a time that this journal does not. */
export interface SafeMode {
  /** `settling`: a person has given that time up, and work of it is ending. */
  readonly phase: "rollback" | "settling";
  /** Who said so last; what all together have seen. */
  readonly node: string;
  readonly tokenSeen: number;
  readonly jobSeen: number;
  readonly epochSeen: number;
  /** Number of the newest job when it began; absent from hubs of before. */
  readonly lastJob?: number;
}

export interface HubState {
  /** Drawn once for each journal; a copy of it has the same. */
  hubId: string;
  epoch: number;
  lastToken: number;
  lastJob: number;
  /** The newest ones, in order. */
  skipped: readonly SkippedTokens[];
  safe: SafeMode | null;
  /** Calendar time of the last event. */
  wallMs: number;
  /** Journal time of the last event. */
  journalMs: number;
  desired: {
    state: DesiredState;
    generation: number;
    waived: readonly string[];
    actor: string;
    reason: string;
    /** Journal time; absent in a fresh root, and where a hub of before set it. */
    sinceMs?: number;
  };
  readonly jobs: Map<string, Job>;
  /** producer/key → job: a submit is idempotent for as long as its job is remembered. */
  readonly keys: Map<string, string>;
  readonly leases: Map<number, Lease>;
  /** Token of each accepted completion → job, so that a repeated one is accepted again. */
  readonly accepted: Map<number, string>;
  readonly campaigns: Map<string, Campaign>;
  readonly verdicts: Map<string, Verdict>;
  /** How many jobs of each end are remembered no longer, so that totals only grow. */
  readonly forgotten: Record<FinishedState | "published", number>;
  /** By node. */
  readonly health: Map<string, NodeHealth>;
  /** What owners have used, by lane and owner. */
  readonly shares: Map<string, Share>;
  /** What the owner that was granted last had used, by lane. */
  readonly shareClock: Record<Lane, number>;
  /** By node; of nodes that are away too. */
  readonly cordons: Map<string, Cordon>;
  /** By id, the oldest first. */
  readonly overrides: Map<string, Override>;
  lastOverride: number;
  /** By the job that the room is kept for. */
  readonly holds: Map<string, Hold>;
  /** By kind of job: VRAM peaks of the latest ones, oldest first. */
  readonly peaks: Map<string, readonly number[]>;
  control: ControlDocument | null;
  calibration: CalibrationDocument | null;
  insights: number;
  readonly index: JobIndex;
}

/** Nothing changes a job in these any more. */
export const FINISHED_STATES = ["succeeded", "failed", "cancelled", "quarantined"] as const;
export type FinishedState = (typeof FINISHED_STATES)[number];

/** Computed from the jobs: pending ones by lane and priority, and lists. */
export interface JobIndex {
  readonly ready: Readonly<Record<Lane, Readonly<Record<Priority, ReadyQueue>>>>;
  /** Pending ones by the journal time before which they are not granted. */
  readonly delayed: KeyHeap;
  readonly byState: Readonly<Record<JobState, Set<string>>>;
  /** All jobs of a campaign, in order of submission. */
  readonly byCampaign: Map<string, Set<string>>;
  /** Those that wait for nothing more, not even for publication, in the order in which they came to that. */
  readonly finished: FifoSet<string>;
  /** Succeeded with outputs, not yet renamed into renders/. */
  readonly unpublished: Set<string>;
  published: number;
  /** Services that are not cancelled, in order of submission. */
  readonly services: Set<string>;
  /** Ready jobs that use one. */
  readonly waiters: Waiters;
  /** Pending jobs by each job that they still come after. */
  readonly dependents: Map<string, Set<string>>;
  /** Jobs that ended badly while others come after them. */
  readonly broken: Set<string>;
}

export function createHubState(): HubState {
  return {
    hubId: "",
    epoch: 0,
    lastToken: 0,
    lastJob: 0,
    skipped: [],
    safe: null,
    wallMs: 0,
    journalMs: 0,
    desired: { state: "disabled", generation: 0, waived: [], actor: "installation", reason: "fresh root" },
    jobs: new Map(),
    keys: new Map(),
    leases: new Map(),
    accepted: new Map(),
    campaigns: new Map(),
    verdicts: new Map(),
    forgotten: { succeeded: 0, failed: 0, cancelled: 0, quarantined: 0, published: 0 },
    health: new Map(),
    cordons: new Map(),
    overrides: new Map(),
    lastOverride: 0,
    shares: new Map(),
    shareClock: { gpu: 0, cpu: 0 },
    holds: new Map(),
    peaks: new Map(),
    control: null,
    calibration: null,
    insights: 0,
    index: createIndex(),
  };
}

export function createIndex(): JobIndex {
  const queues = (): Record<Priority, ReadyQueue> => byPriority(() => new ReadyQueue());
  const byState = Object.fromEntries(JOB_STATES.map((state) => [state, new Set<string>()]));
  return {
    ready: { gpu: queues(), cpu: queues() },
    delayed: new KeyHeap(),
    byState: byState as JobIndex["byState"],
    byCampaign: new Map(),
    finished: new FifoSet(),
    unpublished: new Set(),
    published: 0,
    services: new Set(),
    waiters: new Waiters(),
    dependents: new Map(),
    broken: new Set(),
  };
}

/** Enters a job into the index under its present state. */
export function indexJob(index: JobIndex, job: Job): void {
  index.byState[job.state].add(job.id);
  if (job.state === "pending") indexPending(index, job);
  if (BADLY_ENDED.includes(job.state) && index.dependents.has(job.id)) index.broken.add(job.id);
  if (job.service !== null && job.state !== "cancelled") index.services.add(job.id);
  if (job.state === "succeeded" && job.manifestSha256 !== null) {
    if (job.isPublished) index.published++;
    else index.unpublished.add(job.id);
  }
  if (isFinished(job) && !index.unpublished.has(job.id)) index.finished.add(job.id);
}

const BADLY_ENDED: readonly JobState[] = FINISHED_STATES.filter((state) => state !== "succeeded");

/** Whatever it comes after may have been entered before it or be entered later. */
function indexPending(index: JobIndex, { id, notBeforeMs, blockedBy = [] }: Job): void {
  const { delayed, dependents, broken, byState } = index;
  if (blockedBy.length === 0) delayed.set(id, notBeforeMs);
  for (const needed of blockedBy) {
    dependents.set(needed, (dependents.get(needed) ?? new Set()).add(id));
    if (BADLY_ENDED.some((state) => byState[state].has(needed))) broken.add(needed);
  }
}

function unindexPending({ dependents, broken }: JobIndex, { id, blockedBy = [] }: Job): void {
  for (const needed of blockedBy) {
    const waiting = dependents.get(needed);
    waiting?.delete(id);
    if (waiting?.size !== 0) continue;
    dependents.delete(needed);
    broken.delete(needed);
  }
}

/** Takes a job out of the index; call it before its state changes. */
export function unindexJob(index: JobIndex, job: Job): void {
  const { id, state } = job;
  index.byState[state].delete(id);
  if (job.service !== null) index.services.delete(id);
  if (state === "pending") {
    unindexPending(index, job);
    index.delayed.delete(id);
    unindexReady(index, job);
  } else if (isFinished(job)) {
    index.finished.delete(id);
    index.broken.delete(id);
    index.unpublished.delete(id);
    if (state === "succeeded" && job.isPublished) index.published--;
  }
}

function unindexReady({ ready, waiters }: JobIndex, job: Job): void {
  const { lane, uses = null } = job.spec;
  if (uses !== null) waiters.delete(job.id);
  if (job.service === null) ready[lane][priorityOf(job)].delete(job.id);
  // Of a service the priority that it is queued by may be another one by now.
  else for (const queue of Object.values(ready[lane])) queue.delete(job.id);
}

/** Enters a job among those of its campaign, where it stays until it is forgotten. */
export function enlistJob({ byCampaign }: JobIndex, job: Job): void {
  const name = campaignOf(job);
  if (name === null) return;
  const listed = byCampaign.get(name) ?? new Set();
  byCampaign.set(name, listed.add(job.id));
}

export function delistJob({ byCampaign }: JobIndex, job: Job): void {
  const name = campaignOf(job);
  const listed = name === null ? undefined : byCampaign.get(name);
  if (name === null || listed === undefined) return;
  listed.delete(job.id);
  if (listed.size === 0) byCampaign.delete(name);
}

/** The campaign that a job was made for, its master included, or that its producer named. */
export function campaignOf({ slot, spec }: Job): string | null {
  return slot?.campaign ?? spec.campaign;
}

/** What it is queued, gated and stopped by: as submitted, unless ordered otherwise. */
export function priorityOf({ spec, ordered }: Job): Priority {
  return ordered?.priority ?? spec.priority;
}

/** What it is queued by: a service that has yet to start goes with the most important job that waits for it. */
export function queuedBy({ waiters }: JobIndex, job: Job): Priority {
  const own = priorityOf(job);
  const waiting = job.service === null ? null : waiters.best(job.spec.runner);
  return waiting !== null && PRIORITY_RANK[waiting] < PRIORITY_RANK[own] ? waiting : own;
}

/** The only node that may run it; null: any. */
export function pinOf({ spec, ordered }: Job): string | null {
  return ordered?.node ?? spec.node;
}

/** Jobs are numbered in order of submission. */
export function jobIdOf(number: number): string {
  return `j_${String(number).padStart(6, "0")}`;
}

/** Whether the id was given to a job that may be remembered no longer. */
export function wasJob({ lastJob }: HubState, jobId: string): boolean {
  const number = Number(jobId.slice(2));
  return jobId === jobIdOf(number) && number >= 1 && number <= lastJob;
}

export function isFinished({ state }: Job): boolean {
  return FINISHED_STATES.some((each) => each === state);
}

/** Whether those that come after it may run: its outputs, where it has any, are there to be read. */
export function isDone({ state, manifestSha256, isPublished }: Job): boolean {
  return state === "succeeded" && (manifestSha256 === null || isPublished);
}

/** Live jobs: those that can still change. */
export function liveCount({ byState }: JobIndex): number {
  const { pending, leased, running, finalising } = byState;
  return pending.size + leased.size + running.size + finalising.size;
}

/** A spec as it is now from one that a hub without services has written. */
export function completeSpec(spec: JobSpec): JobSpec {
  return { ...spec, kind: spec.kind ?? "task" };
}

/**
 * Snapshot: the hub's state as text, so that a start need not replay every event. What is computed from the jobs is
 * left out and computed again; fields that earlier versions did not write have a default here and nowhere else.
 */
import type { Lane } from "../../shared/model/priority.ts";
import type { Override } from "./arbiter/override.ts";
import type { NodeHealth } from "./nodes/node-health.ts";
import type { Hold } from "./placement/holds.ts";
import type { Share } from "./queue/fair-share.ts";
import {
  type Campaign,
  type Cordon,
  completeSpec,
  createHubState,
  enlistJob,
  type HubState,
  indexJob,
  type Job,
  type Lease,
  type Verdict,
} from "./state.ts";

function completeJob(job: Job): Job {
  return { ...job, spec: completeSpec(job.spec), service: job.service ?? null };
}

type Snapshot = Omit<
  HubState,
  | "jobs"
  | "keys"
  | "leases"
  | "accepted"
  | "campaigns"
  | "verdicts"
  | "health"
  | "cordons"
  | "shares"
  | "overrides"
  | "lastOverride"
  | "shareClock"
  | "holds"
  | "peaks"
  | "index"
> & {
  readonly jobs: readonly Job[];
  readonly leases: readonly Lease[];
  readonly accepted: readonly (readonly [number, string])[];
  readonly campaigns: readonly Campaign[];
  readonly verdicts: readonly (readonly [string, Verdict])[];
  /** Absent in snapshots of earlier versions. */
  readonly health?: readonly (readonly [string, NodeHealth])[];
  readonly cordons?: readonly (readonly [string, Cordon])[];
  readonly overrides?: readonly Override[];
  readonly lastOverride?: number;
  readonly shares?: readonly (readonly [string, Share])[];
  readonly shareClock?: Record<Lane, number>;
  readonly holds?: readonly Hold[];
  readonly peaks?: readonly (readonly [string, readonly number[]])[];
};

/** The state as snapshot text. */
export function encodeHubState(state: HubState): string {
  const snapshot: Snapshot = {
    hubId: state.hubId,
    epoch: state.epoch,
    lastToken: state.lastToken,
    lastJob: state.lastJob,
    skipped: state.skipped,
    safe: state.safe,
    wallMs: state.wallMs,
    journalMs: state.journalMs,
    desired: state.desired,
    control: state.control,
    calibration: state.calibration,
    insights: state.insights,
    forgotten: state.forgotten,
    jobs: [...state.jobs.values()],
    leases: [...state.leases.values()],
    accepted: [...state.accepted],
    campaigns: [...state.campaigns.values()],
    verdicts: [...state.verdicts],
    health: [...state.health],
    cordons: [...state.cordons],
    shares: [...state.shares],
    overrides: [...state.overrides.values()],
    lastOverride: state.lastOverride,
    shareClock: state.shareClock,
    holds: [...state.holds.values()],
    peaks: [...state.peaks],
  };
  return JSON.stringify(snapshot);
}

/** The state from snapshot text; whatever is computed is computed again. */
export function decodeHubState(text: string): HubState {
  const snapshot = JSON.parse(text) as Snapshot;
  const {
    leases,
    accepted,
    campaigns,
    verdicts,
    health = [],
    cordons = [],
    shares = [],
    peaks = [],
    ...plain
  } = snapshot;
  const jobs = snapshot.jobs.map(completeJob);
  const state: HubState = {
    ...createHubState(),
    ...plain,
    jobs: new Map(jobs.map((job) => [job.id, job])),
    leases: new Map(leases.map((lease) => [lease.token, lease])),
    keys: new Map(jobs.map((job) => [job.key, job.id])),
    accepted: new Map(accepted),
    campaigns: new Map(campaigns.map((campaign) => [campaign.name, campaign])),
    verdicts: new Map(verdicts),
    health: new Map(health),
    cordons: new Map(cordons),
    shares: new Map(shares),
    overrides: new Map((snapshot.overrides ?? []).map((override) => [override.id, override])),
    lastOverride: snapshot.lastOverride ?? 0,
    shareClock: { gpu: 0, cpu: 0, ...snapshot.shareClock },
    holds: new Map((snapshot.holds ?? []).map((hold) => [hold.jobId, hold])),
    peaks: new Map(peaks),
  };
  for (const job of jobs) enlistJob(state.index, job);
  const ended = jobs.toSorted((a, b) => (a.endedJournalMs ?? 0) - (b.endedJournalMs ?? 0));
  for (const job of ended) indexJob(state.index, job);
  return state;
}

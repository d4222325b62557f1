/**
 * Fair share: whose turn it is. Within a lane and priority the owner that has used least goes first, counted in
 * milliseconds of slots and divided by its weight. A grant is charged at once with what an attempt of that owner
 * usually takes and corrected when it has ended, so that an owner of long jobs does not take every slot before the
 * first of them is counted. Whoever was away may catch up by `creditMs` and no more. Whole numbers only, folded from
 * events: replay and standby come to the same order.
 */
import { type Lane, PRIORITIES, type Priority } from "../../../shared/model/priority.ts";
import { kindOf } from "../placement/vram-peaks.ts";
import { campaignOf, type HubState, type Job, pinOf, priorityOf, queuedBy } from "../state.ts";
import { orderedBounds } from "./bounds.ts";

export const SHARE_POLICY = {
  /** How far behind the others an owner may be counted at most. */
  creditMs: 60_000,
  /** What an attempt is thought to take before the first has ended. */
  firstMs: 10_000,
  defaultWeight: 10,
  /** Of four grants one may go to work of a lower priority that has waited for this long; never before realtime. */
  agedMs: 30 * 60_000,
  agedEvery: 4,
} as const;

/** Owners that are remembered; the one not granted anything for longest is forgotten first. */
const OWNERS_MAX = 4_096;
/** How much of a new duration enters the usual one: an eighth. */
const MEAN_SHIFT = 8;

export interface Share {
  /** Milliseconds of slots, divided by the weight and multiplied by the default one. */
  readonly usedMs: number;
  /** What an attempt usually takes. */
  readonly meanMs: number;
}

/** In whose name a job takes its turn: its campaign, or else its producer. */
export function ownerOf(job: Job): string {
  const campaign = campaignOf(job);
  return campaign === null ? job.spec.producer : `campaign/${campaign}`;
}

/** What jobs that fit in the same places have in common. */
export function shapeOf(job: Job): string {
  const { spec } = job;
  const { campaign, uses, vramBytes } = spec;
  return `${vramBytes} ${pinOf(job) ?? ""} ${campaign ?? ""} ${uses ?? ""} ${kindOf(spec)}`;
}

/** The key by which owners are ordered: the least is first. */
export function usedKey(state: HubState, lane: Lane, owner: string): number {
  return state.shares.get(`${lane}/${owner}`)?.usedMs ?? state.shareClock[lane];
}

/** Enters a job among those that may be granted now. */
export function enterReady(state: HubState, job: Job): void {
  const { index } = state;
  const { lane, uses = null } = job.spec;
  const priority = queuedBy(index, job);
  const owner = ownerOf(job);
  const own = priorityOf(job);
  // Beside jobs of another gate it fits in other places than they do.
  const shape = priority === own ? shapeOf(job) : `${own} ${shapeOf(job)}`;
  index.ready[lane][priority].add({ jobId: job.id, owner, shape }, usedKey(state, lane, owner));
  if (uses !== null) index.waiters.set(job.id, uses, priority);
}

/** Queues services by what waits for them now; one that uses another passes it on. */
export function requeueAwaited(state: HubState): void {
  const { index, jobs } = state;
  for (;;) {
    const changed = index.waiters.takeChanged();
    if (changed.length === 0) return;
    for (const jobId of index.services) {
      const job = jobs.get(jobId);
      if (job === undefined || !changed.includes(job.spec.runner)) continue;
      const queues = index.ready[job.spec.lane];
      const present = PRIORITIES.find((priority) => queues[priority].has(jobId));
      if (present === undefined || present === queuedBy(index, job)) continue;
      queues[present].delete(jobId);
      enterReady(state, job);
    }
  }
}

/** Charges a grant with what an attempt usually takes. */
export function chargeGrant(state: HubState, job: Job): void {
  const { lane } = job.spec;
  const owner = ownerOf(job);
  const known = state.shares.get(`${lane}/${owner}`);
  const clockMs = state.shareClock[lane];
  const beforeMs = Math.max(known?.usedMs ?? clockMs, clockMs - SHARE_POLICY.creditMs);
  const meanMs = known?.meanMs ?? SHARE_POLICY.firstMs;
  const chargedMs = Math.max(1, weigh(state, owner, meanMs));
  state.shareClock[lane] = Math.max(clockMs, beforeMs);
  job.chargedMs = chargedMs;
  keep(state, lane, owner, { usedMs: beforeMs + chargedMs, meanMs });
}

/** Corrects the charge of an attempt that has ended. */
export function settleGrant(state: HubState, job: Job, ranMs: number): void {
  const { lane } = job.spec;
  const owner = ownerOf(job);
  const known = state.shares.get(`${lane}/${owner}`);
  const chargedMs = job.chargedMs ?? 0;
  delete job.chargedMs;
  if (known === undefined) return;
  const wholeMs = Math.max(0, Math.round(ranMs));
  const meanMs = known.meanMs + Math.trunc((wholeMs - known.meanMs) / MEAN_SHIFT);
  const usedMs = Math.max(0, known.usedMs - chargedMs + weigh(state, owner, wholeMs));
  // A declined grant took nothing and tells nothing of how long attempts take.
  keep(state, lane, owner, { usedMs, meanMs: wholeMs === 0 ? known.meanMs : meanMs });
}

function weigh({ control }: HubState, owner: string, ms: number): number {
  const weight = control?.owners?.[owner]?.weight ?? SHARE_POLICY.defaultWeight;
  return Math.trunc((ms * SHARE_POLICY.defaultWeight) / weight);
}

function keep(state: HubState, lane: Lane, owner: string, share: Share): void {
  const key = `${lane}/${owner}`;
  state.shares.delete(key);
  state.shares.set(key, share);
  const oldest = state.shares.keys().next();
  if (state.shares.size > OWNERS_MAX && oldest.done !== true) state.shares.delete(oldest.value);
  for (const queue of Object.values(state.index.ready[lane])) queue.setUsed(owner, share.usedMs);
}

/**
 * The priority whose oldest job has waited so long that this grant is for it, before `priority` has its turn; null
 * at most times. Ageing moves the order only: its gate stays what it is, and realtime is never kept waiting.
 */
export function agedPriority(
  { index, jobs, lastToken }: HubState,
  lane: Lane,
  priority: Priority,
  { journalMs, agedMs }: { readonly journalMs: number; readonly agedMs: number },
): Priority | null {
  if ((lastToken + 1) % SHARE_POLICY.agedEvery !== 0) return null;
  let oldestMs = journalMs - agedMs;
  let chosen: Priority | null = null;
  for (const lower of LOWER[priority]) {
    const job = jobs.get(index.ready[lane][lower].oldest ?? "");
    if (job === undefined || job.notBeforeMs > oldestMs) continue;
    oldestMs = job.notBeforeMs;
    chosen = lower;
  }
  return chosen;
}

const LOWER: Readonly<Record<Priority, readonly Priority[]>> = {
  realtime: [],
  interactive: ["background", "batch"],
  background: ["batch"],
  batch: [],
};

/** What an owner holds at this moment. */
export interface Holding {
  slots: number;
  vramBytes: number;
}

/** What owners with a sub-budget hold; empty where none is set. */
export function holdings(state: HubState): Map<string, Holding> {
  const { control, leases, jobs } = state;
  const held = new Map<string, Holding>();
  const limited = Object.entries(control?.owners ?? {}).filter(([, limit]) => hasLimit(limit));
  const owners = [...limited.map(([owner]) => owner), ...orderedBounds(state).keys()];
  if (owners.length === 0) return held;
  for (const owner of owners) held.set(owner, { slots: 0, vramBytes: 0 });
  for (const { jobId } of leases.values()) {
    const job = jobs.get(jobId);
    const holding = job === undefined ? undefined : held.get(ownerOf(job));
    if (job === undefined || holding === undefined) continue;
    holding.slots++;
    holding.vramBytes += job.spec.vramBytes;
  }
  return held;
}

function hasLimit({ maxSlots, maxVramMib }: { maxSlots: number | null; maxVramMib: number | null }): boolean {
  return maxSlots !== null || maxVramMib !== null;
}

/** Why the sub-budget of its owner has no room for a job; null when it has. */
export function overOwnerBudget(
  state: HubState,
  held: ReadonlyMap<string, Holding>,
  job: Job,
): string | null {
  const owner = ownerOf(job);
  const holding = held.get(owner);
  if (holding === undefined) return null;
  const limit = state.control?.owners?.[owner];
  const { maxSlots = limit?.maxSlots ?? null, maxVramMib = limit?.maxVramMib ?? null } =
    orderedBounds(state).get(owner) ?? {};
  if (maxSlots !== null && holding.slots >= maxSlots)
    return `${owner} holds ${holding.slots} of ${maxSlots} slots`;
  const askedMib = Math.ceil((holding.vramBytes + job.spec.vramBytes) / 1024 ** 2);
  if (maxVramMib !== null && job.spec.vramBytes > 0 && askedMib > maxVramMib)
    return `${owner} would hold ${askedMib} of ${maxVramMib} MiB`;
  return null;
}

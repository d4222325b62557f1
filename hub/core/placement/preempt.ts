/**
 * Preempt: ending attempts for the sake of something else. The stop is journaled before it is sent, so that whatever
 * the holder says of the end, the job goes back to the queue with nothing against it.
 *
 * A waiting job that fits nowhere may have less important work stopped for it (SPEC H6). That ends by itself: only
 * strictly less important work leaves, each job so often at most, and nobody has it done for him twice in a row. It is
 * part of granting: what may not be granted anywhere stops nobody. The node has the last word: whether the job fits
 * once the others have gone is its gate's to say, and when it declines the room is kept no longer.
 */
import { LANES, PRIORITIES, PRIORITY_RANK, type Priority } from "../../../shared/model/priority.ts";
import { arbitrate, isJobClear, isNodeClear } from "../arbiter/arbiter.ts";
import type { Actor, HeldRoom } from "../event.ts";
import { holeOf } from "../nodes/health.ts";
import { holdings, overOwnerBudget, usedKey } from "../queue/fair-share.ts";
import { sendStop } from "../queue/queue.ts";
import { isPinned, servicesByNode } from "../queue/services.ts";
import { isDelivering } from "../soft.ts";
import { type Job, type Lease, priorityOf, queuedBy } from "../state.ts";
import type { Tx } from "../transaction.ts";
import { endHolds } from "./holds.ts";
import { type Lack, lacksOn } from "./lacks.ts";
import { chooseVictims, compareSets, PREEMPT_POLICY, type Victim } from "./victims.ts";

export interface StopOrder extends Actor {
  /** Job that its room is kept for; null where nothing waits for it. */
  readonly claimant: string | null;
  /** Journal time until which the room is kept. */
  readonly holdUntilMs: number | null;
  readonly held?: HeldRoom;
}

/** Tells the holder to end an attempt as preempted; an attempt is told once. */
export function stopAttempt(tx: Tx, lease: Lease, order: StopOrder): void {
  const job = tx.state.jobs.get(lease.jobId);
  if (job === undefined || lease.isPreempted === true || job.cancelReason !== null) return;
  if (isDelivering(tx.soft, job)) return;
  const { token, node } = lease;
  tx.emit({ kind: "job.preempted", jobId: job.id, token, node, ...order });
  sendStop(tx, job, { reason: order.reason, isPreemption: true });
}

/** Stops less important work for the first waiting job that this helps; one decision at a look. */
export function preemptForWaiting(tx: Tx): void {
  endHolds(tx);
  const { state, soft, times, timing } = tx;
  if (times.bootMs < soft.preemptAtBootMs) return;
  soft.preemptAtBootMs = times.bootMs + PREEMPT_POLICY.lookMs * timing.scale;
  if (soft.panic !== null || state.holds.size >= PREEMPT_POLICY.holdsMax) return;
  const claimants = waitingClaimants(tx);
  if (claimants.length === 0 || !arbitrate(tx, { campaign: null, node: null }, times.bootMs).isYes) return;
  const nodes = stoppableByNode(tx);
  if (nodes.size === 0) return;
  for (const job of claimants) if (preemptFor(tx, job, nodes)) return;
}

/** The first in line that have waited for long enough and may be granted now. */
function waitingClaimants(tx: Tx): readonly Job[] {
  const held = holdings(tx.state);
  const mayClaim = (job: Job): boolean =>
    isJobClear(tx, job) && overOwnerBudget(tx.state, held, job) === null && isCampaignClear(tx, job);
  return LANES.flatMap((lane) =>
    PRIORITIES.filter((priority) => priority !== "batch").flatMap((priority) => {
      const queue = tx.state.index.ready[lane][priority];
      if (queue.size === 0) return [];
      const walk = queue.walk((owner) => usedKey(tx.state, lane, owner));
      const found: Job[] = [];
      try {
        for (let looked = 0; looked < PREEMPT_POLICY.lookedAt; looked++) {
          const jobId = walk.next();
          const job = jobId === null ? undefined : tx.state.jobs.get(jobId);
          if (jobId === null || job === undefined) break;
          const isReady = isPatient(tx, job) && mayClaim(job) && isCalledFor(tx, job, mayClaim);
          if (isReady) found.push(job);
          // Those that ask for the same would fit where it does, after it.
          walk.pass(jobId, isReady ? "shape" : "job");
        }
      } finally {
        walk.end();
      }
      return found;
    }),
  );
}

/**
 * A service that is queued by the rank of others asks for room in their name: one of them at least must have waited
 * and be able to go on once it runs.
 */
function isCalledFor(tx: Tx, service: Job, mayClaim: (job: Job) => boolean): boolean {
  const { index, jobs } = tx.state;
  const rank = queuedBy(index, service);
  if (rank === priorityOf(service)) return true;
  let looked = 0;
  for (const jobId of index.waiters.those(service.spec.runner, rank)) {
    const waiter = jobs.get(jobId);
    if (waiter !== undefined && isPatient(tx, waiter) && mayClaim(waiter)) return true;
    if (++looked === PREEMPT_POLICY.lookedAt) return false;
  }
  return false;
}

/** It has waited, and nothing was stopped for it of late. */
function isPatient({ state, times, timing }: Tx, { id, notBeforeMs, claimedMs }: Job): boolean {
  const { patienceMs, claimPauseMs } = PREEMPT_POLICY;
  if (state.holds.has(id) || times.journalMs - notBeforeMs < patienceMs * timing.scale) return false;
  return claimedMs === undefined || times.journalMs - claimedMs >= claimPauseMs * timing.scale;
}

function isCampaignClear(tx: Tx, { spec: { campaign } }: Job): boolean {
  return campaign === null || arbitrate(tx, { campaign, node: null }, tx.times.bootMs).isYes;
}

/** An attempt that may be stopped, with where it is. */
interface Stoppable extends Victim {
  readonly lease: Lease;
  readonly job: Job;
}

/** By node, only nodes that may be granted something now and on which no room is kept yet. */
function stoppableByNode(tx: Tx): ReadonlyMap<string, readonly Stoppable[]> {
  const held = new Set([...tx.state.holds.values()].map(({ node }) => node));
  const nodes = new Map<string, Stoppable[]>();
  for (const lease of tx.state.leases.values()) {
    const victim = held.has(lease.node) ? null : stoppable(tx, lease);
    if (victim !== null) nodes.set(lease.node, [...(nodes.get(lease.node) ?? []), victim]);
  }
  for (const node of nodes.keys()) if (!isOpen(tx, node)) nodes.delete(node);
  return nodes;
}

function isOpen(tx: Tx, node: string): boolean {
  const session = tx.soft.sessions.get(node);
  if (session === undefined || holeOf(tx, node) !== null) return false;
  return isNodeClear(tx, node, tx.times.bootMs);
}

function stoppable(tx: Tx, lease: Lease): Stoppable | null {
  const job = tx.state.jobs.get(lease.jobId);
  if (job?.state !== "running" || job.startedJournalMs === null) return null;
  if (lease.isPreempted === true || job.cancelReason !== null || isDelivering(tx.soft, job)) return null;
  const ranMs = tx.times.journalMs - job.startedJournalMs;
  if (ranMs < PREEMPT_POLICY.minRuntimeMs * tx.timing.scale) return null;
  if ((job.preempted?.times ?? 0) >= PREEMPT_POLICY.timesMax) return null;
  const isService = job.service !== null;
  if (isService && isPinned(tx.state, job)) return null;
  const { token, vramBytes = job.spec.vramBytes } = lease;
  return { lease, job, token, rank: PRIORITY_RANK[priorityOf(job)], vramBytes, ranMs, isService };
}

/** Where the job would fit once some have left, and who. */
interface Order {
  readonly lack: Lack;
  readonly node: string;
  readonly victims: readonly Stoppable[];
}

function preemptFor(tx: Tx, job: Job, nodes: ReadonlyMap<string, readonly Stoppable[]>): boolean {
  const services = servicesByNode(tx.state);
  const orders = [...nodes].flatMap(([node, pool]): Order[] => {
    const session = tx.soft.sessions.get(node);
    if (session === undefined) return [];
    return lacksOn(tx, job, session, services).flatMap((lack) => {
      const victims = victimsFor(job, queuedBy(tx.state.index, job), lack, pool);
      return victims === null ? [] : [{ lack, node, victims }];
    });
  });
  const [best] = orders.sort(
    (a, b) => compareSets(a.victims, b.victims) || (placeOf(a) < placeOf(b) ? -1 : 1),
  );
  if (best === undefined) return false;
  stopFor(tx, job, best);
  return true;
}

function placeOf({ node, lack }: Order): string {
  return `${node} ${lack.gpu ?? ""}`;
}

/** Less important work on that card, or in that lane of the node where only a slot is missing. */
function victimsFor(
  job: Job,
  priority: Priority,
  { gpu, missing }: Lack,
  pool: readonly Stoppable[],
): readonly Stoppable[] | null {
  const rank = PRIORITY_RANK[priority];
  const { lane, uses = null } = job.spec;
  const inReach = pool.filter(
    (victim) =>
      victim.rank > rank &&
      victim.job.spec.lane === lane &&
      !(victim.isService && victim.job.spec.runner === uses) &&
      // Nothing of the CPU lane has VRAM booked.
      (missing.vramBytes === 0 || (lane === "gpu" && victim.lease.gpu === gpu)),
  );
  const chosen = new Set(chooseVictims(inReach, missing)?.map(({ token }) => token));
  return chosen.size === 0 ? null : inReach.filter(({ token }) => chosen.has(token));
}

function stopFor(tx: Tx, job: Job, { lack, node, victims }: Order): void {
  const { gpu, vramBytes, missing } = lack;
  const priority = queuedBy(tx.state.index, job);
  const where = gpu === null ? node : `${node} ${gpu}`;
  const what = priority === priorityOf(job) ? `is ${priority}` : `is waited for by ${priority} work`;
  const reason = `${job.id} ${what} and fits nowhere else: it is given the room on ${where}`;
  const holdUntilMs = tx.times.journalMs + tx.timing.regrantAfterMs;
  for (const { lease, ranMs } of victims) {
    const held = { gpu, vramBytes, priority, lane: job.spec.lane, missing, ranMs };
    stopAttempt(tx, lease, { claimant: job.id, holdUntilMs, held, actor: "hub", reason });
  }
}

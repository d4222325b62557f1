/**
 * Holds: room that is kept for a job while the work that had it leaves (SPEC H6). Without one a smaller job would slip
 * into what was freed, and the next one would have to be stopped. A hold binds work that is as important as its job or
 * less; it ends when its job is granted, here or elsewhere, when that has ended, and in any case at its time.
 */
import { type Lane, PRIORITY_RANK, type Priority } from "../../../shared/model/priority.ts";
import type { Evidence } from "../arbiter/arbiter.ts";
import type { HubEvent } from "../event.ts";
import { type HubState, type Job, queuedBy } from "../state.ts";
import type { Tx } from "../transaction.ts";
import { PREEMPT_POLICY } from "./victims.ts";

/** How often a job had to leave for a more important one, and the last time. */
export interface Preempted {
  readonly times: number;
  /** The job that it was last stopped for. */
  readonly by: string;
  readonly node: string;
  readonly atMs: number;
  readonly atWallMs: number;
}

/** Room that is kept for a job while the work that had it leaves. */
export interface Hold {
  /** For whom. */
  readonly jobId: string;
  readonly priority: Priority;
  readonly lane: Lane;
  readonly node: string;
  /** UUID; null for work that needs no card. */
  readonly gpu: string | null;
  readonly vramBytes: number;
  readonly sinceMs: number;
  /** Journal time at which it ends by itself. */
  readonly untilMs: number;
  /** Tokens of the attempts that were stopped for it. */
  readonly tokens: readonly number[];
}

export function applyPreempted(
  state: HubState,
  { jobId, token, node, claimant, holdUntilMs, held, at }: Extract<HubEvent, { kind: "job.preempted" }>,
): void {
  const lease = state.leases.get(token);
  if (lease !== undefined) lease.isPreempted = true;
  const victim = state.jobs.get(jobId);
  const waiting = claimant === null ? undefined : state.jobs.get(claimant);
  if (waiting === undefined || victim === undefined || held === undefined || holdUntilMs === null) return;
  const times = (victim.preempted?.times ?? 0) + 1;
  victim.preempted = { times, by: waiting.id, node, atMs: at.journalMs, atWallMs: at.wallMs };
  waiting.claimedMs = at.journalMs;
  const { gpu, vramBytes, priority, lane } = held;
  const tokens = [...(state.holds.get(waiting.id)?.tokens ?? []), token];
  const room = { priority, lane, node, gpu, vramBytes };
  state.holds.set(waiting.id, {
    ...{ jobId: waiting.id, ...room, tokens },
    ...{ sinceMs: at.journalMs, untilMs: holdUntilMs },
  });
}

/** Lets go of room that nobody came for in time. */
export function endHolds(tx: Tx): void {
  for (const { jobId, node, untilMs } of tx.state.holds.values()) {
    if (tx.times.journalMs < untilMs) continue;
    tx.emit({ kind: "hold.ended", jobId, node, actor: "hub", reason: "its time is over" });
  }
}

/** Holds on a node that a job has to leave alone. */
export function holdsAgainst({ holds, index }: HubState, job: Job, node: string): readonly Hold[] {
  if (holds.size === 0) return [];
  const rank = PRIORITY_RANK[queuedBy(index, job)];
  return [...holds.values()].filter(
    (hold) => hold.node === node && hold.jobId !== job.id && PRIORITY_RANK[hold.priority] <= rank,
  );
}

/** What of a node is open to work that has to leave these holds alone. */
interface Space {
  readonly freeSlots: Readonly<Record<Lane, number>>;
  readonly gpus: readonly {
    readonly uuid: string;
    readonly headroomBytes: Readonly<Record<Priority, number>>;
  }[];
}

export function lessHeld<Room extends Space>(room: Room, holds: readonly Hold[], priority: Priority): Room {
  if (holds.length === 0) return room;
  const freeSlots = { ...room.freeSlots };
  for (const { lane } of holds) freeSlots[lane]--;
  const gpus = room.gpus.map((gpu) => {
    const held = holds.filter((hold) => hold.gpu === gpu.uuid).reduce((sum, hold) => sum + hold.vramBytes, 0);
    const headroomBytes = {
      ...gpu.headroomBytes,
      [priority]: Math.max(0, gpu.headroomBytes[priority] - held),
    };
    return { ...gpu, headroomBytes };
  });
  return { ...room, freeSlots, gpus };
}

/** What there is to say of a hold, for people. */
export function holdEvidence(hold: Hold, journalMs: number): Evidence {
  const { jobId, node, gpu, vramBytes, untilMs, sinceMs } = hold;
  const where = gpu === null ? node : `${node} ${gpu}`;
  const bytes = vramBytes === 0 ? "a slot" : `a slot and ${Math.ceil(vramBytes / 1024 ** 2)} MiB`;
  const left = Math.max(0, Math.ceil((untilMs - journalMs) / 1000));
  const value = `${bytes} on ${where} for ${jobId}, for ${left} s more at most`;
  return { name: "held", value, ageMs: Math.max(0, journalMs - sinceMs) };
}

/** Whether its holder has been told to end it for the sake of something else. */
export function isLeaving({ leases }: HubState, { token }: Job): boolean {
  return token !== null && leases.get(token)?.isPreempted === true;
}

/** Whether it was stopped for a more important job and has had no grant since. */
export function wasPreempted({ state, preempted, startedJournalMs }: Job): boolean {
  if (state !== "pending" || preempted === undefined) return false;
  return startedJournalMs !== null && startedJournalMs <= preempted.atMs;
}

/** How often and for whom it had to leave, for people; nothing where it never had. */
export function preemptedEvidence({ preempted }: Job, journalMs: number): readonly Evidence[] {
  if (preempted === undefined) return [];
  const { times, by, node, atMs } = preempted;
  const value = `for ${by} on ${node}; ${times} of at most ${PREEMPT_POLICY.timesMax} time(s)`;
  return [{ name: "preempted", value, ageMs: Math.max(0, journalMs - atMs) }];
}

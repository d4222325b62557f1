/**
 * Placement: hands ready jobs to nodes that hold open claims (SPEC H6). Priority first, then fair share between
 * owners; which node is best is the shared policy's business. Every grant has passed the arbiter for its
 * campaign and its node.
 */
import type { Times } from "../../../shared/decision.ts";
import { must } from "../../../shared/invariant.ts";
import type { Claim, Grant } from "../../../shared/model/messages.ts";
import {
  LANES,
  type Lane,
  PRIORITIES,
  PRIORITY_GATE,
  type Priority,
} from "../../../shared/model/priority.ts";
import { byPriority } from "../../../shared/policy/gate.ts";
import {
  isBigFor,
  type Misfit,
  type PlacementGpu,
  type PlacementJob,
  type PlacementNode,
  place,
  rankSeats,
  type Seat,
  seatsFor,
} from "../../../shared/policy/placement.ts";
import { usableBytes } from "../../../shared/policy/pressure.ts";
import { type ArbiterVerdict, arbitrate, isJobClear, isNodeClear } from "../arbiter/arbiter.ts";
import { closedFor, holeOf, whyQuarantined } from "../nodes/health.ts";
import {
  agedPriority,
  type Holding,
  holdings,
  overOwnerBudget,
  ownerOf,
  SHARE_POLICY,
  usedKey,
} from "../queue/fair-share.ts";
import { offlineGrace, promoteDelayed } from "../queue/queue.ts";
import { restartAllowance, type ServicesByNode, servicesByNode } from "../queue/services.ts";
import type { NodeSession } from "../soft.ts";
import { type Job, type JobIndex, pinOf, priorityOf } from "../state.ts";
import type { HubCore, Tx } from "../transaction.ts";
import { avoidedNodes } from "./declines.ts";
import { type Hold, holdsAgainst, lessHeld } from "./holds.ts";
import { placedVramBytes } from "./vram-peaks.ts";

/** What a claim leaves of a node while a pass fills it. */
export interface Room extends PlacementNode {
  readonly session: NodeSession;
  readonly freeSlots: Record<Lane, number>;
  readonly gpus: readonly (PlacementGpu & { readonly headroomBytes: Record<Priority, number> })[];
  readonly grants: Grant[];
  /** One job is tried on it. */
  readonly isOnProbation: boolean;
}

/**
 * Grants whatever can be granted now. Cheap when there is no open claim or nothing ready: it runs at every
 * claim, with a thousand nodes attached. So the arbiter is asked once about what is the same for all of them,
 * and then only about each node.
 */
export function grantReady(tx: Tx): void {
  promoteDelayed(tx);
  const { bootMs } = tx.times;
  if (!isAnyReady(tx.state.index)) return;
  const claiming: NodeSession[] = [];
  for (const session of tx.soft.sessions.values()) if (session.claim !== null) claiming.push(session);
  if (claiming.length === 0 || !arbitrate(tx, { campaign: null, node: null }, bootMs).isYes) return;
  const services = servicesByNode(tx.state);
  const rooms = claiming
    .filter((session) => isNodeClear(tx, session.node, bootMs))
    .map((session) => roomOf(tx, session, services, tx.times.journalMs));
  if (rooms.length === 0) return;
  const pass = { rooms, held: holdings(tx.state) };
  for (const lane of LANES) {
    for (const priority of PRIORITIES) grantQueue(tx, pass, lane, priority);
  }
  for (const room of rooms) sendGrants(tx, room);
}

function isAnyReady({ ready }: JobIndex): boolean {
  return LANES.some((lane) => PRIORITIES.some((priority) => ready[lane][priority].size > 0));
}

/** What a pass goes through: rooms that only shrink, and owners that only come nearer to their bounds. */
interface Pass {
  readonly rooms: readonly Room[];
  readonly held: ReadonlyMap<string, Holding>;
}

/** One queue, an aged job of a lower priority before it where one is due. */
function grantQueue(tx: Tx, pass: Pass, lane: Lane, priority: Priority): void {
  const agedMs = SHARE_POLICY.agedMs * tx.timing.scale;
  grantHolders(tx, pass, lane, priority);
  let triedToken = -1;
  walkQueue(tx, pass, { lane, priority }, () => {
    const { lastToken } = tx.state;
    if (lastToken === triedToken) return true;
    triedToken = lastToken;
    const aged = agedPriority(tx.state, lane, priority, { journalMs: tx.times.journalMs, agedMs });
    if (aged !== null) walkQueue(tx, pass, { lane, priority: aged }, (granted) => granted === 0);
    return true;
  });
}

/** Those that room is kept for are first in their queue: for anybody else of their shape there is none. */
function grantHolders(tx: Tx, pass: Pass, lane: Lane, priority: Priority): void {
  for (const hold of tx.state.holds.values())
    if (hold.lane === lane && hold.priority === priority)
      tryJob(tx, pass, must(tx.state.jobs.get(hold.jobId), "room is kept for a job that exists"));
}

/**
 * One queue in its order, as long as `mayGoOn` says of the number of grants so far. A shape that did not fit is not
 * tried again in the pass: jobs that fit nowhere cost one look for all of them and never hold up those behind them.
 */
function walkQueue(
  tx: Tx,
  pass: Pass,
  { lane, priority }: { readonly lane: Lane; readonly priority: Priority },
  mayGoOn: (granted: number) => boolean,
): void {
  const queue = tx.state.index.ready[lane][priority];
  if (queue.size === 0) return;
  const walk = queue.walk((owner) => usedKey(tx.state, lane, owner));
  try {
    let granted = 0;
    while (mayGoOn(granted) && pass.rooms.some((room) => room.freeSlots[lane] > 0)) {
      const jobId = walk.next();
      if (jobId === null) return;
      const missed = tryJob(tx, pass, must(tx.state.jobs.get(jobId), "a ready job exists"));
      if (missed === null) granted++;
      else walk.pass(jobId, missed);
    }
  } finally {
    walk.end();
  }
}

/** Grants a job, or says for which others the same answer holds. */
function tryJob(tx: Tx, { rooms, held }: Pass, job: Job): "job" | "shape" | null {
  const holding = held.get(ownerOf(job));
  if (holding !== undefined && overOwnerBudget(tx.state, held, job) !== null) return "shape";
  if (!isJobClear(tx, job)) return "job";
  const { forJob, forRunner } = avoidedNodes(tx.soft, job, tx.times.bootMs);
  if (!grantJob(tx, rooms, job, [...forJob, ...forRunner])) return forJob.length > 0 ? "job" : "shape";
  if (holding !== undefined) {
    holding.slots++;
    holding.vramBytes += job.spec.vramBytes;
  }
  return null;
}

type HubTimes = Pick<Times, "bootMs" | "journalMs">;

/** Why a node cannot take a job now, in the words of placement and of the arbiter. */
export interface NodeMisfit {
  readonly node: string;
  readonly misfit:
    | Misfit
    | { readonly reason: "arbiter"; readonly verdict: ArbiterVerdict }
    /** It would fit, but room there is kept for another job. */
    | { readonly reason: "held"; readonly hold: Hold };
}

/** For each attached node that cannot take the job now, why. Asks what `grantReady` asks. */
export function misfitsOf(core: HubCore, job: Job, times: HubTimes): readonly NodeMisfit[] {
  return [...core.soft.sessions.values()].flatMap((session): NodeMisfit[] => {
    const misfit = misfitOn(core, job, session, times);
    return misfit === null ? [] : [{ node: session.node, misfit }];
  });
}

/** Why this node cannot take the job now; null when it can. */
export function misfitOn(
  core: HubCore,
  job: Job,
  session: NodeSession,
  { bootMs, journalMs }: HubTimes,
): NodeMisfit["misfit"] | null {
  const question = { campaign: job.spec.campaign, node: session.node, job };
  const verdict = arbitrate(core, question, bootMs);
  if (!verdict.isYes) return { reason: "arbiter", verdict };
  const { forJob, forRunner } = avoidedNodes(core.soft, job, bootMs);
  const room = roomOf(core, session, servicesByNode(core.state), journalMs);
  const asked = jobToPlace(core, job, [...forJob, ...forRunner]);
  const misfit = place(asked, [openTo(core, room, job)]).misfits[0]?.misfit ?? null;
  if (misfit === null || place(asked, [room]).candidates.length === 0) return misfit;
  const [hold] = holdsAgainst(core.state, job, room.nodeId);
  return hold === undefined ? misfit : { reason: "held", hold };
}

/** A room without what is kept in it for others. */
function openTo<Any extends Room>({ state }: Pick<HubCore, "state">, room: Any, job: Job): Any {
  return lessHeld(room, holdsAgainst(state, job, room.nodeId), priorityOf(job));
}

function grantJob(tx: Tx, rooms: readonly Room[], job: Job, avoided: readonly string[]): boolean {
  const { campaign } = job.spec;
  if (campaign !== null && !arbitrate(tx, { campaign, node: null, job }, tx.times.bootMs).isYes) return false;
  const asked = jobToPlace(tx, job, avoided);
  const open = tx.state.holds.size === 0 ? rooms : rooms.map((room) => openTo(tx, room, job));
  const { seats } = seatsFor(asked, open);
  const isBig = isBigFor(asked.vramBytes, seats);
  const ranked = rankSeats(seats, isBig);
  const room = rooms.find((candidate) => candidate.nodeId === ranked[0]?.nodeId);
  if (room === undefined) return false;
  grantTo(tx, room, job, { isBig, ranked });
  return true;
}

/** Seats that a grant keeps as evidence. */
const SEATS_KEPT = 4;

function grantTo(tx: Tx, room: Room, job: Job, choice: { isBig: boolean; ranked: readonly Seat[] }): void {
  const { spec } = job;
  const gpuUuid = choice.ranked[0]?.gpuUuid ?? null;
  const vramBytes = placedVramBytes(tx, spec);
  const token = tx.state.lastToken + 1;
  const offlineGraceMs = offlineGrace(spec);
  // Where there was neither a card nor a choice there is nothing to explain.
  const isPlain = gpuUuid === null && choice.ranked.length === 1;
  const placed = { isBig: choice.isBig, vramBytes, seats: choice.ranked.slice(0, SEATS_KEPT) };
  tx.emit({
    ...{ kind: "job.leased", jobId: job.id, token, node: room.nodeId, offlineGraceMs },
    ...(isPlain ? {} : { placed }),
  });
  tx.soft.renewedBootMs.set(token, tx.times.bootMs);
  room.session.lastToken = token;
  room.freeSlots[spec.lane]--;
  if (room.isOnProbation) room.freeSlots.gpu = room.freeSlots.cpu = 0;
  const card = room.gpus.find((gpu) => gpu.uuid === gpuUuid);
  if (card !== undefined) for (const priority of PRIORITIES) card.headroomBytes[priority] -= vramBytes;
  room.grants.push({
    token,
    jobId: job.id,
    runner: spec.runner,
    params: spec.params,
    priority: priorityOf(job),
    lane: spec.lane,
    vramBytes,
    subsystem: spec.subsystem,
    ttlMs: tx.timing.leaseTtlMs,
    maxRuntimeMs: spec.maxRuntimeMs,
    onHubLoss: spec.onHubLoss,
    offlineGraceMs,
    inputs: spec.inputs,
    restarts: spec.kind === "service" ? restartAllowance(tx.timing) : null,
  });
}

/** A claim is spent by its first grants: the agent claims again with what it then has left. */
function sendGrants(tx: Tx, room: Room): void {
  const { session, grants } = room;
  const { claim } = session;
  if (grants.length === 0 || claim === null) return;
  session.claim = null;
  session.idleReason = null;
  const { claimId } = claim;
  const message = { kind: "grants", claimId, heartbeatSeq: session.lastHeartbeatSeq, grants } as const;
  tx.effect({ kind: "send", sessionId: session.sessionId, message });
}

/** The node as its claim and its hello describe it; without an open claim it has no slot. */
export function roomOf(
  core: HubCore,
  session: NodeSession,
  services: ServicesByNode,
  journalMs: number,
): Room {
  const { claim, hello, node } = session;
  return {
    session,
    grants: [],
    nodeId: node,
    liveness: "ready",
    isCordoned: core.state.cordons.has(node),
    quarantine: whyQuarantined(core, node, journalMs),
    isOnProbation: holeOf(core, node) !== null,
    isStale: false,
    labels: hello.capabilities.labels,
    runners: hello.runners.map((runner) => runner.name),
    freeSlots: { gpu: claim?.gpuSlots ?? 0, cpu: claim?.cpuSlots ?? 0 },
    gpus: claim === null ? [] : cardsOf(core, node, claim, hello.gpus),
    services: services.get(node) ?? [],
    warm: claim?.warm ?? [],
  };
}

function cardsOf(
  core: HubCore,
  node: string,
  claim: Claim,
  known: NodeSession["hello"]["gpus"],
): Room["gpus"] {
  const uuids = new Set(claim.headroom.map((row) => row.gpu));
  return [...uuids].map((uuid) => {
    const told = claim.headroom.filter((row) => row.gpu === uuid);
    const rows = new Map(told.map((row) => [row.priority, row.bytes]));
    const residents = told.find((row) => row.residents !== undefined)?.residents;
    const totalBytes = known.find((gpu) => gpu.uuid === uuid)?.totalBytes ?? 0;
    const headroomBytes = byPriority((priority) => rows.get(priority) ?? 0);
    // Without residents, which only the node knows: never less than what it offers at this moment.
    const capacityBytes = byPriority((priority) =>
      Math.max(headroomBytes[priority], Math.floor(usableBytes(totalBytes) * PRIORITY_GATE[priority])),
    );
    const card = { uuid, headroomBytes, capacityBytes, closed: closedFor(core, node, uuid) };
    if (residents === undefined) return card;
    return { ...card, residents: residents.bytes === 0 ? null : residents };
  });
}

const NO_LABELS = {};

export function jobToPlace(core: HubCore, job: Job, avoidNodes: readonly string[]): PlacementJob {
  const { runner, lane, uses = null } = job.spec;
  return {
    runner,
    lane,
    priority: priorityOf(job),
    vramBytes: placedVramBytes(core, job.spec),
    uses,
    nodeId: pinOf(job),
    labels: NO_LABELS,
    warmKey: null,
    avoidNodes,
  };
}

/**
 * Placement: hands ready jobs to nodes that hold open claims (SPEC H6). Priority first, then order of
 * submission; among the nodes that can take a job, the one with most room, so that work spreads. Every grant
 * has passed the arbiter for its campaign and its node.
 */
import type { Claim, Grant } from "../../shared/model/messages.ts";
import { LANES, type Lane, PRIORITIES } from "../../shared/model/priority.ts";
import { arbitrate } from "./arbiter.ts";
import { promoteDelayed } from "./queue.ts";
import type { NodeSession } from "./soft.ts";
import type { Job } from "./state.ts";
import type { HubCore, Tx } from "./transaction.ts";

/** Ready jobs looked at in one pass that fit nowhere; the rest wait for the next pass. */
const UNFIT_MAX = 512;
const OFFLINE_GRACE_MAX_MS = 3_600_000;

/** One open claim while a pass fills it. */
interface Room extends Offer {
  readonly claim: Claim;
  readonly slots: Record<Lane, number>;
  readonly headroom: Map<string, number>;
  readonly grants: Grant[];
}

/** Why a node cannot take a job now; the words that `why` shows. */
export type Unfit = "other-node" | "no-runner" | "no-slot" | "gate" | "arbiter";

/** Grants whatever can be granted now. Cheap when there is no open claim or nothing ready. */
export function grantReady(tx: Tx): void {
  promoteDelayed(tx);
  const rooms = openRooms(tx);
  if (rooms.length === 0) return;
  let unfit = 0;
  for (const lane of LANES) {
    for (const priority of PRIORITIES) {
      for (const jobId of tx.state.index.ready[lane][priority]) {
        if (!rooms.some((room) => room.slots[lane] > 0)) break;
        if (unfit >= UNFIT_MAX) break;
        const job = tx.state.jobs.get(jobId);
        if (job !== undefined && !grantTo(tx, bestRoom(tx, rooms, job), job)) unfit++;
      }
    }
  }
  for (const room of rooms) sendGrants(tx, room);
}

function openRooms(tx: Tx): Room[] {
  const rooms: Room[] = [];
  for (const session of tx.soft.sessions.values()) {
    const { claim } = session;
    if (claim === null) continue;
    if (!arbitrate(tx, { campaign: null, node: session.node }, tx.times.bootMs).isYes) continue;
    const { slots, headroom } = offerOf(session);
    rooms.push({ session, claim, slots: { ...slots }, headroom: new Map(headroom), grants: [] });
  }
  return rooms;
}

function bestRoom(tx: Tx, rooms: readonly Room[], job: Job): Room | null {
  let best: Room | null = null;
  for (const room of rooms) {
    if (whyUnfit(tx, room, job, tx.times.bootMs) !== null) continue;
    if (best === null || room.slots[job.spec.lane] > best.slots[job.spec.lane]) best = room;
  }
  return best;
}

/** What of a node decides whether a job fits: its runners and the room that its claim leaves. */
export interface Offer {
  readonly session: NodeSession;
  readonly slots: Readonly<Record<Lane, number>>;
  /** Bytes that its gate of each priority would still admit. */
  readonly headroom: ReadonlyMap<string, number>;
}

/** The offer of a session as it stands; one without an open claim offers no slot. */
export function offerOf(session: NodeSession): Offer {
  const { claim } = session;
  const headroom = new Map(claim?.headroom.map((row) => [row.priority as string, row.bytes]));
  return { session, headroom, slots: { gpu: claim?.gpuSlots ?? 0, cpu: claim?.cpuSlots ?? 0 } };
}

/** Why a job does not fit an offer now; null when it does. `why` asks the same function. */
export function whyUnfit(core: HubCore, offer: Offer, job: Job, bootMs: number): Unfit | null {
  const { spec } = job;
  if (spec.node !== null && spec.node !== offer.session.node) return "other-node";
  if (!offer.session.hello.runners.some((runner) => runner.name === spec.runner)) return "no-runner";
  const question = { campaign: spec.campaign, node: offer.session.node };
  if (!arbitrate(core, question, bootMs).isYes) return "arbiter";
  if (offer.slots[spec.lane] <= 0) return "no-slot";
  if (spec.lane === "gpu" && (offer.headroom.get(spec.priority) ?? -1) < spec.vramBytes) return "gate";
  return null;
}

function grantTo(tx: Tx, room: Room | null, job: Job): boolean {
  if (room === null) return false;
  const { spec } = job;
  const token = tx.state.lastToken + 1;
  const offlineGraceMs = spec.onHubLoss === "finish" ? Math.min(spec.maxRuntimeMs, OFFLINE_GRACE_MAX_MS) : 0;
  tx.emit({ kind: "job.leased", jobId: job.id, token, node: room.session.node, offlineGraceMs });
  tx.soft.renewedBootMs.set(token, tx.times.bootMs);
  room.session.lastToken = token;
  room.slots[spec.lane]--;
  if (spec.lane === "gpu") {
    for (const [priority, bytes] of room.headroom) room.headroom.set(priority, bytes - spec.vramBytes);
  }
  room.grants.push({
    token,
    jobId: job.id,
    runner: spec.runner,
    params: spec.params,
    priority: spec.priority,
    lane: spec.lane,
    vramBytes: spec.vramBytes,
    subsystem: spec.subsystem,
    ttlMs: tx.timing.leaseTtlMs,
    maxRuntimeMs: spec.maxRuntimeMs,
    onHubLoss: spec.onHubLoss,
    offlineGraceMs,
    inputs: spec.inputs,
  });
  return true;
}

/** A claim is spent by its first grants: the agent claims again with what it then has left. */
function sendGrants(tx: Tx, room: Room): void {
  if (room.grants.length === 0) return;
  room.session.claim = null;
  const message = {
    kind: "grants",
    claimId: room.claim.claimId,
    heartbeatSeq: room.session.lastHeartbeatSeq,
    grants: room.grants,
  } as const;
  tx.effect({ kind: "send", sessionId: room.session.sessionId, message });
}

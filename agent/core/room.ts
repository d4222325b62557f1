/**
 * Room: VRAM that somebody else has to give up first. A claim that its gate refuses may have room made for it,
 * one claim a card at a time and only where idle or less important consumers can cover it. What comes back is
 * booked for the claimant until it asks again, for a bounded time (SPEC N10).
 */

import { PRIORITY_RANK, type Priority } from "../../shared/model/priority.ts";
import { bytesToFree, capacityBytes, closedBecause, headroomBytes } from "../../shared/policy/admission.ts";
import { type Candidate, evictionCandidates, idleSeconds } from "../../shared/policy/eviction.ts";
import { account, type Consumer, release, type VramClaim } from "../../shared/policy/ledger.ts";
import { consumerId } from "./completion.ts";
import { evictionPolicy, hasLayer } from "./governance.ts";
import { tellDecision } from "./report.ts";
import { slotOf } from "./strategy.ts";
import type { Tx } from "./transaction.ts";

/** For whom room is made, and how much. */
export interface RoomRequest {
  /** Id that the claim comes back under. */
  readonly requester: string;
  readonly claim: VramClaim;
  /** UUID */
  readonly gpu: string;
  readonly bytesWanted: number;
}

export interface Hold {
  readonly request: RoomRequest;
  readonly bytes: number;
  readonly untilMs: number;
}

/** How long freed bytes wait for the one who asked, unscaled. */
const HOLD_MS = 60_000;

/**
 * A claim was refused at its gate: begins to make room where that can help. True when room is being made for it,
 * now begun or already under way.
 */
export function seekRoom(tx: Tx, claim: VramClaim, onlyGpu: string | null): boolean {
  const { clearing, cards } = tx.state;
  if (!hasLayer(tx.state.governance, 1)) return false;
  if ([...clearing.values()].some(({ requester }) => requester === claim.id)) return true;
  const offers = [...cards]
    .filter(([gpu]) => (onlyGpu === null || gpu === onlyGpu) && !clearing.has(gpu))
    .map(([gpu, ledger]) => ({ gpu, bytesWanted: bytesToFree(ledger, claim.priority, claim.bytes) }))
    .filter((offer): offer is { gpu: string; bytesWanted: number } => (offer.bytesWanted ?? 0) > 0)
    .sort((a, b) => a.bytesWanted - b.bytesWanted || (a.gpu < b.gpu ? -1 : 1));
  return offers.some(({ gpu, bytesWanted }) => {
    const request = { requester: claim.id, claim, gpu, bytesWanted };
    return mayHelp(tx, request) && begin(tx, request);
  });
}

type Claimant = Pick<VramClaim, "id" | "priority">;

/**
 * Consumers of the card that may be asked to give way to this claim. A job gives way to another job only when the
 * hub says so, which knows both and where else they fit.
 */
export function yielding(tx: Tx, gpu: string, claim: Claimant): readonly Consumer[] {
  const ledger = tx.state.cards.get(gpu);
  const { yieldAfterMs } = tx.state.governance;
  const isJob = claim.id.startsWith(JOB_REQUESTER);
  const jobs = new Set(isJob ? [...tx.state.attempts.keys()].map(consumerId) : []);
  const givesWay = (consumer: Consumer): boolean =>
    PRIORITY_RANK[consumer.priority] > PRIORITY_RANK[claim.priority] ||
    idleSeconds(consumer, tx.nowMs) * 1000 >= yieldAfterMs;
  return [...(ledger?.consumers.values() ?? [])].filter(
    (consumer) =>
      consumer.evictable && consumer.id !== claim.id && !jobs.has(consumer.id) && givesWay(consumer),
  );
}

/** Those of them that have been there for long enough, first to go first. */
function candidatesFor(tx: Tx, gpu: string, claim: Claimant): readonly Candidate[] {
  const { governance } = tx.config;
  if (!hasLayer(governance, 1)) return [];
  const policy = evictionPolicy(governance, tx.timing.scale);
  return evictionCandidates(yielding(tx, gpu, claim), tx.nowMs, policy).filter(({ score }) => score > 0);
}

function mayHelp(tx: Tx, request: RoomRequest): boolean {
  const candidates = candidatesFor(tx, request.gpu, request.claim);
  const advice = slotOf(tx).acting.recommendEvictions([], candidates, request.bytesWanted);
  const { requester, gpu, bytesWanted } = request;
  const { freedBytes, shortfallBytes, evictions } = advice;
  const inputs = { requester, gpu, bytesWanted, freedBytes, shortfallBytes, evictions };
  tx.log("debug", "decision", inputs, "looked for room for a refused claim");
  return shortfallBytes === 0;
}

function begin(tx: Tx, request: RoomRequest): true {
  const { requester, gpu, bytesWanted } = request;
  tx.state.clearing.set(gpu, request);
  tx.log("info", "decision", { requester, gpu, bytesWanted }, `room is made for ${request.claim.label}`);
  tx.effect({ kind: "makeRoom", request });
  return true;
}

/** Books all that was freed so far for the requester, replacing what it held; 0 lets go. */
export function holdRoom(tx: Tx, request: RoomRequest, bytes: number): void {
  const before = tx.state.holds.get(request.requester);
  if (before !== undefined) unbook(tx, before);
  tx.state.holds.delete(request.requester);
  if (bytes === 0 || isServed(tx, request)) return;
  const hold = { request, bytes, untilMs: tx.nowMs + HOLD_MS * tx.timing.scale };
  tx.state.holds.set(request.requester, hold);
  book(tx, hold);
}

/** It asked again and was let in before the proof was over. */
function isServed({ state }: Tx, { requester, claim, gpu }: RoomRequest): boolean {
  const held = state.cards.get(gpu)?.consumers.get(requester)?.bytes ?? -1;
  const jobs = [...state.attempts.values()].map(({ job }) => jobRequester(job.jobId));
  return held >= claim.bytes || jobs.includes(requester);
}

export interface RoomResult {
  readonly kind: "freed" | "short" | "refused";
  readonly freedBytes: number;
  /** Empty when the bytes were found. */
  readonly reason: string;
}

/** The ladder is done with a request. */
export function roomEnded(tx: Tx, request: RoomRequest, result: RoomResult): void {
  const { requester, gpu, bytesWanted, claim } = request;
  tx.state.clearing.delete(gpu);
  const inputs = { requester, gpu, bytesWanted, ...result };
  if (result.kind === "freed") {
    tx.log("info", "decision", inputs, `there is room for ${claim.label} now`);
    return;
  }
  const facts = tx.state.cardFacts.get(gpu);
  if (facts !== undefined) facts.noRoomUntilMs = tx.nowMs + HOLD_MS * tx.timing.scale;
  tx.log("info", "decision", inputs, `no room could be made for ${claim.label}: ${result.reason}`);
  tellDecision(tx, "room-refused", `no room for ${claim.label}: ${result.reason}`, inputs);
}

/** Lets a claim have what is held for it; when it is refused all the same, the hold stands again. */
export function withRoom<Verdict extends { readonly kind: string }>(
  tx: Tx,
  requester: string,
  reserve: () => Verdict,
): Verdict {
  const hold = tx.state.holds.get(requester);
  if (hold === undefined) return reserve();
  unbook(tx, hold);
  const verdict = reserve();
  if (verdict.kind === "refused") book(tx, hold);
  else {
    tx.state.holds.delete(requester);
    tellLetIn(tx, hold);
  }
  return verdict;
}

function tellLetIn(tx: Tx, { request, bytes }: Hold): void {
  const { requester, gpu, claim } = request;
  const sentence = `${claim.label} is let in: the room made for it was kept`;
  const inputs = { requester, gpu, vramBytes: claim.bytes, heldBytes: bytes };
  tx.log("info", "decision", inputs, sentence);
  tellDecision(tx, "room-used", sentence, inputs);
}

/** Lets go of what nobody came for. */
export function expireHolds(tx: Tx): void {
  for (const hold of [...tx.state.holds.values()]) {
    const { requester, gpu } = hold.request;
    if (tx.nowMs < hold.untilMs || tx.state.clearing.get(gpu)?.requester === requester) continue;
    holdRoom(tx, hold.request, 0);
    tx.log("info", "decision", { requester, gpu, bytes: hold.bytes }, "nobody came for the room made");
  }
}

function book(tx: Tx, { request, bytes }: Hold): void {
  const ledger = tx.state.cards.get(request.gpu);
  const label = `held for ${request.claim.label}`;
  const claim = { ...request.claim, id: holdId(request.requester), label, bytes, evictable: false };
  if (ledger !== undefined) account(ledger, claim, 0, tx.nowMs);
}

function unbook(tx: Tx, { request }: Hold): void {
  const ledger = tx.state.cards.get(request.gpu);
  if (ledger !== undefined) release(ledger, holdId(request.requester));
}

/** Under which room is made for a job, whatever its token. */
export function jobRequester(jobId: string): string {
  return `${JOB_REQUESTER}${jobId}`;
}

const JOB_REQUESTER = "job/";

/**
 * What jobs of a priority may count on beyond the headroom of a card: what is held for one of them, and what
 * could be freed for them unless that has just failed. Never more than the gate could ever take.
 */
export function reclaimableBytes(tx: Tx, gpu: string, priority: Priority): number {
  const ledger = tx.state.cards.get(gpu);
  if (ledger === undefined || closedBecause(ledger, priority, tx.nowMs) !== null) return 0;
  const held = [...tx.state.holds.values()]
    .filter(({ request }) => request.gpu === gpu && request.requester.startsWith(JOB_REQUESTER))
    .reduce((sum, { bytes }) => sum + bytes, 0);
  const isPointless = tx.nowMs < (tx.state.cardFacts.get(gpu)?.noRoomUntilMs ?? 0);
  const candidates = isPointless ? [] : candidatesFor(tx, gpu, { id: JOB_REQUESTER, priority });
  const bytes = candidates.reduce((sum, candidate) => sum + candidate.bytes, held);
  // The rule of an idle card, asked of every gate five times a second.
  if (bytes === 0) return 0;
  const headroom = headroomBytes(ledger, priority, tx.nowMs);
  return Math.max(0, Math.min(headroom + bytes, capacityBytes(ledger, priority)) - headroom);
}

/** Name of a hold in the ledger. */
function holdId(requester: string): string {
  return `hold/${requester}`;
}

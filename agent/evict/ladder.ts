/**
 * Ladder: finds bytes on one card for somebody who needs them (SPEC N10). Round by round it measures, plans over
 * the consumers that may go now, climbs the cheapest rung that yields the bytes and proves each one. What came
 * back is held for the requester at once. One request at a time per card, because two would count the same
 * bytes twice.
 */
import {
  type Candidate,
  evictionCandidates,
  type LadderStep,
  nextRung,
  planLadder,
  RUNGS,
  type Rung,
  type RungOffer,
} from "../../shared/policy/eviction.ts";
import type { Climb, EvictionRecord, EvictionRequest, LadderPolicy, LadderPorts } from "./climb.ts";
import type { Evictor } from "./evictor.ts";
import { heldByMeasure, mayClimb, type VramMeasure } from "./proof.ts";
import { measureNow, type RungResult, tryRung } from "./rung.ts";

export const LADDER_POLICY: LadderPolicy = {
  eviction: { minResidencyMs: 30_000, reloadFactor: 1 },
  askMs: { shrink: 5_000, unload: 15_000, park: 60_000, term: 15_000, kill: 5_000 },
  proofMs: 5_000,
  proofPollMs: 100,
  cooldownMs: 60_000,
};

/** Requests that wait for one card; more are refused. */
export const MAX_WAITING = 16;

export type LadderResult =
  | { readonly kind: "freed"; readonly freedBytes: number; readonly records: readonly EvictionRecord[] }
  | {
      readonly kind: "short";
      readonly freedBytes: number;
      readonly shortfallBytes: number;
      readonly reason: string;
      readonly records: readonly EvictionRecord[];
    }
  /** Nobody was asked. */
  | { readonly kind: "refused"; readonly reason: string };

export interface Ladder {
  /**
   * Waits for its turn on the card, then finds the bytes or says why not. What was freed stays held when it is
   * enough and is let go of when it is not.
   */
  request(request: EvictionRequest, stopping: AbortSignal): Promise<LadderResult>;
}

export function createLadder(policy: LadderPolicy, ports: LadderPorts): Ladder {
  const turns = new Map<string, { last: Promise<unknown>; waiting: number }>();
  const cooldownUntilMs = new Map<string, number>();
  return {
    request: async (request, stopping) => {
      const turn = turns.get(request.gpu) ?? { last: Promise.resolve(), waiting: 0 };
      if (turn.waiting >= MAX_WAITING) return { kind: "refused", reason: "too many evictions are waiting" };
      turns.set(request.gpu, turn);
      turn.waiting += 1;
      const climb: Climb = {
        policy,
        ports,
        request,
        stopping,
        cooldownUntilMs,
        records: [],
        tried: new Set(),
      };
      const result = turn.last.then(() => findBytes(climb));
      // A port that throws fails its own request and not those behind it.
      turn.last = result.catch(() => undefined);
      try {
        return await result;
      } finally {
        turn.waiting -= 1;
      }
    },
  };
}

async function findBytes(climb: Climb): Promise<LadderResult> {
  const { request, ports, stopping, records } = climb;
  let freedBytes = 0;
  let reason = "nobody else may be evicted now";
  while (freedBytes < request.bytesWanted) {
    if (stopping.aborted) {
      reason = "the agent is stopping";
      break;
    }
    const measure = await measureNow(climb);
    if (measure === null) {
      reason = "the card cannot be measured, so nothing could be proved";
      break;
    }
    const next = nextStep(climb, measure, request.bytesWanted - freedBytes);
    if (next === null) break;
    freedBytes += await climbConsumer(climb, next, measure, freedBytes);
  }
  if (freedBytes >= request.bytesWanted) return { kind: "freed", freedBytes, records };
  if (freedBytes > 0) ports.hold(request, 0);
  if (records.length === 0) return { kind: "refused", reason };
  return { kind: "short", freedBytes, shortfallBytes: request.bytesWanted - freedBytes, reason, records };
}

interface NextStep {
  readonly step: LadderStep;
  readonly candidate: Candidate;
  readonly evictor: Evictor;
  readonly offer: RungOffer;
}

/** The consumer to ask now and its cheapest sufficient rung, by measured bytes; null when nobody is left. */
function nextStep(climb: Climb, measure: VramMeasure, missingBytes: number): NextStep | null {
  const candidates = mayGo(climb);
  const offers = new Map<string, RungOffer>();
  for (const { id, bytes } of candidates) {
    const evictor = climb.ports.evictorOf(id);
    if (evictor !== null) offers.set(id, allowedOffer(climb, evictor, heldByMeasure(measure, id) ?? bytes));
  }
  const [step] = planLadder(candidates, offers, missingBytes).steps;
  const candidate = candidates.find(({ id }) => id === step?.id);
  const evictor = step === undefined ? null : climb.ports.evictorOf(step.id);
  if (step === undefined || candidate === undefined || evictor === null) return null;
  return { step, candidate, evictor, offer: offers.get(step.id) ?? {} };
}

/** Idle consumers that are neither the requester, nor tried before, nor cooling down. */
function mayGo({ policy, ports, request, cooldownUntilMs, tried }: Climb): readonly Candidate[] {
  const nowMs = ports.clock.bootMs();
  for (const [id, untilMs] of cooldownUntilMs) if (untilMs <= nowMs) cooldownUntilMs.delete(id);
  return evictionCandidates(ports.consumers(request.gpu), nowMs, policy.eviction).filter(
    ({ id, score }) => score > 0 && id !== request.requester && !tried.has(id) && !cooldownUntilMs.has(id),
  );
}

/** The rungs up to the ceiling, without those whose bytes main memory cannot take. */
function allowedOffer({ ports, request }: Climb, evictor: Evictor, heldBytes: number): RungOffer {
  const offer = evictor.rungs(heldBytes);
  const rungs = RUNGS.slice(0, RUNGS.indexOf(request.ceiling) + 1).filter((rung) => {
    const bytes = offer[rung] ?? 0;
    return bytes > 0 && (!evictor.spills.includes(rung) || ports.mayTakeHostBytes(bytes));
  });
  return Object.fromEntries(rungs.map((rung) => [rung, offer[rung]]));
}

/** Climbs one consumer until its bytes are proved or its ladder ends; answers what it freed. */
async function climbConsumer(
  climb: Climb,
  { step, candidate, evictor, offer }: NextStep,
  measure: VramMeasure,
  heldBytes: number,
): Promise<number> {
  const { request, ports, policy, cooldownUntilMs } = climb;
  climb.tried.add(step.id);
  let freedBytes = 0;
  let before: VramMeasure | null = measure;
  let rung: Rung | null = step.rung;
  while (rung !== null && before !== null && !climb.stopping.aborted) {
    const expectedBytes: number = Math.max(0, (offer[rung] ?? 0) - freedBytes);
    const attempt = { candidate, evictor, rung, expectedBytes, before };
    const { record, after }: RungResult = await tryRung(climb, attempt);
    climb.records.push(record);
    ports.onRecord(record);
    if (record.verdict !== "busy") cooldownUntilMs.set(step.id, ports.clock.bootMs() + policy.cooldownMs);
    freedBytes += record.freedBytes;
    if (record.freedBytes > 0) ports.hold(request, Math.min(request.bytesWanted, heldBytes + freedBytes));
    const isEnough = heldBytes + freedBytes >= request.bytesWanted;
    rung = isEnough || !mayClimb(record.verdict) ? null : nextRung(offer, rung);
    before = after;
  }
  return freedBytes;
}

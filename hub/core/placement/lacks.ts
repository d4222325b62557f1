/**
 * Lacks: what keeps a job off a card that it would fit on if less important work left. Told from the last offer of the
 * node, with the margin of its own gate, so that nobody is stopped for a job that would not fit all the same.
 */
import type { Claim } from "../../../shared/model/messages.ts";
import { needsCard, type PlacementJob, place } from "../../../shared/policy/placement.ts";
import type { ServicesByNode } from "../queue/services.ts";
import type { NodeSession } from "../soft.ts";
import type { Job } from "../state.ts";
import type { Tx } from "../transaction.ts";
import { avoidedNodes } from "./declines.ts";
import { jobToPlace, type Room, roomOf } from "./placement.ts";
import type { Missing } from "./victims.ts";

/** What a job lacks on a card, or on a node where it needs none. */
export interface Lack {
  readonly gpu: string | null;
  readonly vramBytes: number;
  readonly missing: Missing;
}

/**
 * What a job lacks on each card of a node that it would otherwise fit on; nothing where it fits already, where the node
 * has not yet said what the last grants have left, or where it says no whatever leaves.
 */
export function lacksOn(tx: Tx, job: Job, session: NodeSession, services: ServicesByNode): readonly Lack[] {
  const { offer, lastToken } = session;
  if (offer === null || offer.maxTokenSeen < lastToken) return [];
  const { forJob, forRunner } = avoidedNodes(tx.soft, job, tx.times.bootMs);
  const asked = jobToPlace(tx, job, [...forJob, ...forRunner]);
  const room = roomOf(tx, { ...session, claim: offer }, services, tx.times.journalMs);
  const emptied = {
    ...room,
    freeSlots: { ...room.freeSlots, [asked.lane]: 1 },
    gpus: room.gpus.map((gpu) => ({ ...gpu, headroomBytes: gpu.capacityBytes })),
  };
  if (place(asked, [emptied]).candidates.length === 0) return [];
  const slots = Math.max(0, 1 - room.freeSlots[asked.lane]);
  if (!needsCard(asked))
    return slots === 0 ? [] : [{ gpu: null, vramBytes: 0, missing: { vramBytes: 0, slots } }];
  const lacks = room.gpus.flatMap((gpu) => {
    const vramBytes = missingOn(gpu, asked, offer);
    return vramBytes === null
      ? []
      : [{ gpu: gpu.uuid, vramBytes: asked.vramBytes, missing: { vramBytes, slots } }];
  });
  return lacks.some(({ missing }) => missing.vramBytes === 0 && missing.slots === 0) ? [] : lacks;
}

/** Bytes that must come back before the job passes its gate on this card; null where it never will, or nobody knows. */
function missingOn(
  { uuid, capacityBytes, headroomBytes, closed = {} }: Room["gpus"][number],
  { priority, vramBytes }: PlacementJob,
  { headroom }: Claim,
): number | null {
  const asked = Math.max(1, vramBytes);
  if (closed[priority] !== undefined || asked > capacityBytes[priority]) return null;
  if (asked <= headroomBytes[priority]) return 0;
  const row = headroom.find((each) => each.gpu === uuid && each.priority === priority);
  return row?.marginBytes === undefined ? null : Math.max(0, asked - row.marginBytes);
}

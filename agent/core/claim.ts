/**
 * Claim: the standing offer of this node. There is at most one at the hub; it is replaced when what it says is
 * no longer true, and spent by the grants that answer it, so nothing is ever polled (DESIGN section 4). A node without
 * a free slot tells its room too: the hub must know what would fit if something left.
 */
import type { Claim, Headroom, Residents } from "../../shared/model/messages.ts";
import { PRIORITIES, type Priority } from "../../shared/model/priority.ts";
import { headroomBytes, marginBytes } from "../../shared/policy/admission.ts";
import { mayDiscountResidents } from "../../shared/policy/gate.ts";
import type { Ledger } from "../../shared/policy/ledger.ts";
import { freeSlots, whyClosed } from "./admission.ts";
import { whyHostRefuses } from "./host-gate.ts";
import { reclaimableBytes } from "./room.ts";
import { type Attached, HELD_MAX } from "./state.ts";
import { gpuAgeMs } from "./telemetry.ts";
import type { Tx } from "./transaction.ts";

type Offer = Pick<Claim, "gpuSlots" | "cpuSlots" | "headroom">;

const NOTHING: Offer = { gpuSlots: 0, cpuSlots: 0, headroom: [] };

/** Makes the hub's picture of this node's room true again. */
export function refreshClaim(tx: Tx): void {
  const { session } = tx.state;
  if (session.kind !== "attached") return;
  const offer = offerNow(tx);
  // The hub takes whoever has said nothing for closed.
  if (!isWorthTelling(tx, session, session.claim ?? NOTHING, offer)) return;
  const { maxTokenSeen } = tx.state.seen;
  const claim: Claim = {
    kind: "claim",
    claimId: ++tx.state.lastClaimId,
    ...offer,
    warm: [],
    maxTokenSeen,
  };
  session.claim = claim;
  session.nextClaimMs = tx.nowMs + tx.timing.telemetryMs;
  tx.effect({ kind: "send", message: claim });
}

/** Slots are told at once; headroom moves with every sample and is told once per frame of telemetry. */
function isWorthTelling(tx: Tx, session: Attached, told: Offer, offer: Offer): boolean {
  if (told.gpuSlots !== offer.gpuSlots || told.cpuSlots !== offer.cpuSlots) return true;
  return tx.nowMs >= session.nextClaimMs && !isSameHeadroom(told.headroom, offer.headroom);
}

function isSameHeadroom(a: readonly Headroom[], b: readonly Headroom[]): boolean {
  return (
    a.length === b.length &&
    a.every((row, index) => {
      const other = b[index];
      return row.gpu === other?.gpu && row.bytes === other.bytes && row.marginBytes === other.marginBytes;
    })
  );
}

function offerNow(tx: Tx): Offer {
  const { attempts, cards } = tx.state;
  const isBlind = (gpuAgeMs(tx) ?? 0) > tx.timing.claimStopMs;
  if (whyClosed(tx) !== null || isBlind || attempts.size >= HELD_MAX) return NOTHING;
  const headroom = [...cards].flatMap(([gpu, ledger]) =>
    PRIORITIES.map((priority) => headroomOf(tx, gpu, ledger, priority)),
  );
  return { gpuSlots: cards.size === 0 ? 0 : freeSlots(tx, "gpu"), cpuSlots: freeSlots(tx, "cpu"), headroom };
}

/** What a job of this priority may ask for, room that can be made for it included. */
function headroomOf(tx: Tx, gpu: string, ledger: Ledger, priority: Priority): Headroom {
  if (whyHostRefuses(tx, priority) !== null) return { gpu, priority, bytes: 0 };
  const bytes = headroomBytes(ledger, priority, tx.nowMs) + reclaimableBytes(tx, gpu, priority);
  const margin = marginBytes(ledger, priority, tx.nowMs);
  const row = { gpu, priority, bytes, ...(margin === null ? {} : { marginBytes: margin }) };
  return mayDiscountResidents(priority) ? { ...row, residents: residentsOf(ledger) } : row;
}

/** So that the hub can say later what the other gate policy would have left room for. */
function residentsOf({ tally, config }: Ledger): Residents {
  return { bytes: tally.residentBytes, isLiteral: config.gatePolicy === "literal" };
}

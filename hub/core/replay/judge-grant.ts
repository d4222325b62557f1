/**
 * Judge of grants: which seat the job would have had, by the seats that the grant kept as evidence. What another gate
 * would have let in besides is not among them: a seat that was too small was never kept.
 */

import { PRIORITY_GATE, type Priority } from "../../../shared/model/priority.ts";
import { discountedBytes, mayDiscountResidents } from "../../../shared/policy/gate.ts";
import { rankSeats, type Seat } from "../../../shared/policy/placement.ts";
import { priorityOf } from "../state.ts";
import { agreed, type Finding, type Of, type Scene } from "./judgement.ts";
import type { ReplayPolicy } from "./policy.ts";

export function judgeGrant({ event, state, policy }: Scene<Of<"job.leased">>): Finding {
  const { jobId, node, placed } = event;
  const job = state.jobs.get(jobId);
  if (job === undefined) return { decision: "grant", missing: "the job" };
  const priority = priorityOf(job);
  // Neither a card nor a choice: no placement could have done otherwise.
  if (placed === undefined) return agreed("grant", jobId, node);
  const { vramBytes, isBig, seats } = placed;
  if (policy.gatePolicy !== null && seats.some((seat) => isUntold(seat, priority)))
    return { decision: "grant", missing: "what was resident" };
  const needed = Math.max(1, vramBytes);
  const admitted = seats
    .map((seat) => throughGate(seat, priority, policy))
    .filter((seat) => seat.gpuUuid === null || seat.headroomBytes >= needed);
  const [best] = rankSeats(admitted, isBig, policy.placement);
  if (best?.nodeId === node) return agreed("grant", jobId, node);
  const wouldBe = best?.nodeId ?? "waits";
  const why =
    best === undefined ? whyNone(priority, policy) : `${policy.placement} of ${admitted.length} seat(s)`;
  return { decision: "grant", subject: jobId, was: node, wouldBe, why };
}

/** Without what residents held, the room under the other gate policy is anybody's guess. */
function isUntold(seat: Seat, priority: Priority): boolean {
  return seat.gpuUuid !== null && mayDiscountResidents(priority) && seat.residents === undefined;
}

function whyNone(priority: Priority, { gates, gatePolicy }: ReplayPolicy): string {
  const how = gatePolicy === null || !mayDiscountResidents(priority) ? "" : ` under ${gatePolicy}`;
  return `no seat passes the gate of ${gates[priority]} for ${priority}${how}`;
}

/**
 * The seat as another gate sees it. Usable bytes are what the recorded capacity says, bytes in use stay, and of both
 * the gate leaves out `out` bytes: headroom = gate × (usable − out) − (used − out), within a few bytes.
 */
export function throughGate(
  seat: Seat,
  priority: Priority,
  { gates, gatePolicy }: Pick<ReplayPolicy, "gates" | "gatePolicy">,
): Seat {
  if (seat.gpuUuid === null) return seat;
  const recorded = PRIORITY_GATE[priority];
  const gate = gates[priority];
  const { bytes = 0, isLiteral = false } = seat.residents ?? {};
  const before = discountedBytes(bytes, priority, isLiteral ? "literal" : "resident-aware");
  const after = gatePolicy === null ? before : discountedBytes(bytes, priority, gatePolicy);
  const moved = seat.capacityBytes * (gate / recorded - 1);
  return {
    ...seat,
    headroomBytes: moveBy(seat.headroomBytes, moved + after * (1 - gate) - before * (1 - recorded)),
    capacityBytes: moveBy(seat.capacityBytes, moved),
  };
}

function moveBy(bytes: number, deltaBytes: number): number {
  return Math.max(0, bytes + Math.trunc(deltaBytes));
}

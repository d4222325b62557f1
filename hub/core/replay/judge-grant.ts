/** Judge of grants: which seat the job would have had, by the seats that the grant kept as evidence. */

import { PRIORITY_GATE, type Priority } from "../../../shared/model/priority.ts";
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
  const needed = Math.max(1, vramBytes);
  const admitted = seats
    .map((seat) => throughGate(seat, priority, policy))
    .filter((seat) => seat.gpuUuid === null || seat.headroomBytes >= needed);
  const [best] = rankSeats(admitted, isBig, policy.placement);
  if (best?.nodeId === node) return agreed("grant", jobId, node);
  const wouldBe = best?.nodeId ?? "waits";
  const why =
    best === undefined
      ? `no seat passes the gate of ${policy.gates[priority]} for ${priority}`
      : `${policy.placement} of ${admitted.length} seat(s)`;
  return { decision: "grant", subject: jobId, was: node, wouldBe, why };
}

/** The seat as another gate sees it: usable bytes are what the recorded capacity says, bytes in use stay. */
function throughGate(seat: Seat, priority: Priority, { gates }: ReplayPolicy): Seat {
  const recorded = PRIORITY_GATE[priority];
  const gate = gates[priority];
  if (gate === recorded || seat.gpuUuid === null) return seat;
  const moved = Math.trunc(seat.capacityBytes * (gate / recorded - 1));
  return {
    ...seat,
    headroomBytes: Math.max(0, seat.headroomBytes + moved),
    capacityBytes: Math.max(0, seat.capacityBytes + moved),
  };
}

/** Desired: the switch of the fleet, as `enable`, `up`, `pause` and `down` turn it. */
import type { DesiredState } from "../../shared/model/job.ts";
import { desiredWords } from "../../shared/wire/words.ts";
import type { HubClient } from "./client.ts";

export interface DesiredChange {
  readonly state: Exclude<DesiredState, "disabled">;
  readonly reason?: string | undefined;
  readonly isForced?: boolean;
  readonly isEnable?: boolean;
  readonly isNow?: boolean;
  readonly isLossAccepted?: boolean;
  readonly isRollbackAccepted?: boolean;
  readonly deadlineMs?: number;
}

/** What the hub made of it. `stopping`: jobs that were told to end, by node. */
export async function changeDesired(hub: HubClient, change: DesiredChange) {
  const { state, deadlineMs, reason = "", isForced = false, isEnable = false, isNow = false } = change;
  const { isLossAccepted = false, isRollbackAccepted = false } = change;
  const accepted = { isLossAccepted, isRollbackAccepted };
  const request = { state: desiredWords.encode(state), reason, isForced, isEnable, isNow, ...accepted };
  const reply = await hub.call("SetDesired", request, deadlineMs);
  return {
    state: desiredWords.decode(reply.state, "state"),
    generation: Number(reply.generation),
    waived: reply.waived,
    stopping: reply.stopping,
  };
}

/**
 * Witness: the highest numbers that this node has seen of its hub. A hub that knows less has been restored from an
 * older copy and is told so in the hello (SPEC H7).
 */
import { jobNumber } from "../../shared/model/job.ts";
import type { HubSeen } from "./state.ts";
import type { Tx } from "./transaction.ts";

/** A grant was seen, taken or not, or is still held from an earlier agent. */
export function seeGrant({ state }: Tx, token: number, jobId: string): void {
  const { maxTokenSeen, maxJobSeen } = state.seen;
  const number = jobNumber(jobId);
  if (token <= maxTokenSeen && number <= maxJobSeen) return;
  state.seen = {
    ...state.seen,
    maxTokenSeen: Math.max(maxTokenSeen, token),
    maxJobSeen: Math.max(maxJobSeen, number),
  };
}

/** Another hub has other numbers; one of before says no name, and none is forgotten for it. */
export function seeHub({ state }: Tx, hubId: string, epoch: number): void {
  const { seen } = state;
  if (seen.hubId !== "" && hubId !== "" && seen.hubId !== hubId)
    state.seen = { hubId, maxTokenSeen: 0, maxJobSeen: 0, hubEpochSeen: epoch };
  else state.seen = { ...seen, hubId: hubId || seen.hubId, hubEpochSeen: Math.max(seen.hubEpochSeen, epoch) };
}

/** What an earlier agent on this node has seen. */
export function recallSeen({ state }: Tx, seen: HubSeen): void {
  state.seen = seen;
  state.savedSeen = seen;
}

/** Gives to the disk what is new; asked at every heartbeat, so that busy nodes do not sync for every job. */
export function saveSeen(tx: Tx): void {
  const { state } = tx;
  if (state.seen === state.savedSeen) return;
  state.savedSeen = state.seen;
  tx.effect({ kind: "saveSeen", seen: state.seen });
}

/** Lineage: which numbers this journal has given, and whether agents know of a time that it does not. Folding only. */
import { assertNever, must } from "../../../shared/invariant.ts";
import type { HubEvent } from "../event.ts";
import { type HubState, indexJob, unindexJob } from "../state.ts";
import { disband } from "./node-health.ts";

type Of<K extends HubEvent["kind"]> = Extract<HubEvent, { kind: K }>;

/** Tokens that are skipped are remembered as never given: whoever holds one has it from another incarnation. */
const SKIPPED_MAX = 64;

export function applyStarted(state: HubState, event: Of<"hub.started">): void {
  const { epoch, hubId = "", tokenFloor = 0, jobFloor = 0 } = event;
  state.epoch = epoch;
  state.hubId = hubId;
  if (tokenFloor > state.lastToken) {
    state.skipped = [...state.skipped, { from: state.lastToken + 1, to: tokenFloor }].slice(-SKIPPED_MAX);
    state.lastToken = tokenFloor;
  }
  state.lastJob = Math.max(state.lastJob, jobFloor);
  // With no lease there is nothing that the panic guard could keep from being given away.
  if (state.leases.size === 0) disband(state);
}

export type RollbackEvent = Of<"rollback.suspected" | "rollback.accepted" | "rollback.settled">;

export function applyRollback(state: HubState, event: RollbackEvent): void {
  switch (event.kind) {
    case "rollback.suspected": {
      const { node, tokenSeen, jobSeen, epochSeen } = event;
      const { lastJob = state.lastJob } = state.safe ?? {};
      state.safe = { phase: "rollback", node, tokenSeen, jobSeen, epochSeen, lastJob };
      state.lastJob = Math.max(state.lastJob, jobSeen);
      return;
    }
    case "rollback.accepted":
      if (state.safe !== null) state.safe = { ...state.safe, phase: "settling" };
      state.lastToken = Math.max(state.lastToken, event.tokenFloor);
      state.lastJob = Math.max(state.lastJob, event.jobFloor);
      state.epoch = Math.max(state.epoch, event.epoch);
      state.skipped = [];
      return;
    case "rollback.settled":
      state.safe = null;
      for (const { jobId, notBeforeMs } of event.awaited ?? []) {
        const job = must(state.jobs.get(jobId), `job ${jobId} is unknown`);
        unindexJob(state.index, job);
        job.notBeforeMs = notBeforeMs;
        indexJob(state.index, job);
      }
      return;
    default:
      return assertNever(event);
  }
}

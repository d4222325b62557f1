/**
 * Rollback guard: notices that this journal is an older copy of one that agents have already worked for. Such a hub
 * would do work twice that is done, so it goes to SAFE and grants nothing: what agents hold of the time it has
 * forgotten goes on and is neither ended nor acknowledged, in case the newer journal is found after all. Only a
 * person's word leaves SAFE (SPEC H7).
 *
 * That numbers are never given twice does not wait for an agent: a hub that starts skips as many as the time since
 * the last thing it knows could have used up.
 */
import { must } from "../../../shared/invariant.ts";
import { jobNumber } from "../../../shared/model/job.ts";
import { giveUpAfterMs } from "../../../shared/model/timing.ts";
import type { Actor } from "../event.ts";
import { offlineGrace } from "../queue/queue.ts";
import { type HubState, jobIdOf } from "../state.ts";
import type { HubCore, Tx } from "../transaction.ts";

/** More than any hub gives, on average over the time that its copy is old. */
const NUMBERS_PER_MS = 1;
/** A clock that is wrong by more than this shall not use up the numbers. */
const SKIP_MAX_MS = 400 * 24 * 3_600_000;
/** Tokens between the highest that was seen and the first that is given after a rollback: for agents still away. */
const ACCEPT_MARGIN = 2 ** 20;

/** What an agent remembers of a hub. */
export interface Witness {
  /** The hub that this is about; empty where it never heard a name. */
  readonly hubId: string;
  readonly maxTokenSeen: number;
  readonly maxJobSeen: number;
  readonly hubEpochSeen: number;
  readonly inventory: readonly { readonly token: number }[];
}

/** Floors of a hub that starts now, above all that another incarnation may have given since the last event. */
export function floorsAfter(
  { epoch, wallMs, lastToken, lastJob }: HubState,
  nowWallMs: number,
): {
  readonly tokenFloor: number;
  readonly jobFloor: number;
} {
  const awayMs = epoch === 0 ? 0 : Math.min(SKIP_MAX_MS, Math.max(0, Math.ceil(nowWallMs - wallMs)));
  const skipped = awayMs * NUMBERS_PER_MS;
  return { tokenFloor: lastToken + skipped, jobFloor: lastJob + skipped };
}

/** Compares what an agent has seen with what this journal knows; goes to SAFE when the agent knows more. */
export function heedWitness(tx: Tx, node: string, witness: Witness): void {
  const { state } = tx;
  if (witness.hubId !== "" && witness.hubId !== state.hubId) return;
  const { safe } = state;
  const held = witness.inventory.map(({ token }) => token);
  const tokenSeen = Math.max(safe?.tokenSeen ?? 0, witness.maxTokenSeen, ...held);
  const jobSeen = Math.max(safe?.jobSeen ?? 0, witness.maxJobSeen);
  const epochSeen = Math.max(safe?.epochSeen ?? 0, witness.hubEpochSeen);
  const isKnown = safe?.tokenSeen === tokenSeen && safe.jobSeen === jobSeen && safe.epochSeen === epochSeen;
  const isNews = isNeverGiven(state, tokenSeen) || jobSeen > state.lastJob || epochSeen > state.epoch;
  if (!isNews || (isKnown && safe?.phase === "rollback")) return;
  tx.emit({ kind: "rollback.suspected", node, tokenSeen, jobSeen, epochSeen });
}

/** A token of the time that this journal has forgotten: what it stands for must wait for a person. */
export function isInDoubt({ state }: Pick<HubCore, "state">, token: number): boolean {
  return state.safe?.phase === "rollback" && isNeverGiven(state, token);
}

/** The forgotten time is given up; whoever is attached must attach anew, to hear what becomes of what he holds. */
export function acceptRollback(tx: Tx, by: Actor): void {
  const { safe, lastToken, lastJob, epoch } = tx.state;
  if (safe?.phase !== "rollback") return;
  const tokenFloor = Math.max(lastToken, safe.tokenSeen) + ACCEPT_MARGIN;
  const jobFloor = Math.max(lastJob, safe.jobSeen);
  tx.emit({
    kind: "rollback.accepted",
    tokenFloor,
    jobFloor,
    epoch: Math.max(epoch, safe.epochSeen),
    ...by,
  });
  awaitSettling(tx);
}

/** From now on holders of the forgotten time have a whole re-grant window; also after a restart meanwhile. */
export function awaitSettling({ state, soft, times, timing }: Tx): void {
  if (state.safe?.phase === "settling") soft.settledBootMs = times.bootMs + timing.regrantAfterMs;
}

/** Nothing stands in the way any more once every holder of the forgotten time has ended by its own clock. */
export function settleRollback(tx: Tx): void {
  if (tx.state.safe?.phase !== "settling" || tx.times.bootMs < tx.soft.settledBootMs) return;
  const awaited = awaitedJobs(tx);
  tx.emit({ kind: "rollback.settled", ...(awaited.length === 0 ? {} : { awaited }) });
}

/** Who is away may hold what may finish without a hub, and nobody knows any more that it was granted. */
function awaitedJobs({ state, times, timing }: Tx): { jobId: string; notBeforeMs: number }[] {
  const { lastJob = Number.POSITIVE_INFINITY } = state.safe ?? {};
  return [...state.index.byState.pending].flatMap((jobId) => {
    const job = must(state.jobs.get(jobId), "an indexed job exists");
    const graceMs = offlineGrace(job.spec);
    if (graceMs === 0 || jobNumber(jobId) > lastJob) return [];
    const waitMs = giveUpAfterMs(timing, graceMs) - timing.regrantAfterMs;
    return [{ jobId, notBeforeMs: Math.max(job.notBeforeMs, times.journalMs + waitMs) }];
  });
}

/** Why nothing is granted and what to do, in words; null while the journal is in no doubt. */
export function rollbackWarning({ state }: Pick<HubCore, "state">): string | null {
  if (state.safe === null) return null;
  if (state.safe.phase === "settling")
    return "a rollback was accepted: grants begin again when work of the forgotten time has ended";
  const { node, tokenSeen, jobSeen, epochSeen } = state.safe;
  const saw = `${node} has seen token ${tokenSeen}, ${jobIdOf(jobSeen)} and epoch ${epochSeen}`;
  return (
    `SAFE: this journal is an older copy (${saw}), so nothing is granted: put the newer journal back, or give up ` +
    'what it knew with `spiral up --accept-rollback --reason "…"`'
  );
}

/** Skipped or not yet reached: whoever holds such a token has it from another incarnation. */
export function isNeverGiven(
  { lastToken, skipped }: Pick<HubState, "lastToken" | "skipped">,
  token: number,
): boolean {
  return token > lastToken || skipped.some(({ from, to }) => token >= from && token <= to);
}

/**
 * Agent: what happens when the hub speaks, when time passes and when an agent starts over what an earlier one
 * left. Thin on purpose: each line hands over to the module that owns the matter.
 */
import { assertNever } from "../../shared/invariant.ts";
import type { Completion, HubMessage } from "../../shared/model/messages.ts";
import { declineUnreadable, takeGrant } from "./admission.ts";
import { stopAttempt } from "./attempt.ts";
import { refreshClaim } from "./claim.ts";
import { completionAnswered } from "./completion.ts";
import { desire } from "./down.ts";
import { governCards } from "./governor.ts";
import { expire, renewed } from "./lease.ts";
import { expireHolds } from "./room.ts";
import { freshService } from "./service.ts";
import { tendServices } from "./service-care.ts";
import { beat, leaseBegan } from "./session.ts";
import { wakeSleepers } from "./sleepers.ts";
import type { HeldJob, Phase, ServiceRun, StopCause } from "./state.ts";
import { noteSilence } from "./telemetry.ts";
import type { Tx } from "./transaction.ts";
import { seeGrant } from "./witness.ts";

/** One message of the present session; of a session that has ended, nothing counts. */
export function receive(tx: Tx, message: HubMessage): void {
  const { session, attempts } = tx.state;
  if (session.kind !== "attached") return;
  switch (message.kind) {
    case "grants": {
      // Whatever was offered before these grants arrived is void at the hub, newer offers included.
      session.claim = null;
      const countedFromMs = leaseBegan(session, message.heartbeatSeq);
      for (const grant of message.grants) takeGrant(tx, grant, countedFromMs);
      for (const grant of message.unreadable ?? []) declineUnreadable(tx, grant);
      break;
    }
    case "renewed":
      renewed(tx, message.seq, message.tokens, message.ttlMs);
      break;
    case "completeAck":
      for (const { token, status } of message.verdicts) completionAnswered(tx, token, status);
      break;
    case "stop": {
      const attempt = attempts.get(message.token);
      const outcome = message.isPreemption === true ? "preempted" : "cancelled";
      const cause = { outcome, detail: message.reason } as const;
      if (attempt !== undefined) stopAttempt(tx, attempt, cause, message.graceMs);
      break;
    }
    case "desired":
      desire(tx, message);
      break;
    case "noWork":
      tx.log("info", "decision", { ...message }, `idle: ${message.reason}`);
      break;
    case "query": {
      const { queryId, method, body } = message;
      tx.effect({ kind: "answer", queryId, method, body });
      return;
    }
    case "heartbeatEcho":
    case "goodbye":
    case "welcome":
      return; // an echo keeps the link alive; a goodbye is followed by the end of the stream
    default:
      return assertNever(message);
  }
  refreshClaim(tx);
}

/** Everything that is due. */
export function tick(tx: Tx): void {
  expire(tx);
  tendServices(tx);
  expireHolds(tx);
  noteSilence(tx);
  governCards(tx);
  wakeSleepers(tx);
  beat(tx);
}

/** What an earlier agent left of one attempt. */
export interface LeftAttempt {
  readonly job: HeldJob;
  readonly startedBootMs: number | null;
  /** What its shim will do without us. */
  readonly deadlineBootMs: number;
  readonly pid: number | null;
  /**
   * `ended`: how will be reported like any other end. `waiting`: the same, but it was counted, and a service is
   * to be started again. `none`: there is nothing left to report.
   */
  readonly processState: "running" | "ended" | "waiting" | "none";
  readonly cause: StopCause | null;
  /** Durable already: nothing but the hub's answer is missing. */
  readonly completion: Completion | null;
  /** Null when it had nothing to count yet. */
  readonly service: ServiceRun | null;
}

/** Takes over what is still there. A stop that was begun is finished. */
export function adopt(tx: Tx, left: LeftAttempt): void {
  const { job, startedBootMs, deadlineBootMs, pid, cause, completion, processState } = left;
  const { token, jobId } = job;
  seeGrant(tx, token, jobId);
  tx.state.attempts.set(token, {
    job,
    grant: null,
    phase: phaseOf(left),
    deadlineBootMs,
    startedBootMs,
    endedBootMs: null,
    pid,
    isProcessAlive: processState !== "none",
    cause,
    causedBootMs: null,
    completion,
    service: left.service ?? freshService(job),
    isSaved: completion !== null,
    isSent: false,
    isSettled: false,
    peakVramBytes: completion?.peakVramBytes ?? 0,
    faults: [],
    progressRatio: null,
    watch: null,
  });
  tx.log(
    "info",
    "attempt.adopted",
    { token, jobId, processState },
    "an attempt of an earlier agent is taken over",
  );
  const { termGraceMs } = tx.timing;
  if (cause !== null && processState === "running") tx.effect({ kind: "stop", token, graceMs: termGraceMs });
}

function phaseOf({ completion, processState }: LeftAttempt): Phase {
  if (completion !== null) return "completing";
  return processState === "waiting" ? "waiting" : "running";
}

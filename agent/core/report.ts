/**
 * Report: what this node tells of itself beyond its work: crossings of pressure and what it decided. Each goes
 * to the log, to whoever watches on this box and to the hub. One told while no session is open waits for the
 * next, up to a bound; the numbers of crossings show what was lost.
 */
import type { JsonObject } from "../../shared/json.ts";
import type { FaultReport, StandingReport } from "../../shared/model/health.ts";
import type { AgentMessage } from "../../shared/model/messages.ts";
import { type Level, pressureEventName, type Watched } from "../../shared/policy/pressure.ts";
import { hasLayer } from "./governance.ts";
import type { Tx } from "./transaction.ts";

/** Reports that wait for a session; older ones make room. */
export const WAITING_MAX = 64;

export interface Poll {
  readonly watched: Watched;
  readonly from: Level;
  readonly level: Level;
  /** Null when nothing good has been read yet. */
  readonly ratio: number | null;
  /** UUID; null for what is not a card. */
  readonly gpu: string | null;
}

/** One poll of a watched resource: an update, and a crossing when its level is another one. */
export function tellPoll(tx: Tx, { watched, from, level, ratio, gpu }: Poll): void {
  if (!hasLayer(tx.state.governance, 2)) return;
  const told = { level, ratio: ratio ?? 1, gpu };
  if (level !== from) {
    const name = pressureEventName(watched, level);
    const subject = gpu === null ? watched : `${watched} ${gpu}`;
    const inputs = { name, from, to: level, ratio: told.ratio, gpu };
    tx.log("info", "pressure.crossed", inputs, `${subject} pressure is ${level}`);
    tx.effect({ kind: "publish", name, ...told });
    tell(tx, { kind: "crossing", seq: ++tx.state.lastCrossingSeq, resource: watched, ...told });
  }
  tx.effect({ kind: "publish", name: pressureEventName(watched, "update"), ...told });
}

/** What a node decides by itself, for `why node`. */
export type DecisionKind =
  | "rebalanced"
  | "reconfigured"
  | "reconfigure-refused"
  | "shadowed"
  | "strategy-missing"
  | "budget-set"
  | "evicted"
  | "woken"
  | "room-used"
  | "room-refused"
  | "refused"
  | "relieved"
  | "starved"
  | "stuck"
  | "leaked"
  | "returned";

/** A decision with its inputs; `sentence` is what people read. */
export function tellDecision(tx: Tx, decision: DecisionKind, sentence: string, inputs: JsonObject): void {
  tell(tx, { kind: "decision", decision, body: { sentence, ...inputs } });
}

export function tellFault(tx: Tx, fault: Omit<FaultReport, "seq">): void {
  tell(tx, { kind: "fault", seq: ++tx.state.lastHealthSeq, ...fault });
}

export function tellStanding(tx: Tx, standing: Omit<StandingReport, "seq">): void {
  tell(tx, { kind: "standing", seq: ++tx.state.lastHealthSeq, ...standing });
}

/** Sends what was told while nobody listened. */
export function tellWaiting(tx: Tx): void {
  for (const message of tx.state.waitingReports.splice(0)) tx.effect({ kind: "send", message });
}

function tell(tx: Tx, message: AgentMessage): void {
  const { session, waitingReports } = tx.state;
  if (session.kind === "attached") return tx.effect({ kind: "send", message });
  waitingReports.push(message);
  if (waitingReports.length > WAITING_MAX) waitingReports.shift();
}

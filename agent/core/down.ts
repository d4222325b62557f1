/**
 * Down: work ends at once, and the node stays down over a restart of anything. Two hands hold it down, the
 * fleet's and the one on this box; each lifts only its own (DESIGN section 3).
 */
import type { Desired } from "../../shared/model/messages.ts";
import { stopAll } from "./attempt.ts";
import { refreshClaim } from "./claim.ts";
import { type LatchHolder, mayWork } from "./state.ts";
import type { Tx } from "./transaction.ts";

/** What the fleet is told to be. */
export function desire(tx: Tx, desired: Desired): void {
  const { state, generation, graceMs } = desired;
  if (tx.state.desired?.generation !== generation || tx.state.desired.state !== state) {
    tx.log("info", "desired.changed", { state, generation }, `the fleet is ${state}`);
    // The same number for another word: a hub that was killed had said down before it was durable.
    tx.state.latchGeneration = null;
  }
  tx.state.desired = desired;
  if (!mayWork(state)) stopAll(tx, { outcome: "preempted", detail: "down" }, graceMs);
  settleLatch(tx);
}

/** What the file of an earlier agent says, before anything else is done: down outlives every restart. */
export function recallLatch(tx: Tx, holder: LatchHolder): void {
  if (holder === "none") return;
  tx.state.latch = holder;
  tx.log("info", "latch.set", { by: holder }, "this node was latched down before it started");
  stopAll(tx, { outcome: "preempted", detail: "down" }, tx.timing.termGraceMs);
}

/**
 * Who holds the file on this box now; a local hand outranks the hub's and stops everything. A hand that came and
 * went unseen took the hub's latch with it: it is set again.
 */
export function latchObserved(tx: Tx, holder: LatchHolder, graceMs: number): void {
  const { latch, latchGeneration } = tx.state;
  const isLocal = holder === "local";
  if (isLocal && latch !== "local") {
    tx.state.latch = "local";
    tx.log("info", "latch.set", { by: "local", graceMs }, "this node is latched down on the box");
    stopAll(tx, { outcome: "preempted", detail: "down on the box" }, graceMs);
    refreshClaim(tx);
  }
  if (!isLocal && latch === "local") {
    tx.state.latch = "none";
    tx.state.latchGeneration = null;
    tx.log("info", "latch.set", { by: "none" }, "the latch on the box is lifted");
    settleLatch(tx);
  }
  if (holder === "none" && latch === "hub" && latchGeneration !== null) {
    tx.state.latchGeneration = null;
    settleLatch(tx);
  }
}

/** The file agrees with this generation: only now the hub may rely on it. */
export function latchSaved(tx: Tx, generation: number): void {
  const { desired, latch } = tx.state;
  if (desired?.generation !== generation || latch === "local") return;
  tx.state.latchGeneration = generation;
  acknowledge(tx, generation);
}

/** Brings the file in line with the hub's word, and the hub's picture with the file. */
function settleLatch(tx: Tx): void {
  const { desired, latch, latchGeneration } = tx.state;
  if (desired === null || latch === "local") return;
  const { generation, state } = desired;
  tx.state.latch = mayWork(state) ? "none" : "hub";
  if (latchGeneration === generation) return acknowledge(tx, generation);
  tx.effect({ kind: mayWork(state) ? "clearLatch" : "setLatch", generation });
}

function acknowledge(tx: Tx, generation: number): void {
  if (tx.state.session.kind === "attached") {
    tx.effect({ kind: "send", message: { kind: "latchAck", generation } });
  }
}

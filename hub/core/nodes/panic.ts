/**
 * Panic guard: when more than half of the fleet goes silent at once, the likely cause is between the hub and the
 * nodes and not on each of them. Giving all their work to the few that are left would start it twice as soon as
 * the network is back, so re-assignment is frozen until enough of them return or a person says that they are
 * lost (SPEC H7). Work is only ever given away later by it, never earlier.
 */
import type { Actor } from "../event.ts";
import { excuseLosses } from "../queue/losses.ts";
import type { SoftState } from "../soft.ts";
import type { HubCore, Tx } from "../transaction.ts";

/** One node that is away is a node that is away. */
const SILENT_MIN = 2;
/** Nodes that an event names; it counts all. */
const NAMED_MAX = 64;

/** A session has ended: its node is gone until it attaches again. */
export function noteGone(soft: SoftState, node: string, lastHeardBootMs: number): void {
  soft.gone.set(node, lastHeardBootMs);
}

/** After a start nobody is attached yet: whoever was has until the panic window ends to come back. */
export function awaitFleet({ state, soft, times, timing }: Tx): void {
  const fromMs = times.bootMs + timing.panicWindowMs - timing.suspectMs;
  for (const [node, { isInFleet }] of state.health) if (isInFleet === true) soft.gone.set(node, fromMs);
  // Journals of before do not say who was there; holders were.
  for (const { node } of state.leases.values())
    if (state.health.get(node)?.isInFleet === undefined) soft.gone.set(node, fromMs);
}

/** Begins and ends the panic as nodes go and return. */
export function watchPanic(tx: Tx): void {
  const { soft } = tx;
  if (soft.gone.size === 0 && soft.panic === null) return;
  if (soft.panic === null) begin(tx);
  else if (soft.gone.size <= soft.sessions.size) {
    // Those who are still away get a whole re-grant window, or all their work would move at this moment.
    restartWindows(tx);
    end(tx, { actor: "hub", reason: "enough nodes have returned" });
  }
}

/** Whether the work of a node stays its own although it has gone silent. */
export function isFrozen({ panic, sessions }: SoftState, node: string): boolean {
  return panic !== null && !sessions.has(node);
}

/** A person says that the silent nodes are lost; their work is given away as soon as its leases are over. */
export function acceptLoss(tx: Tx, by: Actor): boolean {
  if (tx.soft.panic === null) return false;
  for (const node of tx.soft.gone.keys()) letGo(tx, node, by.reason);
  end(tx, by);
  return true;
}

/** What a person should know and do; null while there is no panic. */
export function panicWarning({ soft }: HubCore): string | null {
  if (soft.panic === null) return null;
  const { fleet } = soft.panic;
  return (
    `panic guard: ${soft.gone.size} of ${fleet} nodes went silent at once, so their work is given to nobody else; ` +
    'it ends when enough return, or by `spiral up --accept-loss --reason "…"`'
  );
}

/** Whoever is gone is gone from now, and so are its renewals. */
function restartWindows({ soft, state, times }: Tx): void {
  for (const node of soft.gone.keys()) soft.gone.set(node, times.bootMs);
  for (const { node, token } of state.leases.values())
    if (soft.gone.has(node)) soft.renewedBootMs.set(token, times.bootMs);
}

function begin(tx: Tx): void {
  const { soft, timing, times } = tx;
  const silent = [...soft.gone].filter(([, goneMs]) => times.bootMs - goneMs >= timing.suspectMs);
  const newestMs = Math.max(...silent.map(([, goneMs]) => goneMs));
  const isInWindow = (goneMs: number): boolean => goneMs > newestMs - timing.panicWindowMs;
  const names = silent.filter(([, goneMs]) => isInWindow(goneMs)).map(([node]) => node);
  const fleet = soft.sessions.size + [...soft.gone.values()].filter(isInWindow).length;
  const isPanic = names.length >= SILENT_MIN && names.length * 2 > fleet;
  for (const [node, goneMs] of silent) {
    const isOver = times.bootMs - goneMs > timing.panicWindowMs + timing.suspectMs;
    if (isPanic ? !isInWindow(goneMs) : isOver) letGo(tx, node, "it has not come back");
  }
  if (!isPanic) return;
  soft.panic = { fleet };
  tx.emit({ kind: "panic.began", silent: names.length, fleet, nodes: names.slice(0, NAMED_MAX) });
}

/** It is counted no longer: the next hub shall not wait for it either. */
function letGo({ soft, state, emit }: Tx, node: string, reason: string): void {
  soft.gone.delete(node);
  if (state.health.get(node)?.isInFleet === true) emit({ kind: "node.left", node, reason });
}

function end(tx: Tx, { actor, reason }: Actor): void {
  tx.soft.panic = null;
  excuseLosses(tx);
  tx.emit({ kind: "panic.ended", silent: tx.soft.gone.size, actor, reason });
}

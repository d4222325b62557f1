/**
 * Session: attach, detach and reconcile. On every attach the agent's inventory and the hub's leases are laid
 * side by side: what only one of them knows is stopped or given to somebody else (SPEC H3).
 */
import type { Hello, HubMessage } from "../../../shared/model/messages.ts";
import { PROTOCOL } from "../../../shared/model/messages.ts";
import { jobOf, loseAttempt } from "../lease.ts";
import { cardsOf } from "../placement/capacity.ts";
import { grantReady } from "../placement/placement.ts";
import { sendStop } from "../queue/queue.ts";
import type { Lease } from "../state.ts";
import type { Tx } from "../transaction.ts";
import { whyRefused } from "./clone.ts";
import { noteGone } from "./panic.ts";
import { heedWitness, isInDoubt } from "./rollback.ts";

export type AttachResult =
  | { readonly kind: "attached"; readonly replacedSessionId: string | null }
  | { readonly kind: "refused"; readonly reason: string };

/** Opens a session for a node whose identity the connection has proved. */
export function attach(tx: Tx, sessionId: string, hello: Hello): AttachResult {
  const { node } = hello;
  if (isOvertaken(tx, hello))
    return { kind: "refused", reason: `a newer hello of this agent has overtaken this one of ${node}` };
  const previous = tx.soft.sessions.get(node);
  const reason = whyRefused(tx, hello);
  if (reason !== null) return { kind: "refused", reason };
  tx.soft.hellos.set(node, { agentInstance: hello.agentInstance, helloSeq: hello.helloSeq });
  tx.soft.sessions.set(node, {
    sessionId,
    node,
    hello,
    lastHeardBootMs: tx.times.bootMs,
    lastHeartbeatSeq: 0,
    claim: null,
    offer: null,
    lastToken: 0,
    idleReason: null,
    isLatchedDown: hello.isLatchedDown,
    isHeldOnBox: false,
    latchGeneration: 0,
  });
  if (hello.capabilities.startLimitBurst > 0) tx.soft.unlimited.delete(node);
  else tx.soft.unlimited.add(node);
  tx.soft.lastSeenBootMs.set(node, tx.times.bootMs);
  tx.soft.gone.delete(node);
  tx.soft.cardsGone.delete(node);
  for (const { name, isVramLearned } of hello.runners) {
    if (isVramLearned) tx.soft.learningRunners.add(name);
    else tx.soft.learningRunners.delete(name);
  }
  const { agentInstance, generation, machineId, isLatchedDown } = hello;
  tx.soft.refused.delete(node);
  tx.emit({ kind: "node.attached", node, agentInstance, generation, machineId, isLatchedDown });
  heedWitness(tx, node, hello);
  const verdicts = reconcile(tx, hello);
  tx.effect({ kind: "send", sessionId, message: welcome(tx, sessionId, verdicts) });
  for (const { token, isKept } of verdicts) if (isKept) stopAgain(tx, token);
  // Leases that this attach freed may suit another node at once.
  grantReady(tx);
  return { kind: "attached", replacedSessionId: previous?.sessionId ?? null };
}

/**
 * A stream that its agent gave up may be heard after the one that it opened next, when the hub or the path stood
 * still. Its inventory is that of the past: what was granted since would be taken for lost and granted again.
 */
function isOvertaken({ soft }: Tx, { node, agentInstance, helloSeq }: Hello): boolean {
  const newest = soft.hellos.get(node);
  return newest?.agentInstance === agentInstance && helloSeq < newest.helloSeq;
}

/** Closes a session; a late report about a session that was replaced changes nothing. */
export function detach(tx: Tx, node: string, sessionId: string, reason: string): void {
  const session = tx.soft.sessions.get(node);
  if (session?.sessionId !== sessionId) return;
  tx.soft.cardsGone.set(node, cardsOf(tx, node));
  tx.soft.sessions.delete(node);
  tx.soft.unlimited.delete(node);
  noteGone(tx.soft, node, session.lastHeardBootMs);
  tx.soft.telemetry.delete(node);
  tx.emit({ kind: "node.detached", node, reason });
}

/** Everybody is to say hello again. */
export function detachAll(tx: Tx, reason: string): void {
  for (const { node, sessionId } of [...tx.soft.sessions.values()]) {
    tx.effect({ kind: "closeSession", sessionId, reason });
    detach(tx, node, sessionId, reason);
  }
}

/** A stream that went silent is closed, so that the agent dials again instead of both sides hoping. */
export function closeSilent(tx: Tx): void {
  for (const session of [...tx.soft.sessions.values()]) {
    if (tx.times.bootMs - session.lastHeardBootMs <= tx.timing.suspectMs) continue;
    tx.urgent({ kind: "closeSession", sessionId: session.sessionId, reason: "silent for too long" });
    detach(tx, session.node, session.sessionId, "silent");
  }
}

/** The state that the fleet is told to be in, as the wire carries it. */
export function desiredMessage(tx: Tx, graceMs: number): Extract<HubMessage, { kind: "desired" }> {
  const { generation, state } = tx.state.desired;
  return { kind: "desired", generation, state, graceMs };
}

function reconcile(tx: Tx, hello: Hello): { token: number; isKept: boolean }[] {
  // Tokens count from one at every hub: those of another one may be equal to ours and mean other work.
  const isOurs = hello.hubId === "" || hello.hubId === tx.state.hubId;
  const held = new Set(isOurs ? hello.inventory.map((item) => item.token) : []);
  for (const lease of leasesOf(tx, hello.node)) {
    if (held.has(lease.token)) continue;
    loseAttempt(tx, lease, "the agent no longer holds it");
  }
  return hello.inventory.map(({ token }) => {
    const isKept = isOurs && isKeptToken(tx, hello.node, token);
    if (isKept && tx.state.leases.has(token)) tx.soft.renewedBootMs.set(token, tx.times.bootMs);
    return { token, isKept };
  });
}

/** Live here and not cancelled, or accepted already and waiting for its acknowledgement. */
function isKeptToken(tx: Tx, node: string, token: number): boolean {
  if (tx.state.accepted.has(token) || isInDoubt(tx, token)) return true;
  const lease = tx.state.leases.get(token);
  if (lease === undefined || lease.node !== node) return false;
  return tx.state.jobs.get(lease.jobId)?.cancelReason === null;
}

/** The order to leave may have been lost with the last stream; what is finished is still to be delivered. */
function stopAgain(tx: Tx, token: number): void {
  const lease = tx.state.leases.get(token);
  const reason = "it was told to leave before its agent attached again";
  if (lease?.isPreempted === true) sendStop(tx, jobOf(tx, lease), { reason, isPreemption: true });
}

function leasesOf(tx: Tx, node: string): Lease[] {
  return [...tx.state.leases.values()].filter((lease) => lease.node === node);
}

function welcome(tx: Tx, sessionId: string, verdicts: { token: number; isKept: boolean }[]): HubMessage {
  const { kind: _, ...desired } = desiredMessage(tx, tx.timing.termGraceMs);
  return {
    kind: "welcome",
    protocolMajor: PROTOCOL.major,
    protocolMinor: PROTOCOL.minor,
    epoch: tx.state.epoch,
    sessionId,
    timingScale: tx.timing.scale,
    hubId: tx.state.hubId,
    verdicts,
    desired,
  };
}

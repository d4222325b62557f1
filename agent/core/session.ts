/**
 * Session machine: detached → attaching → attached. On each attach the agent says what it holds and the hub
 * answers with a verdict per token; the rest of a session is the same few messages at their times.
 */
import { type Hello, PROTOCOL, type Welcome } from "../../shared/model/messages.ts";
import { tellStandings } from "./card-health.ts";
import { refreshClaim } from "./claim.ts";
import { sendCompletions } from "./completion.ts";
import { desire } from "./down.ts";
import { extend, loseLease, remember, renew } from "./lease.ts";
import { tellWaiting } from "./report.ts";
import { tellRestart } from "./service.ts";
import { type AgentCore, type Attached, type Attempt, HELD_MAX } from "./state.ts";
import { readingsOf, sendTelemetry } from "./telemetry.ts";
import type { Tx } from "./transaction.ts";
import { saveSeen, seeHub } from "./witness.ts";

/** The first message of a session that is being opened now; leases kept by it count from here. */
export function beginAttach(tx: Tx): Hello {
  tx.state.session = { kind: "attaching", helloBootMs: tx.nowMs };
  const { node, bootId, agentInstance, generation, machineId, runners, capabilities } = tx.config;
  const { seen, latch } = tx.state;
  return {
    kind: "hello",
    protocolMajor: PROTOCOL.major,
    protocolMinor: PROTOCOL.minor,
    node,
    bootId,
    agentInstance,
    generation,
    machineId,
    helloSeq: ++tx.state.lastHelloSeq,
    ...seen,
    isLatchedDown: latch !== "none",
    inventory: inventoryOf(tx),
    runners,
    gpus: readingsOf(tx),
    capabilities,
  };
}

/** The hub has accepted the session. */
export function welcomed(tx: Tx, welcome: Welcome): void {
  const { session } = tx.state;
  if (session.kind !== "attaching") return;
  if (welcome.timingScale !== tx.timing.scale) return refuseScale(tx, welcome.timingScale);
  const { epoch, sessionId, verdicts } = welcome;
  const { helloBootMs } = session;
  const { nowMs } = tx;
  seeHub(tx, welcome.hubId, epoch);
  tx.state.session = {
    kind: "attached",
    sessionId,
    helloBootMs,
    heartbeats: new Map(),
    renewals: new Map(),
    nextHeartbeatMs: nowMs,
    nextRenewMs: nowMs,
    nextTelemetryMs: nowMs,
    claim: null,
    nextClaimMs: nowMs,
  };
  tx.log("info", "node.attached", { sessionId, epoch, verdicts }, "attached to the hub");
  for (const attempt of tx.state.attempts.values()) attempt.isSent = false;
  for (const { token, isKept } of verdicts) {
    const attempt = tx.state.attempts.get(token);
    if (attempt === undefined) continue;
    if (isKept) keep(tx, attempt, helloBootMs);
    else loseLease(tx, attempt);
  }
  desire(tx, welcome.desired);
  sendCompletions(tx);
  tellWaiting(tx);
  tellStandings(tx);
  beat(tx);
}

export function detached(tx: Tx, reason: string): void {
  if (tx.state.session.kind === "attached") {
    const running = tx.state.attempts.size;
    tx.log("warn", "node.detached", { reason, running }, "detached; held work goes on until its deadline");
  }
  tx.state.session = { kind: "detached" };
}

/** Sends whatever is due in the present session. */
export function beat(tx: Tx): void {
  const { session } = tx.state;
  if (session.kind !== "attached") return;
  if (tx.nowMs >= session.nextHeartbeatMs) sendHeartbeat(tx, session);
  if (tx.nowMs >= session.nextRenewMs) renew(tx, session);
  if (tx.nowMs >= session.nextTelemetryMs) sendTelemetry(tx, session);
  refreshClaim(tx);
}

/** When the lease of a grant began that names this heartbeat; one long forgotten counts from the hello. */
export function leaseBegan(session: Attached, heartbeatSeq: number): number {
  return session.heartbeats.get(heartbeatSeq) ?? session.helloBootMs;
}

function sendHeartbeat(tx: Tx, session: Attached): void {
  const seq = ++tx.state.lastHeartbeatSeq;
  session.nextHeartbeatMs = tx.nowMs + tx.timing.heartbeatMs;
  remember(session.heartbeats, seq, tx.nowMs);
  saveSeen(tx);
  const isLatchedDown = tx.state.latch === "local";
  tx.effect({ kind: "send", message: { kind: "heartbeat", seq, isLatchedDown } });
}

/** The hello renewed it; a start that was said into a broken stream is said again. */
function keep(tx: Tx, attempt: Attempt, helloBootMs: number): void {
  extend(tx, attempt, helloBootMs + attempt.job.ttlMs);
  if (attempt.phase === "running" || attempt.phase === "waiting") tellRestart(tx, attempt);
  if (attempt.phase !== "running" && attempt.phase !== "finalising") return;
  const { token, gpu } = attempt.job;
  tx.effect({ kind: "send", message: { kind: "started", token, gpu } });
}

function inventoryOf({ state }: AgentCore): Hello["inventory"] {
  return [...state.attempts.values()]
    .filter((attempt) => !attempt.isSettled)
    .slice(0, HELD_MAX)
    .map(({ job, phase }) => ({
      token: job.token,
      state: phase === "completing" ? "completing" : "running",
    }));
}

function refuseScale(tx: Tx, hubScale: number): void {
  const scales = `the hub counts time at scale ${hubScale}, this agent at ${tx.timing.scale}`;
  tx.effect({ kind: "fatal", message: `${scales}: start both with the same one, or leases overlap` });
}

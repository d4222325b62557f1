/**
 * Hub: what happens when an agent speaks, when time passes and when the hub starts. Thin on purpose: each
 * line hands over to the module that owns the matter.
 */
import { assertNever } from "../../shared/invariant.ts";
import type { AgentMessage, TelemetryFrame } from "../../shared/model/messages.ts";
import { recordVerdicts } from "./arbiter/arbiter.ts";
import { endWaivers } from "./arbiter/desired.ts";
import { endOverrides } from "./arbiter/override.ts";
import { watchWindows } from "./arbiter/window.ts";
import { advanceCampaigns, saveOperatingPoint } from "./campaign.ts";
import {
  completeAttempt,
  endAttempt,
  expireLeases,
  forgiveStall,
  jobOf,
  markPublished,
  markStarted,
  renewLeases,
} from "./lease.ts";
import { stopDrained } from "./nodes/cordon.ts";
import { judgeNodes, noteFault, noteStanding } from "./nodes/health.ts";
import { tellIdle } from "./nodes/idle.ts";
import { noteCrossing, noteDecision } from "./nodes/node-reports.ts";
import { awaitFleet, watchPanic } from "./nodes/panic.ts";
import { awaitSettling, floorsAfter, heedWitness, isInDoubt, settleRollback } from "./nodes/rollback.ts";
import { closeSilent } from "./nodes/session.ts";
import { forgetDeclines, rememberDecline } from "./placement/declines.ts";
import { grantReady } from "./placement/placement.ts";
import { preemptForWaiting } from "./placement/preempt.ts";
import { cancelBroken } from "./queue/dependency.ts";
import { excuseLosses } from "./queue/losses.ts";
import { forgetFinished } from "./queue/retention.ts";
import { noteRestart } from "./queue/services.ts";
import type { NodeSession } from "./soft.ts";
import type { Tx } from "./transaction.ts";
import { settleOutcomes } from "./why/outcomes.ts";

/**
 * A new incarnation of the hub, which keeps its name for as long as its journal lives: leases that outlived the last one each get
 * a whole re-grant window from now.
 */
export function startHub(
  tx: Tx,
  version: string,
  newHubId: string,
  formerLeader: string | null = null,
): void {
  const { state, times } = tx;
  const hubId = state.hubId || newHubId;
  const taken = formerLeader === null ? {} : { takenFrom: formerLeader };
  const floors = floorsAfter(state, times.wallMs);
  tx.emit({ kind: "hub.started", epoch: state.epoch + 1, version, hubId, ...floors, ...taken });
  awaitSettling(tx);
  for (const token of tx.state.leases.keys()) tx.soft.renewedBootMs.set(token, tx.times.bootMs);
  // A hub that stands still before its first tick must forgive that too.
  tx.soft.lastTickBootMs = tx.times.bootMs;
  excuseLosses(tx);
  awaitFleet(tx);
  republish(tx);
  for (const campaign of tx.state.campaigns.values()) saveOperatingPoint(tx, campaign);
}

/** Outputs that are accepted but not yet in renders/: the rename is asked for until it has happened. */
export function republish(tx: Tx): void {
  for (const jobId of tx.state.index.unpublished) {
    const token = tx.state.jobs.get(jobId)?.token;
    if (token !== undefined && token !== null) tx.effect({ kind: "publish", jobId, token });
  }
}

/** Everything that is due: deadlines passed, jobs whose backoff ended, campaigns that can go on. */
export function tick(tx: Tx): void {
  forgiveStall(tx);
  closeSilent(tx);
  watchPanic(tx);
  settleRollback(tx);
  expireLeases(tx);
  endWaivers(tx);
  watchWindows(tx);
  endOverrides(tx);
  stopDrained(tx);
  cancelBroken(tx);
  judgeNodes(tx);
  advanceCampaigns(tx);
  grantReady(tx);
  preemptForWaiting(tx);
  recordVerdicts(tx);
  settleOutcomes(tx);
  forgetFinished(tx);
}

/** One message of a live session; of a session that was replaced, nothing counts. */
export function receive(tx: Tx, node: string, sessionId: string, message: AgentMessage): void {
  const session = tx.soft.sessions.get(node);
  if (session === undefined || session.sessionId !== sessionId) return;
  session.lastHeardBootMs = tx.times.bootMs;
  tx.soft.lastSeenBootMs.set(node, tx.times.bootMs);
  dispatch(tx, session, message);
}

function dispatch(tx: Tx, session: NodeSession, message: AgentMessage): void {
  const { node, sessionId } = session;
  switch (message.kind) {
    case "heartbeat":
      session.lastHeartbeatSeq = message.seq;
      noteHand(session, message.isLatchedDown === true);
      tx.urgent({ kind: "send", sessionId, message: { kind: "heartbeatEcho", seq: message.seq } });
      tellIdle(tx, session);
      return;
    case "claim":
      // Made before our last grants arrived: the agent claims again when it has taken them.
      if (message.maxTokenSeen < session.lastToken) return;
      if (message.maxTokenSeen > tx.state.lastToken)
        heedWitness(tx, node, { ...session.hello, maxTokenSeen: message.maxTokenSeen });
      session.offer = message;
      session.claim = message.gpuSlots + message.cpuSlots > 0 ? message : null;
      grantReady(tx);
      return;
    case "renew": {
      const tokens = renewLeases(tx, node, message.tokens);
      const ttlMs = tx.timing.leaseTtlMs;
      tx.urgent({ kind: "send", sessionId, message: { kind: "renewed", seq: message.seq, tokens, ttlMs } });
      return;
    }
    case "started":
      return started(tx, node, message.token, message.gpu ?? null);
    case "progress":
      if (tx.state.leases.get(message.token)?.node === node)
        tx.soft.progress.set(message.token, message.ratio);
      return;
    case "restart":
      return noteRestart(tx, node, message);
    case "decline":
      return decline(tx, node, message.token, message.reason);
    case "complete":
      return complete(tx, session, message.completions);
    case "latchAck":
      session.latchGeneration = message.generation;
      session.isLatchedDown = false;
      return;
    case "crossing":
      return noteCrossing(tx, session, message);
    case "decision":
      return noteDecision(tx, session, message);
    case "fault":
      return noteFault(tx, session, message);
    case "standing":
      if (noteStanding(tx, session, message)) grantReady(tx);
      return;
    case "hello":
    case "answer":
      return; // a second hello is refused by the gateway; answers belong to whoever asked
    default:
      return assertNever(message);
  }
}

/** What a hand on the box has latched it lifts too, whatever became of the agent's acknowledgement meanwhile. */
function noteHand(session: NodeSession, isHeldOnBox: boolean): void {
  if (isHeldOnBox) session.isLatchedDown = true;
  else if (session.isHeldOnBox) session.isLatchedDown = false;
  session.isHeldOnBox = isHeldOnBox;
}

/** Soft: only the latest frame of a live session counts. */
export function takeTelemetry(tx: Tx, node: string, frame: TelemetryFrame): void {
  const session = tx.soft.sessions.get(node);
  if (session === undefined || session.sessionId !== frame.sessionId) return;
  tx.soft.telemetry.set(node, { frame, receivedBootMs: tx.times.bootMs });
}

/** Outputs lie in renders/: whoever waits for them may go on. */
export function published(tx: Tx, jobId: string): void {
  markPublished(tx, jobId);
  advanceCampaigns(tx);
  grantReady(tx);
}

function started(tx: Tx, node: string, token: number, gpu: string | null): void {
  const lease = tx.state.leases.get(token);
  if (lease?.node === node) forgetDeclines(tx.soft, jobOf(tx, lease), node);
  markStarted(tx, node, token, gpu);
}

function decline(tx: Tx, node: string, token: number, reason: string): void {
  const lease = tx.state.leases.get(token);
  if (lease === undefined || lease.node !== node) return;
  rememberDecline(tx.soft, jobOf(tx, lease), node, tx.times.bootMs);
  const detail = `declined by ${node}: ${reason}`;
  endAttempt(tx, lease, { outcome: "declined", detail, ranMs: 0, exitCode: null });
}

function complete(
  tx: Tx,
  session: NodeSession,
  completions: Extract<AgentMessage, { kind: "complete" }>["completions"],
): void {
  const answered = completions.filter(({ token }) => !isInDoubt(tx, token));
  const verdicts = answered.map((completion) => ({
    token: completion.token,
    status: completeAttempt(tx, session.node, completion),
  }));
  const message = { kind: "completeAck", verdicts } as const;
  tx.effect({ kind: "send", sessionId: session.sessionId, message });
  judgeNodes(tx);
  advanceCampaigns(tx);
  grantReady(tx);
}

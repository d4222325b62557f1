/**
 * Health: what the hub does about ill cards and nodes. It believes what nodes say of their cards, and takes a node out
 * of service itself when distinct jobs fail fast on it, one after the other, while the same runners succeed elsewhere:
 * such a node would swallow the whole queue. After a pause one job is tried on it; a success brings it back, a failure
 * doubles the pause. A job that fails everywhere is the job's own matter (queue).
 */
import { CARD_STANDINGS } from "../../../shared/model/health.ts";
import type { AgentMessage } from "../../../shared/model/messages.ts";
import { PRIORITIES, type Priority } from "../../../shared/model/priority.ts";
import type { Evidence } from "../arbiter/arbiter.ts";
import type { EventBody } from "../event.ts";
import type { NodeSession } from "../soft.ts";
import type { HubState } from "../state.ts";
import type { HubCore, Tx } from "../transaction.ts";
import type { FailedRun, Hole, NodeHealth } from "./node-health.ts";
import { admitReport } from "./report-gate.ts";

export const HOLE_POLICY = {
  /** Distinct jobs in a row. */
  jobs: 3,
  /** An own failure that took longer is no fast one and breaks the row. */
  fastMs: 30_000,
  /** How recently the same runner must have succeeded elsewhere, counted from the first failure. */
  elsewhereMs: 10 * 60_000,
  pauseMs: 5 * 60_000,
  pauseMaxMs: 4 * 3_600_000,
} as const;

type Message<K extends AgentMessage["kind"]> = Extract<AgentMessage, { kind: K }>;

/** Something went wrong on a card: for the reader of the log. */
export function noteFault(tx: Tx, session: NodeSession, message: Message<"fault">): void {
  const lost = missedBefore(tx, session, message.seq);
  if (lost === null) return;
  const missed = admitReport(tx, session.node, "fault", lost);
  if (missed === null) return;
  const { gpu, cause, action, detail, jobId } = message;
  tx.emit({ kind: "node.fault", node: session.node, gpu, cause, action, detail, jobId, missed });
}

const STANDING_EVENTS = {
  throttled: "node.throttled",
  drained: "node.drained",
  quarantined: "node.quarantined",
  well: "node.returned",
} as const;

/** Whether the card takes more work than before; a standing that is only repeated changes nothing. */
export function noteStanding(tx: Tx, session: NodeSession, message: Message<"standing">): boolean {
  if (missedBefore(tx, session, message.seq) === null) return false;
  const { gpu, standing, reason, cure } = message;
  const known = tx.state.health.get(session.node)?.cards[gpu]?.standing ?? "well";
  if (known === standing) return false;
  const about = { node: session.node, gpu, reason, cure, by: "node", untilMs: null };
  tx.emit({ kind: STANDING_EVENTS[standing], ...about } as EventBody);
  return CARD_STANDINGS.indexOf(standing) < CARD_STANDINGS.indexOf(known);
}

/** Reports of this agent before this one that never arrived; null for one that was heard before. */
function missedBefore({ soft }: Tx, { node, hello }: NodeSession, seq: number): number | null {
  const { agentInstance } = hello;
  const last = soft.healthReports.get(node);
  const lastSeq = last?.agentInstance === agentInstance ? last.seq : 0;
  if (seq <= lastSeq) return null;
  soft.healthReports.set(node, { agentInstance, seq });
  return last === undefined ? 0 : seq - lastSeq - 1;
}

/** Takes nodes out of service on which everything fails fast, and back in what has proved itself. */
export function judgeNodes(tx: Tx): void {
  for (const [node, health] of tx.state.health) {
    const { hole } = health;
    if (hole === null) {
      const reason = blackHoleReason(tx.state, node, health, HOLE_POLICY.fastMs * tx.timing.scale);
      if (reason !== null) takeOut(tx, node, reason, 1);
    } else if (Object.values(health.wins).some((atMs) => atMs > hole.sinceMs)) {
      giveBack(tx, node, "hub", "a job has succeeded on it again");
    } else if (health.streak.some(({ atMs }) => atMs >= hole.untilMs)) {
      takeOut(tx, node, `the probe failed too; ${hole.reason}`, hole.strikes + 1);
    }
  }
}

/** Returns a node to service, by hand or because it has proved itself. */
export function giveBack(tx: Tx, node: string, by: string, reason: string): void {
  if (tx.state.health.get(node)?.hole === null) return;
  tx.emit({ kind: "node.returned", node, gpu: null, reason, cure: null, by, untilMs: null });
}

const CURE = "look at the log of its last jobs: `spiral why node NAME`, `spiral doctor` on the box";

function takeOut(tx: Tx, node: string, reason: string, strikes: number): void {
  const pauseMs =
    Math.min(HOLE_POLICY.pauseMaxMs, HOLE_POLICY.pauseMs * (1 << Math.min(16, strikes - 1))) *
    tx.timing.scale;
  const untilMs = tx.times.journalMs + pauseMs;
  const first = reason.replace(/^(?:the probe failed too; )+/, "the probe failed too; ");
  tx.emit({ kind: "node.quarantined", node, gpu: null, reason: first, cure: CURE, by: "hub", untilMs });
}

/** Why a node is a black hole, or null. */
export function blackHoleReason(
  state: HubState,
  node: string,
  { streak }: NodeHealth,
  fastMs: number,
): string | null {
  // Asked about every node at every completion, and nearly all have no row.
  if (streak.length < HOLE_POLICY.jobs) return null;
  const row = fastTail(streak, fastMs);
  const [first] = row;
  if (first === undefined || row.length < HOLE_POLICY.jobs) return null;
  const sinceMs = first.atMs - HOLE_POLICY.elsewhereMs;
  const winner = [...state.health].find(
    ([other, { wins }]) => other !== node && row.some(({ runner }) => (wins[runner] ?? -1) >= sinceMs),
  );
  if (winner === undefined) return null;
  const longestMs = Math.max(...row.map(({ ranMs }) => ranMs));
  const jobs = row.map(({ jobId }) => jobId).slice(-HOLE_POLICY.jobs);
  return `${row.length} jobs in a row failed within ${(longestMs / 1000).toFixed(1)} s (${jobs.join(", ")}), and the same work succeeds on ${winner[0]}`;
}

/** The failures at the end of the row that were fast. */
function fastTail(streak: readonly FailedRun[], fastMs: number): readonly FailedRun[] {
  const slow = streak.findLastIndex(({ ranMs }) => ranMs > fastMs);
  return streak.slice(slow + 1);
}

/** Why a node is given no job now, or null; a node on probation takes one at a time. */
export function whyQuarantined({ state }: HubCore, node: string, journalMs: number): string | null {
  const hole = state.health.get(node)?.hole ?? null;
  if (hole === null) return null;
  if (hole.probeToken !== null) return `one job is tried on it; ${hole.reason}`;
  return journalMs < hole.untilMs ? hole.reason : null;
}

export function holeOf({ state }: HubCore, node: string): Hole | null {
  return state.health.get(node)?.hole ?? null;
}

/** Why a card takes no job of these priorities; empty when it takes all. */
export function closedFor(
  { state }: HubCore,
  node: string,
  gpu: string,
): Readonly<Partial<Record<Priority, string>>> {
  const note = state.health.get(node)?.cards[gpu];
  if (note === undefined) return {};
  const closed = note.standing === "throttled" ? (["background", "batch"] as const) : PRIORITIES;
  return Object.fromEntries(closed.map((priority) => [priority, `${note.standing}: ${note.reason}`]));
}

/** What is wrong with a node and its cards, for people. */
export function healthEvidence({ state }: HubCore, node: string, journalMs: number): readonly Evidence[] {
  const health = state.health.get(node);
  if (health === undefined) return [];
  const { hole, cards } = health;
  return [
    ...(hole === null ? [] : [{ name: "quarantined", value: hole.reason, ageMs: ageOf(hole, journalMs) }]),
    ...Object.entries(cards).map(([gpu, note]) => ({
      name: note.standing,
      value: `${gpu}: ${note.reason}`,
      ageMs: ageOf(note, journalMs),
    })),
  ];
}

/** What people can do about it. */
export function healthCures({ state }: HubCore, node: string): readonly string[] {
  const health = state.health.get(node);
  if (health === undefined) return [];
  const cures = [health.hole?.cure ?? null, ...Object.values(health.cards).map(({ cure }) => cure)];
  return [...new Set(cures.filter((cure) => cure !== null))];
}

function ageOf({ sinceMs }: { readonly sinceMs: number }, journalMs: number): number {
  return Math.max(0, journalMs - sinceMs);
}

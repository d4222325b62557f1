/**
 * Node reports: what nodes tell of themselves: crossings of pressure, which feed the journal, and what they
 * decided by themselves, the latest of which `why node` shows.
 */
import type { AgentMessage } from "../../../shared/model/messages.ts";
import type { Evidence } from "../arbiter/arbiter.ts";
import type { NodeSession } from "../soft.ts";
import type { HubCore, Tx } from "../transaction.ts";
import { awaitNodeOutcome } from "../why/outcomes.ts";
import { admitReport } from "./report-gate.ts";

/** Decisions of a node that `why` can show. */
export const DECISIONS_MAX = 20;

/** A crossing with its place in the row; how many before it are missing is part of the event. */
export function noteCrossing(
  tx: Tx,
  { node, hello }: NodeSession,
  { seq, resource, level, ratio, gpu }: Extract<AgentMessage, { kind: "crossing" }>,
): void {
  const { agentInstance } = hello;
  const last = tx.soft.crossings.get(node);
  const lastSeq = last?.agentInstance === agentInstance ? last.seq : 0;
  if (seq <= lastSeq) return;
  tx.soft.crossings.set(node, { agentInstance, seq });
  // A hub that has just started does not know what an earlier one has heard.
  const lost = last === undefined ? 0 : seq - lastSeq - 1;
  const missed = admitReport(tx, node, "crossing", lost);
  if (missed === null) return;
  tx.emit({ kind: "node.crossed", node, crossing: seq, resource, level, ratio, gpu, missed });
}

export function noteDecision(
  tx: Tx,
  { node }: NodeSession,
  { decision, body }: Extract<AgentMessage, { kind: "decision" }>,
): void {
  const missed = admitReport(tx, node, "decision");
  if (missed !== null) {
    tx.emit({ kind: "node.decided", node, decision, body, ...(missed === 0 ? {} : { missed }) });
    awaitNodeOutcome(tx, node, decision, body);
  }
  const { sentence } = body;
  const latest = {
    decision,
    sentence: typeof sentence === "string" ? sentence : "",
    bootMs: tx.times.bootMs,
  };
  const before = tx.soft.decisions.get(node) ?? [];
  tx.soft.decisions.set(node, [...before, latest].slice(-DECISIONS_MAX));
}

/** What a node has decided and what its cards show, newest first, as evidence for people. */
export function reportsOf({ soft }: HubCore, node: string, nowMs: number): readonly Evidence[] {
  const telemetry = soft.telemetry.get(node);
  const ageMs = nowMs - (telemetry?.receivedBootMs ?? nowMs);
  const mib = (bytes: number): string => `${Math.round(bytes / 1024 ** 2)} MiB`;
  const notes = (telemetry?.frame.notes ?? []).flatMap((note): readonly Evidence[] => [
    ...note.starved.map((priority) => ({
      name: "structurally starved",
      value: `${priority} on ${note.gpu}: the residents alone keep its gate shut`,
      ageMs,
    })),
    ...note.foreign.map(({ pid, name, bytes }) => ({
      name: "foreign VRAM",
      value: `${mib(bytes)} of pid ${pid} (${name ?? "unknown"})`,
      ageMs,
    })),
    ...(note.leakedBytes === 0 ? [] : [{ name: "leaked VRAM", value: mib(note.leakedBytes), ageMs }]),
    ...((note.unattributedBytes ?? 0) === 0
      ? []
      : [{ name: "unattributed VRAM", value: mib(note.unattributedBytes ?? 0), ageMs }]),
  ]);
  const problem = telemetry?.frame.problem ?? null;
  const document = problem === null ? [] : [{ name: "node.json", value: `refused: ${problem}`, ageMs }];
  const decisions = [...(soft.decisions.get(node) ?? [])].reverse();
  return [
    ...document,
    ...notes,
    ...decisions.map(({ decision, sentence, bootMs }) => ({
      name: decision,
      value: sentence,
      ageMs: nowMs - bootMs,
    })),
  ];
}

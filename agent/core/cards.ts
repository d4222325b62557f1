/**
 * Cards: a ledger for each card when it is first seen, with what is loaded on it already, and the facts beside
 * its books: who uses it without having asked, and which of its gates can never open.
 */
import type { GpuReading } from "../../shared/model/messages.ts";
import { PRIORITIES } from "../../shared/model/priority.ts";
import { isStructurallyStarved } from "../../shared/policy/admission.ts";
import { account, createLedger, type Ledger, put, setIdle } from "../../shared/policy/ledger.ts";
import { PRESSURE_UNKNOWN } from "../../shared/policy/pressure.ts";
import { vramClaim } from "./admission.ts";
import { consumerId } from "./completion.ts";
import { baselineOf, type DeclaredConsumer } from "./governance.ts";
import { tellDecision } from "./report.ts";
import { isOccupying } from "./state.ts";
import type { CardSample } from "./telemetry.ts";
import type { Tx } from "./transaction.ts";

/** What is loaded already is booked past the gates: work of an earlier agent, and what the operator declared. */
export function openCard(tx: Tx, { uuid, totalBytes }: GpuReading): Ledger {
  const { governance } = tx.config;
  const { budgets, problem } = baselineOf(governance, uuid, totalBytes);
  if (problem !== null) {
    tx.log(
      "error",
      "document.refused",
      { gpu: uuid, problem },
      "the budgets of node.json do not fit this card",
    );
  }
  const ledger = createLedger(totalBytes, budgets, governance.ledger);
  const isFirst = tx.state.cards.size === 0;
  tx.state.cards.set(uuid, ledger);
  for (const attempt of tx.state.attempts.values()) {
    const { job } = attempt;
    if (job.gpu !== uuid || !isOccupying(attempt)) continue;
    const isParked = tx.state.sleepers.has(consumerId(job.token));
    account(ledger, vramClaim(job, isParked ? 0 : job.vramBytes), 0, tx.nowMs);
  }
  for (const declared of governance.declared) {
    if (declared.gpu === uuid || (declared.gpu === null && isFirst)) bookDeclared(tx, ledger, declared);
  }
  return ledger;
}

/** Books what the operator declared, past the gates. */
export function bookDeclared(tx: Tx, ledger: Ledger, { claim, idleMs }: DeclaredConsumer): void {
  const isAsleep = tx.state.sleepers.has(claim.id);
  account(ledger, isAsleep ? { ...claim, bytes: 0 } : claim, 0, tx.nowMs);
  setIdle(ledger, claim.id, idleMs, tx.nowMs);
}

/**
 * A declared server gave VRAM back: only what is left of it stays booked. It is not forgotten, so that it counts,
 * by measurement, as soon as it loads again.
 */
export function shrinkDeclared(tx: Tx, gpu: string, id: string, freedBytes: number): void {
  const ledger = tx.state.cards.get(gpu);
  const consumer = ledger?.consumers.get(id);
  if (ledger === undefined || consumer === undefined || !mayReturn(tx, id)) return;
  const isMeasured = ledger.reading.kind === "measured" && ledger.reading.isPerProcess;
  const bytes = isMeasured
    ? Math.min(consumer.bytes, consumer.measuredBytes)
    : Math.max(0, consumer.bytes - freedBytes);
  put(ledger, id, { ...consumer, bytes, unsampledBytes: Math.min(consumer.unsampledBytes, bytes) });
}

/** Whoever holds more than is booked for it has loaded something just now, and has been used. */
export function followDeclared(tx: Tx, ledger: Ledger): void {
  for (const { claim } of tx.state.governance.declared) {
    const consumer = ledger.consumers.get(claim.id);
    if (consumer === undefined || consumer.bytes >= claim.bytes) continue;
    const bytes = Math.min(claim.bytes, consumer.measuredBytes);
    if (bytes <= consumer.bytes) continue;
    put(ledger, claim.id, { ...consumer, bytes, allocatedAtMs: tx.nowMs, lastUsedAtMs: tx.nowMs });
  }
}

/** Whoever is declared or asleep keeps its line in the books. */
function mayReturn(tx: Tx, id: string): boolean {
  if (tx.state.sleepers.has(id)) return true;
  return tx.state.governance.declared.some(({ claim }) => claim.id === id);
}

/** Keeps what a sample says beside the books, and names a gate that has become starved. */
export function noteFacts(tx: Tx, sample: CardSample, ledger: Ledger): void {
  const gpu = sample.reading.uuid;
  const { foreign, unattributedBytes } = sample;
  const before = tx.state.cardFacts.get(gpu);
  const starved = PRIORITIES.filter((priority) => isStructurallyStarved(ledger, priority));
  const governor = before?.governor ?? { lastActionAtMs: null };
  const noRoomUntilMs = before?.noRoomUntilMs ?? 0;
  const pressure = before?.pressure ?? PRESSURE_UNKNOWN;
  const opinions = before?.opinions ?? null;
  const calmSinceMs = before?.calmSinceMs ?? null;
  tx.state.cardFacts.set(gpu, {
    governor,
    foreign,
    unattributedBytes,
    pressure,
    opinions,
    calmSinceMs,
    starved,
    noRoomUntilMs,
  });
  if (starved.join() === (before?.starved ?? []).join()) return;
  const { residentBytes } = ledger.tally;
  const inputs = { gpu, starved, residentBytes, gatePolicy: ledger.config.gatePolicy };
  const sentence =
    starved.length === 0
      ? "every gate can open again"
      : `structurally starved: the residents alone keep ${starved.join(" and ")} out`;
  tx.log("warn", "decision", inputs, sentence);
  tellDecision(tx, "starved", sentence, inputs);
}

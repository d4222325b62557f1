/**
 * Ledger: who holds which VRAM of one card, promised and measured (SPEC N2, N3).
 *
 * One owner mutates it, through the functions of this file and of `admission.ts`; nothing here awaits, so a
 * check and its booking cannot be interleaved. The sums are kept beside the entries, because a thousand
 * clients make a pass over them a millisecond; one function writes both, and sizes are whole numbers, so
 * that adding and taking away is exact.
 */
import { invariant } from "../invariant.ts";
import { PRIORITY_GATE, type Priority } from "../model/priority.ts";
import { type Budgets, type BudgetTable, fixedBudgets } from "./budget.ts";
import { byPriority, type GatePolicy, type GateTable } from "./gate.ts";
import { isWholeAmount, usableBytes } from "./pressure.ts";

/** More live consumers than this on one card is a leak of reservations, not a workload. */
export const MAX_CONSUMERS = 4096;

export interface VramClaim {
  readonly id: string;
  readonly label: string;
  /** `rendering`, `inference`, `tts`, or one that config adds. */
  readonly subsystem: string;
  readonly priority: Priority;
  /** VRAM promised, in bytes; a whole number ≥ 0. */
  readonly bytes: number;
  /** Whether the eviction ladder may take it; realtime never is, whatever this says. */
  readonly evictable: boolean;
  /** Declared by the operator as always loaded; the `resident-aware` gate policy discounts it. */
  readonly resident: boolean;
  /** What loading it again costs, for eviction; 0 when unknown. */
  readonly reloadMs: number;
}

export interface Consumer extends VramClaim {
  /** What the last sample saw this consumer hold; 0 where per-process figures are unknown. */
  readonly measuredBytes: number;
  /** The part of `bytes` promised after the last sample, which that sample cannot contain yet. */
  readonly unsampledBytes: number;
  readonly allocatedAtMs: number;
  readonly lastUsedAtMs: number;
}

export type VramReading =
  | { readonly kind: "unknown"; readonly detail: string }
  | {
      readonly kind: "measured";
      /** Used on the device, whoever uses it. */
      readonly usedBytes: number;
      /** Whether the driver told VRAM per process, so that foreign use can be told from ours. */
      readonly isPerProcess: boolean;
      readonly atMs: number;
      /** Age beyond which the reading is stale: poll interval + probe deadline. */
      readonly validForMs: number;
    };

/** What a sensor reports about one card; `null` and nonsense are kept apart from 0. */
export interface VramSample {
  readonly usedBytes: number | null;
  /** Measured bytes by consumer id; null where the driver does not give VRAM per process. */
  readonly byConsumer: ReadonlyMap<string, number> | null;
  readonly validForMs: number;
}

export interface LedgerConfig {
  readonly gates: GateTable;
  readonly gatePolicy: GatePolicy;
  /** Priorities for which a subsystem's budget refuses instead of flagging. */
  readonly hardBudgetPriorities: readonly Extract<Priority, "background" | "batch">[];
  /** Unified memory: bytes that always stay with the operating system; 0 on a card of its own. */
  readonly osFloorBytes: number;
}

export const LEDGER_CONFIG: LedgerConfig = {
  gates: PRIORITY_GATE,
  gatePolicy: "resident-aware",
  hardBudgetPriorities: [],
  osFloorBytes: 0,
};

/** Sums over the consumers; `put` keeps them. */
interface Tally {
  reservedBytes: number;
  measuredBytes: number;
  heldBytes: number;
  unsampledBytes: number;
  residentBytes: number;
  readonly heldBySubsystem: Map<string, number>;
  readonly liveByPriority: Record<Priority, number>;
}

export interface Ledger {
  /** An operator may replace it while the books are open. */
  config: LedgerConfig;
  /** 0: the node has no GPU. */
  readonly totalBytes: number;
  /** Written by `put` alone, together with the tally. */
  readonly consumers: ReadonlyMap<string, Consumer>;
  readonly tally: Tally;
  readonly refusals: Record<Priority, number>;
  budgets: Budgets;
  reading: VramReading;
  /** Why the card takes no new work, whatever room there is; null when nothing is wrong with it. */
  closure: Closure | null;
}

/** A card that is ill closes every gate, one that is too hot those of background and batch (SPEC N12). */
export interface Closure {
  readonly reason: "card-fault" | "throttled";
  readonly detail: string;
  readonly cure: string | null;
}

/** An empty ledger whose gates stay closed until the first good sample. */
export function createLedger(
  totalBytes: number,
  baseline: BudgetTable,
  config: LedgerConfig = LEDGER_CONFIG,
): Ledger {
  invariant(isWholeAmount(totalBytes), `ledger: total of ${totalBytes} bytes`);
  for (const gate of Object.values(config.gates)) invariant(gate > 0 && gate <= 1, `ledger: gate ${gate}`);
  return {
    config,
    totalBytes,
    consumers: new Map(),
    tally: {
      reservedBytes: 0,
      measuredBytes: 0,
      heldBytes: 0,
      unsampledBytes: 0,
      residentBytes: 0,
      heldBySubsystem: new Map(),
      liveByPriority: byPriority(() => 0),
    },
    refusals: byPriority(() => 0),
    budgets: fixedBudgets(baseline),
    reading: { kind: "unknown", detail: "never read" },
    closure: null,
  };
}

export interface LedgerUsage {
  /** What the gates judge: foreign + Σ max(reserved, measured), never less than reserved or measured. */
  readonly usedBytes: number;
  readonly usableBytes: number;
  readonly reservedBytes: number;
  /** Null while nothing believable was read. */
  readonly measuredBytes: number | null;
  /** Measured VRAM that no consumer answers for; null where the driver does not give it per process. */
  readonly foreignBytes: number | null;
  readonly residentBytes: number;
  /** Live allocations. */
  readonly liveByPriority: Readonly<Record<Priority, number>>;
}

/** What one consumer counts for: the larger of promise and measurement. */
export function heldBytes(consumer: Consumer): number {
  return Math.max(consumer.bytes, consumer.measuredBytes);
}

/** All sums over the ledger. */
export function usageOf(ledger: Ledger): LedgerUsage {
  const { reading, tally } = ledger;
  const measured = reading.kind === "measured" ? reading.usedBytes : null;
  const isPerProcess = reading.kind === "measured" && reading.isPerProcess;
  const foreign = measured !== null && isPerProcess ? Math.max(0, measured - tally.measuredBytes) : null;
  const unattributed = Math.max(tally.heldBytes, (measured ?? 0) + tally.unsampledBytes);
  return {
    usedBytes: foreign === null ? unattributed : foreign + tally.heldBytes,
    usableBytes: usableBytes(ledger.totalBytes, ledger.config.osFloorBytes),
    reservedBytes: tally.reservedBytes,
    measuredBytes: measured,
    foreignBytes: foreign,
    residentBytes: tally.residentBytes,
    liveByPriority: { ...tally.liveByPriority },
  };
}

/** What a subsystem holds now, and what all of them do. */
export function subsystemBytes(ledger: Ledger, subsystem: string): number {
  return ledger.tally.heldBySubsystem.get(subsystem) ?? 0;
}

export function usedBySubsystem(ledger: Ledger): BudgetTable {
  return Object.fromEntries(ledger.tally.heldBySubsystem);
}

/** The one writer of entries and sums: sets what stands under an id, or removes it with null. */
export function put(ledger: Ledger, id: string, consumer: Consumer | null): void {
  const consumers = ledger.consumers as Map<string, Consumer>;
  const before = consumers.get(id);
  if (before !== undefined) count(ledger.tally, before, -1);
  if (consumer === null) consumers.delete(id);
  else {
    consumers.set(id, consumer);
    count(ledger.tally, consumer, 1);
  }
}

function count(tally: Tally, consumer: Consumer, sign: 1 | -1): void {
  const held = sign * heldBytes(consumer);
  tally.reservedBytes += sign * consumer.bytes;
  tally.measuredBytes += sign * consumer.measuredBytes;
  tally.heldBytes += held;
  tally.unsampledBytes += sign * consumer.unsampledBytes;
  if (consumer.resident) tally.residentBytes += held;
  tally.liveByPriority[consumer.priority] += sign;
  const subsystemHeld = (tally.heldBySubsystem.get(consumer.subsystem) ?? 0) + held;
  if (subsystemHeld === 0) tally.heldBySubsystem.delete(consumer.subsystem);
  else tally.heldBySubsystem.set(consumer.subsystem, subsystemHeld);
}

/** Takes a sample over. A figure that cannot be true closes the gates; it is never rounded into place. */
export function applySample(ledger: Ledger, sample: VramSample, nowMs: number): void {
  const problem = sampleProblem(ledger, sample);
  if (problem !== null) {
    ledger.reading = { kind: "unknown", detail: problem };
    return;
  }
  const { byConsumer, validForMs } = sample;
  ledger.reading = {
    kind: "measured",
    usedBytes: sample.usedBytes ?? 0,
    isPerProcess: byConsumer !== null,
    atMs: nowMs,
    validForMs,
  };
  for (const [id, consumer] of ledger.consumers) {
    put(ledger, id, { ...consumer, measuredBytes: byConsumer?.get(id) ?? 0, unsampledBytes: 0 });
  }
}

function sampleProblem(ledger: Ledger, sample: VramSample): string | null {
  const { usedBytes, byConsumer } = sample;
  if (usedBytes === null) return "used VRAM is missing";
  if (!isWholeAmount(usedBytes)) return `used VRAM is ${usedBytes}`;
  if (usedBytes > ledger.totalBytes) return `used VRAM ${usedBytes} exceeds total ${ledger.totalBytes}`;
  for (const [id, bytes] of byConsumer ?? []) {
    if (!isWholeAmount(bytes) || bytes > ledger.totalBytes) return `VRAM of ${id} is ${bytes}`;
  }
  return null;
}

/** Puts a claim into the map under its id, replacing what stood there; the caller has decided. */
export function book(ledger: Ledger, claim: VramClaim, nowMs: number): Consumer {
  const before = ledger.consumers.get(claim.id);
  const consumer: Consumer = {
    ...claim,
    evictable: claim.evictable && claim.priority !== "realtime",
    measuredBytes: before?.measuredBytes ?? 0,
    unsampledBytes: Math.max(0, (before?.unsampledBytes ?? 0) + claim.bytes - (before?.bytes ?? 0)),
    allocatedAtMs: before?.allocatedAtMs ?? nowMs,
    lastUsedAtMs: nowMs,
  };
  put(ledger, claim.id, consumer);
  return consumer;
}

/**
 * Books what is loaded already, past every gate: an adopted job, a server found at start, or freed bytes
 * held for the one who asked for them. `measuredBytes` is what the last sample saw of it, so that those
 * bytes stop counting as foreign at once.
 */
export function account(ledger: Ledger, claim: VramClaim, measuredBytes: number, nowMs: number): Consumer {
  invariant(isWholeAmount(claim.bytes), `ledger: account of ${claim.bytes} bytes`);
  invariant(isWholeAmount(measuredBytes), `ledger: account with ${measuredBytes} bytes measured`);
  const unsampledBytes = Math.max(0, claim.bytes - measuredBytes);
  const consumer = { ...book(ledger, claim, nowMs), measuredBytes, unsampledBytes };
  put(ledger, claim.id, consumer);
  return consumer;
}

/** Marks a consumer as used now; false when the id is unknown. */
export function touch(ledger: Ledger, id: string, nowMs: number): boolean {
  const consumer = ledger.consumers.get(id);
  if (consumer === undefined) return false;
  put(ledger, id, { ...consumer, lastUsedAtMs: Math.max(consumer.lastUsedAtMs, nowMs) });
  return true;
}

/** Says of a consumer for how long it has been idle already; it has been there for as long at least. */
export function setIdle(ledger: Ledger, id: string, idleMs: number, nowMs: number): void {
  const consumer = ledger.consumers.get(id);
  if (consumer === undefined) return;
  const sinceMs = nowMs - idleMs;
  const allocatedAtMs = Math.min(consumer.allocatedAtMs, sinceMs);
  put(ledger, id, { ...consumer, allocatedAtMs, lastUsedAtMs: sinceMs });
}

/** Moves a live consumer to another priority (a persona falls idle, a call rings) without a gate. */
export function reprioritise(ledger: Ledger, id: string, priority: Priority): boolean {
  const consumer = ledger.consumers.get(id);
  if (consumer === undefined) return false;
  put(ledger, id, {
    ...consumer,
    priority,
    evictable: consumer.evictable && priority !== "realtime",
  });
  return true;
}

/**
 * Gives back `bytes` of a reservation, all of it by default, and returns what was freed. Saturates: an
 * unknown id frees 0 and nothing goes below 0. The consumer leaves when nothing is promised to it any more;
 * what it still holds on the card is then foreign until a sample shows that it is gone.
 */
export function release(ledger: Ledger, id: string, bytes = Number.POSITIVE_INFINITY): number {
  const consumer = ledger.consumers.get(id);
  if (consumer === undefined || !(bytes >= 0)) return 0;
  const freedBytes = Math.min(Math.floor(bytes), consumer.bytes);
  const keptBytes = consumer.bytes - freedBytes;
  if (keptBytes === 0) put(ledger, id, null);
  else {
    const unsampledBytes = Math.min(consumer.unsampledBytes, keptBytes);
    put(ledger, id, { ...consumer, bytes: keptBytes, unsampledBytes });
  }
  return freedBytes;
}

export interface Discrepancy {
  readonly id: string;
  readonly label: string;
  readonly reservedBytes: number;
  readonly measuredBytes: number;
}

/** Consumers that hold more than they were promised, worst first. */
export function overclaimed(ledger: Ledger): readonly Discrepancy[] {
  const excess = (row: Discrepancy): number => row.measuredBytes - row.reservedBytes;
  return [...ledger.consumers.values()]
    .map(({ id, label, bytes, measuredBytes }) => ({ id, label, reservedBytes: bytes, measuredBytes }))
    .filter((row) => excess(row) > 0)
    .sort((a, b) => excess(b) - excess(a) || (a.id < b.id ? -1 : 1));
}

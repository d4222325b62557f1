/**
 * Admission: check and book in one synchronous call (SPEC N2). A claim is booked provisionally, the
 * pressure is computed with it, and it is rolled back when a gate or a hard budget says no; the answer is a
 * value that carries the evidence `why` prints.
 */
import type { Priority } from "../model/priority.ts";
import { bytesOf } from "./budget.ts";
import { type CardBytes, type GateView, gateView, headroomUnderGate, isBelowGate } from "./gate.ts";
import {
  book,
  type Closure,
  type Consumer,
  heldBytes,
  type Ledger,
  MAX_CONSUMERS,
  put,
  subsystemBytes,
  usageOf,
  type VramClaim,
} from "./ledger.ts";
import { isWholeAmount, pressureRatio, usableBytes } from "./pressure.ts";

export interface GateEvidence {
  /** Pressure at and above which this priority is refused. */
  readonly gate: number;
  /** Pressure before the claim, as this priority's gate sees the card. */
  readonly pressure: number;
  /** Pressure with the claim. */
  readonly wouldBe: number;
  readonly bytes: number;
  /** Largest claim that would be admitted now; 0 for none. */
  readonly headroomBytes: number;
  /** Largest claim admitted once everything but the residents is gone; 0 for none. */
  readonly capacityBytes: number;
  /** Bytes that must be freed first; null when no eviction can make it fit here. */
  readonly shortfallBytes: number | null;
}

export type Refusal =
  | { readonly kind: "refused"; readonly reason: "invalid-claim"; readonly bytes: number }
  | { readonly kind: "refused"; readonly reason: "ledger-full"; readonly limit: number }
  | { readonly kind: "refused"; readonly reason: "no-gpu" }
  | ({ readonly kind: "refused" } & Closure)
  | { readonly kind: "refused"; readonly reason: "telemetry-unknown"; readonly detail: string }
  | {
      readonly kind: "refused";
      readonly reason: "telemetry-stale";
      readonly ageMs: number;
      readonly validForMs: number;
    }
  | ({ readonly kind: "refused"; readonly reason: "gate" | "structurally-starved" } & GateEvidence)
  | {
      readonly kind: "refused";
      readonly reason: "budget";
      readonly subsystem: string;
      readonly budgetBytes: number;
      /** What the subsystem would hold with the claim. */
      readonly wouldHoldBytes: number;
    };

export interface Admitted {
  readonly kind: "admitted";
  readonly consumer: Consumer;
  /** Pressure with the claim, as its gate sees the card. */
  readonly pressure: number;
  /** The subsystem now holds more than its budget; a soft budget only says so. */
  readonly overBudget: boolean;
}

export type Admission = Admitted | Refusal;

/** Books the claim or refuses it with the reason. A refusal changes nothing but the count of refusals. */
export function reserve(ledger: Ledger, claim: VramClaim, nowMs: number): Admission {
  const refusal = precondition(ledger, claim, nowMs);
  if (refusal !== null) return refuse(ledger, claim, refusal);
  const before = ledger.consumers.get(claim.id) ?? null;
  const consumer = book(ledger, claim, nowMs);
  const view = viewFor(ledger, consumer);
  const wouldHoldBytes = subsystemBytes(ledger, claim.subsystem);
  const overBudget = wouldHoldBytes > budgetOf(ledger, claim.subsystem);
  const isHard = ledger.config.hardBudgetPriorities.some((priority) => priority === claim.priority);
  const mayPass = isBelowGate(view, 0);
  if (mayPass && !(overBudget && isHard)) {
    return { kind: "admitted", consumer, pressure: pressureOf(view), overBudget };
  }
  put(ledger, claim.id, before);
  return refuse(
    ledger,
    claim,
    mayPass ? atBudget(ledger, claim, wouldHoldBytes) : atGate(ledger, view, claim),
  );
}

/** Why the gates of this priority are closed whatever is asked for, or null when they are not. */
export function closedBecause(ledger: Ledger, priority: Priority, nowMs: number): Refusal | null {
  const { reading, closure } = ledger;
  const isDeferrable = priority === "background" || priority === "batch";
  if (closure !== null && (closure.reason === "card-fault" || isDeferrable)) {
    return { kind: "refused", ...closure };
  }
  if (usableBytes(ledger.totalBytes, ledger.config.osFloorBytes) === 0)
    return { kind: "refused", reason: "no-gpu" };
  if (reading.kind === "unknown") {
    return { kind: "refused", reason: "telemetry-unknown", detail: reading.detail };
  }
  const ageMs = nowMs - reading.atMs;
  if (isDeferrable && ageMs > reading.validForMs) {
    return { kind: "refused", reason: "telemetry-stale", ageMs, validForMs: reading.validForMs };
  }
  return null;
}

/** Largest new claim of this priority that `reserve` would admit now (gates only, budgets apart). */
export function headroomBytes(ledger: Ledger, priority: Priority, nowMs: number): number {
  if (closedBecause(ledger, priority, nowMs) !== null) return 0;
  return headroomUnderGate(viewOf(ledger, usageOf(ledger), priority));
}

/**
 * Room that the gate of this priority leaves by itself; negative: the bytes that must go before it opens. Unlike the
 * headroom it grows by each byte that goes. Null where the gates are closed whatever goes.
 */
export function marginBytes(ledger: Ledger, priority: Priority, nowMs: number): number | null {
  if (closedBecause(ledger, priority, nowMs) !== null) return null;
  const view = viewOf(ledger, usageOf(ledger), priority);
  return headroomUnderGate({ ...view, usedBytes: 0 }) - view.usedBytes;
}

/** Largest claim this priority could ever make here: everything gone but the residents. */
export function capacityBytes(ledger: Ledger, priority: Priority): number {
  return headroomUnderGate(emptiedView(ledger, priority));
}

/**
 * Bytes that must be freed before a new claim of this size passes its gate: 0 when it would pass now, null when
 * no eviction can make it fit here.
 */
export function bytesToFree(ledger: Ledger, priority: Priority, bytes: number): number | null {
  if (!isBelowGate(emptiedView(ledger, priority), bytes)) return null;
  const view = viewOf(ledger, usageOf(ledger), priority);
  return Math.max(0, view.usedBytes + bytes - headroomUnderGate({ ...view, usedBytes: 0 }));
}

/** Whether the residents alone keep this gate shut, so that it can never open for any claim. */
export function isStructurallyStarved(ledger: Ledger, priority: Priority): boolean {
  return ledger.totalBytes > 0 && !isBelowGate(emptiedView(ledger, priority), 0);
}

function precondition(ledger: Ledger, claim: VramClaim, nowMs: number): Refusal | null {
  if (!isWholeAmount(claim.bytes)) {
    return { kind: "refused", reason: "invalid-claim", bytes: claim.bytes };
  }
  if (ledger.consumers.size >= MAX_CONSUMERS && !ledger.consumers.has(claim.id)) {
    return { kind: "refused", reason: "ledger-full", limit: MAX_CONSUMERS };
  }
  return closedBecause(ledger, claim.priority, nowMs);
}

function refuse(ledger: Ledger, claim: VramClaim, refusal: Refusal): Refusal {
  ledger.refusals[claim.priority] += 1;
  return refusal;
}

/** `view` is the card with the claim in it; the ledger is rolled back already. */
function atGate(ledger: Ledger, view: GateView, claim: VramClaim): Refusal {
  const now = viewOf(ledger, usageOf(ledger), claim.priority);
  const capacity = capacityBytes(ledger, claim.priority);
  const fitsEmpty = isBelowGate(emptiedView(ledger, claim.priority), claim.bytes);
  const excessBytes = view.usedBytes - headroomUnderGate({ ...view, usedBytes: 0 });
  return {
    kind: "refused",
    reason: isStructurallyStarved(ledger, claim.priority) ? "structurally-starved" : "gate",
    gate: view.gate,
    pressure: pressureOf(now),
    wouldBe: pressureOf(view),
    bytes: claim.bytes,
    headroomBytes: headroomUnderGate(now),
    capacityBytes: capacity,
    shortfallBytes: fitsEmpty ? excessBytes : null,
  };
}

function atBudget(ledger: Ledger, claim: VramClaim, wouldHoldBytes: number): Refusal {
  return {
    kind: "refused",
    reason: "budget",
    subsystem: claim.subsystem,
    budgetBytes: budgetOf(ledger, claim.subsystem),
    wouldHoldBytes,
  };
}

function viewOf(ledger: Ledger, card: CardBytes, priority: Priority): GateView {
  return gateView(card, priority, ledger.config.gates, ledger.config.gatePolicy);
}

/** The card with the claim in it. A resident's own bytes count at its own admission: it is not resident yet. */
function viewFor(ledger: Ledger, consumer: Consumer): GateView {
  const usage = usageOf(ledger);
  const ownBytes = consumer.resident ? heldBytes(consumer) : 0;
  return viewOf(ledger, { ...usage, residentBytes: usage.residentBytes - ownBytes }, consumer.priority);
}

/** The card with nothing on it but the residents. */
function emptiedView(ledger: Ledger, priority: Priority): GateView {
  const usage = usageOf(ledger);
  return viewOf(ledger, { ...usage, usedBytes: usage.residentBytes }, priority);
}

function pressureOf(view: GateView): number {
  return pressureRatio(view.usedBytes, view.usableBytes);
}

function budgetOf(ledger: Ledger, subsystem: string): number {
  return bytesOf(ledger.budgets.current, subsystem);
}

/**
 * Budget: how much of a card each subsystem is meant to hold (SPEC N3, N6).
 *
 * Two tables: the baseline, which only an operator changes, and the current one, which a governor or a
 * sentinel may bend for a while. "Modified" is the difference between them, so no flag can claim a change
 * that was never applied. A plan is judged as a whole and applied shrink-before-grow: at no instant do the
 * budgets promise more than the card can hold.
 */
import { invariant } from "../invariant.ts";
import { isAmount, usableBytes } from "./pressure.ts";

/** Bytes by subsystem. */
export type BudgetTable = Readonly<Record<string, number>>;

export interface Budgets {
  readonly baseline: BudgetTable;
  readonly current: BudgetTable;
}

/** Start budgets as shares of total VRAM; with the 5 % reserve they make 1. */
export const BUDGET_SHARES: BudgetTable = { inference: 0.75, tts: 0.1, rendering: 0.1 };
const SHARED_OUT = 0.95;

/**
 * trunc(usable × share / 0.95): the share of total, taken from what is usable so that the truncated reserve
 * can never make the sum exceed it. `shares` may name any subsystems; they sum to 0.95 at most.
 */
export function startBudgets(totalBytes: number, shares = BUDGET_SHARES, osFloorBytes = 0): BudgetTable {
  const sum = Object.values(shares).reduce((total, share) => total + share, 0);
  invariant(sum <= SHARED_OUT + Number.EPSILON, `budgets: shares sum to ${sum}, more than ${SHARED_OUT}`);
  const usable = usableBytes(totalBytes, osFloorBytes);
  const ofUsable = (share: number): number => Math.trunc((usable * share) / SHARED_OUT);
  return Object.fromEntries(Object.entries(shares).map(([name, share]) => [name, ofUsable(share)]));
}

/** Budgets that nobody has bent yet. */
export function fixedBudgets(baseline: BudgetTable): Budgets {
  return { baseline, current: baseline };
}

/** A figure of a table; a subsystem without one has 0. */
export function bytesOf(table: BudgetTable, subsystem: string): number {
  return Object.hasOwn(table, subsystem) ? (table[subsystem] ?? 0) : 0;
}

/** Sum of a table. */
export function sumOf(table: BudgetTable): number {
  return Object.values(table).reduce((sum, bytes) => sum + bytes, 0);
}

/** Whether a temporary change is in force. */
export function isModified({ baseline, current }: Budgets): boolean {
  return Object.keys(baseline).some(
    (subsystem) => bytesOf(baseline, subsystem) !== bytesOf(current, subsystem),
  );
}

/** No automatic plan takes a budget below this: used × 1.10, rounded up to whole bytes. */
export function floorBytes(usedBytes: number): number {
  return Math.ceil((usedBytes * 11) / 10);
}

export interface BudgetPlan {
  /** An operator changes the baseline and is bound by the sum alone; the others bend `current` for a while. */
  readonly origin: "operator" | "governor" | "sentinel";
  /** New figures for the subsystems that change. */
  readonly changes: BudgetTable;
}

/** The card a plan is judged against. */
export interface BudgetUse {
  readonly usableBytes: number;
  readonly usedBySubsystem: BudgetTable;
}

export type PlanProblem =
  | { readonly reason: "unknown-subsystem"; readonly subsystem: string }
  | { readonly reason: "invalid-amount"; readonly subsystem: string; readonly bytes: number }
  | { readonly reason: "over-usable"; readonly sumBytes: number; readonly usableBytes: number }
  | {
      readonly reason: "below-floor";
      readonly subsystem: string;
      readonly bytes: number;
      readonly floorBytes: number;
    };

export interface BudgetStep {
  readonly subsystem: string;
  readonly fromBytes: number;
  readonly toBytes: number;
}

export type PlanOutcome =
  | { readonly kind: "applied"; readonly budgets: Budgets; readonly steps: readonly BudgetStep[] }
  | { readonly kind: "refused"; readonly problem: PlanProblem };

/** Validates a plan and gives the budgets after it with the steps in the order in which they are safe. */
export function applyPlan(budgets: Budgets, plan: BudgetPlan, use: BudgetUse): PlanOutcome {
  const isOperator = plan.origin === "operator";
  // An operator's figure ends temporary changes: they were computed from a baseline that is gone.
  const after: BudgetTable = { ...(isOperator ? budgets.baseline : budgets.current), ...plan.changes };
  const problem =
    amountProblem(budgets, plan) ??
    sumProblem(after, use) ??
    (isOperator ? null : floorProblem(budgets, after, use));
  if (problem !== null) return { kind: "refused", problem };
  return {
    kind: "applied",
    budgets: { baseline: isOperator ? after : budgets.baseline, current: after },
    steps: safeSteps(budgets.current, after),
  };
}

function amountProblem(budgets: Budgets, plan: BudgetPlan): PlanProblem | null {
  for (const [subsystem, bytes] of Object.entries(plan.changes)) {
    if (!Object.hasOwn(budgets.baseline, subsystem)) return { reason: "unknown-subsystem", subsystem };
    if (!isAmount(bytes)) return { reason: "invalid-amount", subsystem, bytes };
  }
  return null;
}

function sumProblem(after: BudgetTable, use: BudgetUse): PlanProblem | null {
  const sumBytes = sumOf(after);
  const isOver = sumBytes > use.usableBytes;
  return isOver ? { reason: "over-usable", sumBytes, usableBytes: use.usableBytes } : null;
}

/** Only a budget that shrinks can break its floor: one that is exceeded already is not the plan's doing. */
function floorProblem(budgets: Budgets, after: BudgetTable, use: BudgetUse): PlanProblem | null {
  for (const [subsystem, bytes] of Object.entries(after)) {
    const floor = floorBytes(bytesOf(use.usedBySubsystem, subsystem));
    if (bytes < bytesOf(budgets.current, subsystem) && bytes < floor) {
      return { reason: "below-floor", subsystem, bytes, floorBytes: floor };
    }
  }
  return null;
}

/** What changes, shrinks first, each group by name. */
function safeSteps(before: BudgetTable, after: BudgetTable): readonly BudgetStep[] {
  const grows = (step: BudgetStep): number => (step.toBytes > step.fromBytes ? 1 : 0);
  return Object.keys(after)
    .map((subsystem) => ({
      subsystem,
      fromBytes: bytesOf(before, subsystem),
      toBytes: bytesOf(after, subsystem),
    }))
    .filter((step) => step.fromBytes !== step.toBytes)
    .sort((a, b) => grows(a) - grows(b) || (a.subsystem < b.subsystem ? -1 : 1));
}

/**
 * Governor: layer 3 of this node. On each tick and after each reading the strategy sees every card as it is
 * now; what it proposes is judged as a whole by the budget policy and only then counts as done.
 */
import { applyPlan, type BudgetTable, bytesOf } from "../../shared/policy/budget.ts";
import { idleSeconds } from "../../shared/policy/eviction.ts";
import { type GovernorView, govern, type Rebalance } from "../../shared/policy/governor.ts";
import { type Ledger, usageOf, usedBySubsystem } from "../../shared/policy/ledger.ts";
import { type Level, levelOf, pressureRatio } from "../../shared/policy/pressure.ts";
import { hasLayer } from "./governance.ts";
import { tellDecision } from "./report.ts";
import type { CardFacts } from "./state.ts";
import { compareShadow, noteSlot, slotOf } from "./strategy.ts";
import type { Tx } from "./transaction.ts";

/** Looks at every card whose reading is fresh. */
export function governCards(tx: Tx): void {
  noteSlot(tx);
  if (!hasLayer(tx.state.governance, 3)) return;
  for (const [gpu, ledger] of tx.state.cards) {
    const facts = tx.state.cardFacts.get(gpu);
    if (facts !== undefined && isFresh(ledger, tx.nowMs)) governCard(tx, gpu, { ledger, facts });
  }
}

function governCard(tx: Tx, gpu: string, card: { readonly ledger: Ledger; readonly facts: CardFacts }): void {
  const { ledger, facts } = card;
  const view = viewOf(ledger, levelNow(tx, ledger, facts), tx.nowMs);
  const verdict = govern(slotOf(tx).acting, facts.governor, view, tx.nowMs);
  if (verdict.kind !== "cooling") {
    compareShadow(tx, gpu, view, verdict.kind === "rebalance" ? verdict.rebalance : null);
  }
  if (verdict.kind !== "rebalance") return;
  const { changes, reason, rule } = verdict.rebalance;
  const use = { usableBytes: usageOf(ledger).usableBytes, usedBySubsystem: view.usedBySubsystem };
  const outcome = applyPlan(ledger.budgets, { origin: "governor", changes }, use);
  if (outcome.kind === "refused") {
    tx.log("debug", "decision", { gpu, rule, problem: outcome.problem }, "a budget plan is refused");
    return;
  }
  const before = ledger.budgets.current;
  ledger.budgets = outcome.budgets;
  facts.governor = { lastActionAtMs: tx.nowMs };
  const { idleAfterMs } = tx.state.governance;
  const seen = { ...view, changes, idleAfterMs };
  announce(
    tx,
    { gpu, rule, reason, pressureLevel: view.level, before, after: outcome.budgets.current },
    seen,
  );
}

interface Rebalanced extends Pick<Rebalance, "rule" | "reason"> {
  readonly gpu: string;
  readonly pressureLevel: string;
  readonly before: BudgetTable;
  readonly after: BudgetTable;
}

/** All that the strategy saw and what it proposed, so that another one can be asked the same later. */
type Seen = GovernorView & Pick<Rebalance, "changes"> & { readonly idleAfterMs: number | null };

function announce(tx: Tx, rebalanced: Rebalanced, { budgets, ...seen }: Seen): void {
  const { reason, before, after } = rebalanced;
  const moves = Object.keys(after)
    .filter((subsystem) => bytesOf(before, subsystem) !== bytesOf(after, subsystem))
    .map(
      (subsystem) =>
        `${subsystem} ${mib(bytesOf(before, subsystem))} → ${mib(bytesOf(after, subsystem))} MiB`,
    );
  const sentence = `${reason}: ${moves.join(", ")}`;
  tx.log("info", "gpu:budget:rebalanced", { ...rebalanced }, sentence);
  tx.effect({ kind: "rebalanced", gpu: rebalanced.gpu, reason, before, after });
  const view = { ...seen, budgets: { ...budgets } };
  tellDecision(tx, "rebalanced", sentence, { ...rebalanced, view });
}

function mib(bytes: number): number {
  return Math.round(bytes / 1024 ** 2);
}

/** By what is booked now, which may be more than the last reading saw. */
function levelNow(tx: Tx, ledger: Ledger, { pressure }: CardFacts): Level {
  const { usedBytes, usableBytes } = usageOf(ledger);
  return levelOf(pressureRatio(usedBytes, usableBytes), tx.state.governance.pressure.gpu, pressure.level);
}

function viewOf(ledger: Ledger, level: Level, nowMs: number): GovernorView {
  return {
    level,
    budgets: ledger.budgets,
    usedBySubsystem: usedBySubsystem(ledger),
    quietMsBySubsystem: quietMs(ledger, nowMs),
  };
}

/** Since the last use of anything that belongs to it. */
function quietMs(ledger: Ledger, nowMs: number): Readonly<Record<string, number>> {
  const quiet: Record<string, number> = {};
  for (const consumer of ledger.consumers.values()) {
    const idleMs = idleSeconds(consumer, nowMs) * 1000;
    quiet[consumer.subsystem] = Math.min(quiet[consumer.subsystem] ?? idleMs, idleMs);
  }
  return quiet;
}

function isFresh({ reading }: Ledger, nowMs: number): boolean {
  return reading.kind === "measured" && nowMs - reading.atMs <= reading.validForMs;
}

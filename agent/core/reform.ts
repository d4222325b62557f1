/**
 * Reform: an edit of the node's document comes into force while the agent runs. It is judged against the cards
 * that are here before anything changes; then rules, books and budgets change together, and what is booked stays
 * booked. An edit that is refused changes nothing but what people are told.
 */
import { isDeepEqual } from "../../shared/json.ts";
import { fixedBudgets } from "../../shared/policy/budget.ts";
import { account, type Ledger, put } from "../../shared/policy/ledger.ts";
import { bookDeclared } from "./cards.ts";
import { baselineOf, type DeclaredConsumer, type Governance } from "./governance.ts";
import { tellDecision } from "./report.ts";
import type { Tx } from "./transaction.ts";

/** Brings the rules into force; false, and told, when they do not fit the cards of this node. */
export function takeGovernance(tx: Tx, governance: Governance, waits: readonly string[]): boolean {
  const { cards, governance: before } = tx.state;
  for (const [gpu, ledger] of cards) {
    const { problem } = baselineOf(governance, gpu, ledger.totalBytes);
    if (problem === null) continue;
    refuseDocument(tx, `budgetsMib: ${gpu}: ${JSON.stringify(problem)}`);
    return false;
  }
  tx.state.documentProblem = null;
  const changed = namesOfChanges(before, governance);
  tx.state.governance = governance;
  for (const [gpu, ledger] of cards) reformCard(tx, { gpu, ledger, before });
  if (changed.length + waits.length === 0) return true;
  const later = waits.length === 0 ? "" : `; at the next start: ${waits.join(", ")}`;
  const sentence = `node.json is in force as edited: ${changed.join(", ") || "nothing changed"}${later}`;
  tx.log("info", "document.changed", { changed, waits }, sentence);
  tellDecision(tx, "reconfigured", sentence, { changed, waits });
  return true;
}

/** The edit cannot be used: what was in force stays in force. */
export function refuseDocument(tx: Tx, problem: string): void {
  tx.state.documentProblem = problem;
  const sentence = `an edit of node.json is refused, the old values stay in force: ${problem}`;
  tx.log("error", "document.refused", { problem }, sentence);
  tellDecision(tx, "reconfigure-refused", sentence, { problem });
}

/** An operator's budgets, kept in the document by now: no edit that anybody has to be told of. */
export function recallBudgets(tx: Tx, gpu: string, budgets: Readonly<Record<string, number>>): void {
  const { governance } = tx.state;
  tx.state.governance = { ...governance, budgets: { ...governance.budgets, [gpu]: budgets } };
}

function namesOfChanges(before: Governance, after: Governance): readonly string[] {
  const names = Object.keys(after) as readonly (keyof Governance)[];
  return names.filter((name) => !isDeepEqual(before[name], after[name]));
}

interface CardBefore {
  readonly gpu: string;
  readonly ledger: Ledger;
  readonly before: Governance;
}

function reformCard(tx: Tx, { gpu, ledger, before }: CardBefore): void {
  const { governance } = tx.state;
  ledger.config = governance.ledger;
  const figuresOf = ({ budgets, ledger: { osFloorBytes } }: Governance): unknown => [
    budgets[gpu] ?? budgets["*"] ?? {},
    osFloorBytes,
  ];
  // A governor's temporary changes were computed from a baseline; they end with it and not before.
  if (!isDeepEqual(figuresOf(before), figuresOf(governance))) {
    ledger.budgets = fixedBudgets(baselineOf(governance, gpu, ledger.totalBytes).budgets);
  }
  const isFirst = [...tx.state.cards.keys()][0] === gpu;
  const here = (all: readonly DeclaredConsumer[]): readonly DeclaredConsumer[] =>
    all.filter((each) => each.gpu === gpu || (each.gpu === null && isFirst));
  const wanted = here(governance.declared);
  for (const { claim } of here(before.declared)) {
    if (!wanted.some((each) => each.claim.id === claim.id)) put(ledger, claim.id, null);
  }
  for (const declared of wanted) {
    const old = before.declared.find(({ claim }) => claim.id === declared.claim.id);
    if (old === undefined || !ledger.consumers.has(declared.claim.id)) bookDeclared(tx, ledger, declared);
    else if (!isDeepEqual(old, declared)) rebook(tx, ledger, declared);
  }
}

/** Under its new figures, with its history. */
function rebook(tx: Tx, ledger: Ledger, { claim }: DeclaredConsumer): void {
  const before = ledger.consumers.get(claim.id);
  if (before === undefined) return;
  const consumer = account(ledger, claim, before.measuredBytes, tx.nowMs);
  const { allocatedAtMs, lastUsedAtMs } = before;
  put(ledger, claim.id, { ...consumer, allocatedAtMs, lastUsedAtMs });
}

/**
 * Strategy: who fills the slot of layer 3 on this node. Without a learned strategy the mechanical one acts,
 * whatever the document wants, and that is said aloud. With one, `shadow` asks it beside the mechanical one and
 * writes both answers down; `active` lets it act as far as the layers allow. A strategy that throws is out for
 * that one question.
 */
import { isDeepEqual } from "../../shared/json.ts";
import {
  createMechanicalStrategy,
  type GovernorView,
  type GpuStrategy,
  type Rebalance,
} from "../../shared/policy/governor.ts";
import { hasLayer } from "./governance.ts";
import { tellDecision } from "./report.ts";
import type { Tx } from "./transaction.ts";

/** Puts a learned strategy into the slot, or takes it out; what it may do there is the document's. */
export function useLearned(tx: Tx, learned: GpuStrategy | null): void {
  tx.state.learned = learned;
}

/** Which strategy acts, and which one is only asked. */
export interface Slot {
  readonly acting: GpuStrategy;
  readonly shadow: GpuStrategy | null;
}

export function slotOf(tx: Tx): Slot {
  const { governance, learned } = tx.state;
  const mechanical = createMechanicalStrategy(governance);
  if (learned === null) return { acting: mechanical, shadow: null };
  if (governance.strategy === "active" && hasLayer(governance, 4)) {
    return { acting: guarded(tx, learned, mechanical), shadow: null };
  }
  return { acting: mechanical, shadow: governance.strategy === "shadow" ? learned : null };
}

/** Says once that the strategy which the document wants is not there. */
export function noteSlot(tx: Tx): void {
  const { governance, learned } = tx.state;
  const isWanted = governance.strategy === "shadow" || governance.strategy === "active";
  const missing = isWanted && learned === null ? governance.strategy : null;
  if (missing === tx.state.missingStrategy) return;
  tx.state.missingStrategy = missing;
  if (missing === null) return;
  const sentence = `strategy ${missing} is wanted and no learned strategy is here: the mechanical one acts`;
  tx.log("warn", "decision", { strategy: missing }, sentence);
  tellDecision(tx, "strategy-missing", sentence, { strategy: missing });
}

/** Asks the shadow what it would have done; a difference is told once, until one of them changes its mind. */
export function compareShadow(tx: Tx, gpu: string, view: GovernorView, mechanical: Rebalance | null): void {
  const { shadow } = slotOf(tx);
  const facts = tx.state.cardFacts.get(gpu);
  if (shadow === null || facts === undefined) return;
  const answer = ask(tx, shadow, () => shadow.rebalance(view));
  if (answer === null) return;
  const opinions = { mechanical: mechanical?.changes ?? null, shadow: answer.value?.changes ?? null };
  if (isDeepEqual(facts.opinions, opinions)) return;
  facts.opinions = opinions;
  const differs = !isDeepEqual(opinions.mechanical, opinions.shadow);
  const inputs = { gpu, level: view.level, strategy: shadow.name, differs, ...opinions };
  const sentence = `${shadow.name} would ${answer.value?.reason ?? "hold"}; mechanical: ${mechanical?.reason ?? "hold"}`;
  tx.log("info", "decision", inputs, sentence);
  if (differs) tellDecision(tx, "shadowed", sentence, inputs);
}

function guarded(tx: Tx, learned: GpuStrategy, mechanical: GpuStrategy): GpuStrategy {
  return {
    name: learned.name,
    rebalance: (view) => {
      const answer = ask(tx, learned, () => learned.rebalance(view));
      return answer === null ? mechanical.rebalance(view) : answer.value;
    },
    recommendEvictions: (...question) => {
      const answer = ask(tx, learned, () => learned.recommendEvictions(...question));
      return answer === null ? mechanical.recommendEvictions(...question) : answer.value;
    },
  };
}

function ask<Value>(tx: Tx, { name }: GpuStrategy, question: () => Value): { readonly value: Value } | null {
  try {
    return { value: question() };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    tx.log("error", "decision", { strategy: name, reason }, `${name} failed: the mechanical strategy acts`);
    return null;
  }
}

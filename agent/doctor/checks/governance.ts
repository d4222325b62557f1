/** Governance checks: what the node's own figures make impossible, before work waits for it in vain. */
import { PRIORITIES } from "../../../shared/model/priority.ts";
import { isStructurallyStarved } from "../../../shared/policy/admission.ts";
import { startBudgets } from "../../../shared/policy/budget.ts";
import { SMALL_NODE_GATES } from "../../../shared/policy/gate.ts";
import { activeLayer } from "../../../shared/policy/governor.ts";
import { account, createLedger } from "../../../shared/policy/ledger.ts";
import type { Governance } from "../../core/governance.ts";
import { type Finding, fail, note, ok, warn } from "../finding.ts";
import { bytesText, countText, listText } from "../words.ts";
import { type CardSize, cardText } from "./gpu.ts";

export type DocumentFacts =
  | { readonly kind: "refused"; readonly problem: string }
  | { readonly kind: "valid"; readonly isPresent: boolean; readonly governance: Governance };

export function checkDocument(node: string, document: DocumentFacts): Finding {
  const id = "node.document";
  if (document.kind === "refused") {
    return fail(id, `${node}: node.json is refused: a running agent keeps its old values, and none starts`, {
      evidence: [document.problem],
      cure: "correct the field that is named; docs/governance.md lists them",
    });
  }
  const { declared } = document.governance;
  if (!document.isPresent) return ok(id, `${node}: no node.json, the defaults hold`);
  return ok(id, `${node}: node.json is valid and declares ${countText(declared.length, "consumer")}`);
}

const LAYERS = ["gates", "registry", "watchers", "governor", "sentinel"];
const GOVERNOR_LAYER = 3;

/** Which layers act here; below the governor somebody has turned it off. */
export function checkLayer(node: string, { maxLayer, strategy }: Governance): Finding {
  // The sentinel's layer begins with a learned strategy, and none is part of the agent.
  const layer = Math.min(activeLayer(maxLayer, strategy), GOVERNOR_LAYER);
  const acting = LAYERS.slice(0, layer + 1);
  const title = `${node}: layers 0–${layer} act (${acting.join(", ")})`;
  if (layer >= GOVERNOR_LAYER && strategy !== "mechanical") {
    return note(
      "node.layer",
      `${title}; strategy ${strategy}: the mechanical one acts until a learned one comes`,
      {
        evidence: [`maxLayer ${maxLayer}, strategy ${strategy}`],
        cure: "nothing to do where that is meant; `spiral why node` says which one acts",
      },
    );
  }
  if (layer >= GOVERNOR_LAYER) return ok("node.layer", title, [`maxLayer ${maxLayer}, strategy ${strategy}`]);
  return note("node.layer", `${title}; budgets are never rebalanced`, {
    evidence: [`maxLayer ${maxLayer}, strategy ${strategy}`],
    cure: 'in node.json: "governance": { "maxLayer": 4, "strategy": "mechanical" }',
  });
}

/** Gates that the declared residents alone keep shut. */
export function checkStarved(
  node: string,
  governance: Governance,
  cards: readonly CardSize[],
): readonly Finding[] {
  const id = "node.starved";
  const starved = cards.flatMap((card, index) => {
    const { totalBytes } = card;
    const ledger = createLedger(totalBytes, startBudgets(totalBytes), governance.ledger);
    const here = governance.declared.filter(({ gpu }) => gpu === card.uuid || (gpu === null && index === 0));
    for (const { claim } of here) account(ledger, claim, 0, 0);
    const shut = PRIORITIES.filter((priority) => isStructurallyStarved(ledger, priority));
    const held = bytesText(ledger.tally.residentBytes);
    return shut.length === 0
      ? []
      : [`${cardText(card)}: residents hold ${held}, ${listText(shut)} can never start`];
  });
  if (cards.length === 0) return [];
  if (starved.length === 0) return [ok(id, `${node}: every gate can open with the declared residents`)];
  const isLiteral = governance.ledger.gatePolicy === "literal";
  return [
    warn(id, `${node}: structurally starved`, {
      evidence: starved,
      cure: isLiteral
        ? 'in node.json: "gates": { "policy": "resident-aware" }, or fewer residents'
        : "fewer or smaller residents, or a larger card",
    }),
  ];
}

/** A card of 8 GB or so; drivers show a little less or more. */
const SMALL_CARD_BYTES = 10 * 1024 ** 3;

/** Where one persona is most of the card, the standard gates keep it out. */
export function checkSmallNode(
  node: string,
  governance: Governance,
  cards: readonly CardSize[],
): readonly Finding[] {
  const small = cards.filter(({ totalBytes }) => totalBytes <= SMALL_CARD_BYTES);
  const isChosen = governance.ledger.gates.interactive === SMALL_NODE_GATES.interactive;
  if (small.length === 0 || isChosen) return [];
  return [
    note("node.small", `${node}: a small card with the standard gates`, {
      evidence: [...small.map(cardText), "a persona of 6.6 GB beside embeddings is refused at 0.80"],
      cure: 'in node.json: "gates": { "table": "small-node" } (interactive up to 0.97, batch as before)',
    }),
  ];
}

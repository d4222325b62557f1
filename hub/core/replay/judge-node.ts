/** Judges of what is done about nodes: the hub takes one out of service, a node shifts its budgets. */
import { isJsonObject } from "../../../shared/json.ts";
import { createMechanicalStrategy, type GovernorView } from "../../../shared/policy/governor.ts";
import { blackHoleReason } from "../nodes/health.ts";
import { healthOf } from "../nodes/node-health.ts";
import { agreed, type Finding, type Of, type Scene } from "./judgement.ts";

/** Null where it was not the hub that judged, or where a probe has failed. */
export function judgeQuarantine({
  event,
  state,
  policy,
  hasJournalTime,
}: Scene<Of<"node.quarantined">>): Finding | null {
  const { node, gpu, by } = event;
  if (gpu !== null || by !== "hub" || state.health.get(node)?.hole != null) return null;
  if (!hasJournalTime) return { decision: "quarantine", missing: "journal time" };
  const reason = blackHoleReason(state, node, healthOf(state, node), policy.holeFastMs);
  if (reason !== null) return agreed("quarantine", node, "quarantined");
  const why = `no ${Math.round(policy.holeFastMs / 1000)} s row of failures that succeed elsewhere`;
  return { decision: "quarantine", subject: node, was: "quarantined", wouldBe: "in service", why };
}

/** Null for any other decision of a node. */
export function judgeRebalance({ event, policy }: Scene<Of<"node.decided">>): Finding | null {
  const { node, decision, body } = event;
  if (decision !== "rebalanced" || body["rule"] === "learned") return null;
  const seen = body["view"];
  if (!isJsonObject(seen)) return { decision: "rebalance", missing: "what the strategy saw" };
  const { changes, idleAfterMs, ...view } = seen as unknown as Seen;
  const strategy = createMechanicalStrategy({ idleAfterMs });
  const rebalance = policy.governor === "off" ? null : strategy.rebalance(view);
  const was = wordsOf(changes);
  const wouldBe = rebalance === null ? "hold" : wordsOf(rebalance.changes);
  const why = was === wouldBe ? "" : `governor ${policy.governor}; it was: ${String(body["rule"])}`;
  return { decision: "rebalance", subject: `${node}/${String(body["gpu"])}`, was, wouldBe, why };
}

type Seen = GovernorView & {
  readonly changes: Readonly<Record<string, number>>;
  readonly idleAfterMs: number | null;
};

function wordsOf(changes: Readonly<Record<string, number>>): string {
  const names = Object.keys(changes).sort();
  return names.map((name) => `${name} ${Math.round((changes[name] ?? 0) / 1024 ** 2)} MiB`).join(", ");
}

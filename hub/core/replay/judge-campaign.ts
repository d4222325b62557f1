/** Judges of the loop: what the optimiser asked for, how a cycle was closed, and what the arbiter said of it. */

import { createTiming } from "../../../shared/model/timing.ts";
import { arbitrate } from "../arbiter/arbiter.ts";
import { GUARDRAILS } from "../arbiter/guardrails.ts";
import { configOf } from "../campaign.ts";
import { createSoftState } from "../soft.ts";
import type { HubState } from "../state.ts";
import { closeCycle, planCycle } from "../steer/cycle.ts";
import { agreed, type Finding, type Of, type Scene } from "./judgement.ts";

export function judgePlan({ event, state }: Scene<Of<"campaign.asked">>): Finding {
  const campaign = state.campaigns.get(event.campaign);
  if (campaign?.steering === undefined) return { decision: "plan", missing: "the steering" };
  const { plan } = planCycle(configOf(campaign), campaign.steering);
  const was = print(event.slots.map(({ actuators }) => actuators));
  const wouldBe = print([plan.point, ...plan.candidates]);
  return {
    decision: "plan",
    subject: event.campaign,
    was,
    wouldBe,
    why: was === wouldBe ? "" : "other candidates",
  };
}

export function judgeCycle({ event, state, policy }: Scene<Of<"campaign.cycled">>): Finding {
  const campaign = state.campaigns.get(event.campaign);
  if (campaign?.steering === undefined) return { decision: "steer", missing: "the steering" };
  const config = configOf(campaign);
  const stop = { ...config.stop, tolerance: policy.tolerance ?? config.stop.tolerance };
  const [point, ...candidates] = campaign.slots.map((slot) => slot.scores);
  const gpuSeconds = campaign.gpuSeconds - (campaign.spine.at(-1)?.gpuSeconds ?? 0);
  const measured = { point: point ?? null, candidates, gpuSeconds };
  const { row } = closeCycle({ ...config, stop }, campaign.steering, campaign.spine, measured);
  const { rule: wasRule, evidence: _was, ...wasRow } = event.row;
  const { rule, evidence: _would, ...wouldRow } = row;
  const subject = `${event.campaign} cycle ${row.cycle}`;
  if (wasRule !== rule) {
    const why = `distance ${row.distance?.toFixed(4) ?? "unknown"}, tolerance ${stop.tolerance}`;
    return { decision: "steer", subject, was: wasRule ?? "goes on", wouldBe: rule ?? "goes on", why };
  }
  const was = print(wasRow);
  const wouldBe = print(wouldRow);
  return { decision: "steer", subject, was, wouldBe, why: was === wouldBe ? "" : "another row" };
}

/** Rules that follow from what is durable; the others hang on telemetry, which no journal holds. */
const DURABLE_RULES = ["down", "disabled", "paused", "converged", "stopped", "budget"];

/** Null where the rule hangs on more than the journal holds. */
export function judgeArbiter({ event, state }: Scene<Of<"arbiter.changed">>): Finding | null {
  const { scope, rule } = event;
  if (!DURABLE_RULES.includes(rule)) return null;
  const green: HubState = { ...state, desired: { ...state.desired, waived: GUARDRAILS } };
  const core = { state: green, soft: createSoftState(), timing: createTiming() };
  const verdict = arbitrate(core, { campaign: scope === "fleet" ? null : scope, node: null }, 0);
  if (verdict.rule === rule) return agreed("arbitrate", scope, rule);
  return {
    decision: "arbitrate",
    subject: scope,
    was: rule,
    wouldBe: verdict.rule,
    why: "another rule is first",
  };
}

/** Figures in a fixed order of names, so that equal ones are equal texts. */
function print(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === "object" && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}

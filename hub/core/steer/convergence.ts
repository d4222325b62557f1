/**
 * Convergence: when a campaign has to stop, judged from its spine alone (SPEC L6).
 *
 * The spine has one row per cycle and is what people read in `convergence.jsonl`; a verdict is a function of
 * those rows and the rules, so anybody can check afterwards why a campaign stopped. The first matching rule
 * wins: reaching the target counts even on the last render of the budget.
 */
import type { StopRules } from "../../../shared/model/campaign.ts";
import type { ActuatorValues } from "./actuators.ts";
import type { Scores } from "./distance.ts";

export type StopRule = "target" | "divergence" | "budget" | "plateau";

/** One cycle, measured on the render at the operating point. Null means it could not be measured. */
export interface SpineRow {
  /** From 1. */
  readonly cycle: number;
  readonly scores: Scores | null;
  readonly target: Scores;
  readonly distance: number | null;
  /** Smallest distance of any render so far, candidates included. */
  readonly best: number | null;
  /** How far the optimiser looks from its incumbent, as a part of the actuators' ranges. */
  readonly stepSize: number;
  /** The operating point of this cycle. */
  readonly actuators: ActuatorValues;
  /** Names of the actuators that the controller moved to, or holds at, a wall of their range. */
  readonly saturated: readonly string[];
  /** Spent by the campaign up to the end of this cycle. */
  readonly renders: number;
  readonly gpuSeconds: number;
  /** Why the campaign stopped with this row; null while it goes on. */
  readonly rule: StopRule | null;
  readonly evidence: readonly StopEvidence[];
}

/** One number that a verdict rests on, beside the limit that it was held against. */
export interface StopEvidence {
  readonly name: string;
  readonly value: number;
  readonly limit: number;
}

export interface StopVerdict {
  readonly rule: StopRule;
  readonly evidence: readonly StopEvidence[];
}

/** Whether and why a campaign stops after the last row of its spine; null: it goes on. */
export function judgeConvergence(rules: StopRules, spine: readonly SpineRow[]): StopVerdict | null {
  const last = spine.at(-1);
  if (last === undefined) return null;
  return (
    judgeTarget(rules, last) ??
    judgeDivergence(rules, spine) ??
    judgeBudget(rules, last) ??
    judgePlateau(rules, spine)
  );
}

function judgeTarget({ tolerance }: StopRules, { distance }: SpineRow): StopVerdict | null {
  if (distance === null || !(distance <= tolerance)) return null;
  return { rule: "target", evidence: [{ name: "distance", value: distance, limit: tolerance }] };
}

function judgeDivergence({ divergence }: StopRules, spine: readonly SpineRow[]): StopVerdict | null {
  const first = spine.find(isMeasured)?.distance ?? null;
  const limit = first === null ? Number.POSITIVE_INFINITY : divergence.factor * first;
  const isLost = (row: SpineRow): boolean => !isMeasured(row) || row.distance > limit;
  const recent = spine.slice(-divergence.cycles);
  if (recent.length < divergence.cycles || !recent.every(isLost)) return null;
  const farthest = Math.max(...recent.filter(isMeasured).map((row) => row.distance));
  const unknown = recent.filter((row) => !isMeasured(row)).length;
  const evidence = [{ name: "unmeasuredCycles", value: unknown, limit: divergence.cycles }];
  if (unknown === recent.length) return { rule: "divergence", evidence };
  return { rule: "divergence", evidence: [{ name: "distance", value: farthest, limit }, ...evidence] };
}

function judgeBudget({ budget }: StopRules, last: SpineRow): StopVerdict | null {
  const evidence = [
    { name: "cycles", value: last.cycle, limit: budget.maxCycles },
    { name: "renders", value: last.renders, limit: budget.maxRenders },
    { name: "gpuSeconds", value: last.gpuSeconds, limit: budget.maxGpuSeconds },
  ].filter(({ value, limit }) => value >= limit);
  return evidence.length === 0 ? null : { rule: "budget", evidence };
}

/** A best point within tolerance is no plateau: the operating point is still on its way to it. */
function judgePlateau({ plateau, tolerance }: StopRules, spine: readonly SpineRow[]): StopVerdict | null {
  const now = spine.at(-1)?.best ?? null;
  const then = spine.at(-1 - plateau.cycles)?.best ?? null;
  if (now === null || then === null || now <= tolerance) return null;
  const improvement = then - now;
  if (improvement >= plateau.minDelta) return null;
  return {
    rule: "plateau",
    evidence: [{ name: "improvement", value: improvement, limit: plateau.minDelta }],
  };
}

function isMeasured(row: SpineRow): row is SpineRow & { readonly distance: number } {
  return row.distance !== null && Number.isFinite(row.distance);
}

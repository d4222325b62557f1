/**
 * Governor: the strategy slot of layer 3 and its mechanical occupant (SPEC N6).
 *
 * A strategy proposes; `govern` decides whether anything may be proposed now, and `applyPlan` of
 * `budget.ts` has the last word. Level-triggered: it is asked again on every tick, so a crossing inside the
 * cooldown is answered when the cooldown ends instead of being lost. Plans are computed from the baseline,
 * so that repeating one changes nothing and cannot erode a budget.
 */
import { type Budgets, type BudgetTable, bytesOf, floorBytes, isModified } from "./budget.ts";
import type { Candidate } from "./eviction.ts";
import type { Level } from "./pressure.ts";

/** Least time between two executed actions. */
export const GOVERNOR_COOLDOWN_MS = 5_000;
/** A shift smaller than this is no shift. */
export const MIN_SHIFT_BYTES = 1024 ** 2;

export interface GovernorView {
  readonly level: Level;
  readonly budgets: Budgets;
  readonly usedBySubsystem: BudgetTable;
  /** Milliseconds without a touch and without an active workload; a missing subsystem is active. */
  readonly quietMsBySubsystem: Readonly<Record<string, number>>;
}

export interface Rebalance {
  readonly rule: "tts-idle" | "rendering-idle" | "restore" | "learned";
  readonly reason: string;
  /** New figures for the subsystems that change. */
  readonly changes: BudgetTable;
}

export interface Workload {
  readonly subsystem: string;
  readonly status: "active" | "idle";
  /** The consumer it runs on, where known: an active workload keeps it. */
  readonly consumerId: string | null;
}

export interface EvictionAdvice {
  /** Consumers to evict, in order. */
  readonly evictions: readonly Candidate[];
  readonly freedBytes: number;
  /** Bytes that no eviction can find; 0 when the advice suffices. */
  readonly shortfallBytes: number;
}

/** The slot: `mechanical` ships, a learned strategy takes its place without touching a caller. */
export interface GpuStrategy {
  readonly name: string;
  /** Better budgets for this view, or null to leave them. */
  rebalance(view: GovernorView): Rebalance | null;
  recommendEvictions(
    workloads: readonly Workload[],
    candidates: readonly Candidate[],
    bytesNeeded: number,
  ): EvictionAdvice;
}

export interface MechanicalConfig {
  /** Also idle: quiet for this long, whatever it holds. Null: only low use counts. */
  readonly idleAfterMs: number | null;
}

/** The strategy of hard rules: the first rule that changes something wins. */
export function createMechanicalStrategy(config: MechanicalConfig = { idleAfterMs: null }): GpuStrategy {
  return {
    name: "mechanical",
    rebalance: (view) =>
      shiftToInference(view, config, { rule: "tts-idle", donor: "tts", percent: 80 }) ??
      shiftToInference(view, config, { rule: "rendering-idle", donor: "rendering", percent: 50 }) ??
      restoreBaseline(view),
    recommendEvictions: recommendByScore,
  };
}

interface ShiftRule {
  readonly rule: Extract<Rebalance["rule"], "tts-idle" | "rendering-idle">;
  readonly donor: string;
  /** Share of the donor's baseline that moves. */
  readonly percent: number;
}

function shiftToInference(view: GovernorView, config: MechanicalConfig, shift: ShiftRule): Rebalance | null {
  if (!isIdle(view, config, shift.donor) || !isPressured(view, "inference")) return null;
  const { baseline, current } = view.budgets;
  const baselineBytes = bytesOf(baseline, shift.donor);
  const keptBytes = Math.max(
    baselineBytes - Math.trunc((baselineBytes * shift.percent) / 100),
    floorBytes(bytesOf(view.usedBySubsystem, shift.donor)),
  );
  const shiftBytes = bytesOf(current, shift.donor) - keptBytes;
  if (shiftBytes < MIN_SHIFT_BYTES) return null;
  return {
    rule: shift.rule,
    reason: `${shift.donor} is idle and inference uses more than 90 % of its budget`,
    changes: { [shift.donor]: keptBytes, inference: bytesOf(current, "inference") + shiftBytes },
  };
}

function restoreBaseline(view: GovernorView): Rebalance | null {
  if (view.level !== "normal" || !isModified(view.budgets) || breaksFloor(view)) return null;
  return {
    rule: "restore",
    reason: "pressure is normal again: the configured budgets return",
    changes: view.budgets.baseline,
  };
}

/** Whether the baseline would shrink somebody below its floor: then the restore waits. */
function breaksFloor({ budgets, usedBySubsystem }: GovernorView): boolean {
  return Object.entries(budgets.baseline).some(
    ([subsystem, bytes]) =>
      bytes < bytesOf(budgets.current, subsystem) && bytes < floorBytes(bytesOf(usedBySubsystem, subsystem)),
  );
}

/** Used < 10 % of its current budget, or quiet for the configured time. */
function isIdle(view: GovernorView, config: MechanicalConfig, subsystem: string): boolean {
  const quietMs = view.quietMsBySubsystem[subsystem] ?? 0;
  if (config.idleAfterMs !== null && quietMs >= config.idleAfterMs) return true;
  return bytesOf(view.usedBySubsystem, subsystem) * 10 < bytesOf(view.budgets.current, subsystem);
}

/** Used > 90 % of its current budget. */
function isPressured(view: GovernorView, subsystem: string): boolean {
  return bytesOf(view.usedBySubsystem, subsystem) * 10 > bytesOf(view.budgets.current, subsystem) * 9;
}

/** Takes candidates in their order until the bytes are found; what an active workload runs on stays. */
function recommendByScore(
  workloads: readonly Workload[],
  candidates: readonly Candidate[],
  bytesNeeded: number,
): EvictionAdvice {
  const active = workloads.filter((workload) => workload.status === "active");
  const inUse = new Set(active.map((workload) => workload.consumerId));
  const evictions: Candidate[] = [];
  let freedBytes = 0;
  for (const candidate of candidates) {
    if (freedBytes >= bytesNeeded) break;
    if (candidate.bytes === 0 || inUse.has(candidate.id)) continue;
    evictions.push(candidate);
    freedBytes += candidate.bytes;
  }
  return { evictions, freedBytes, shortfallBytes: Math.max(0, bytesNeeded - freedBytes) };
}

export interface GovernorState {
  /** When the last action was executed, not proposed; null: never. */
  readonly lastActionAtMs: number | null;
}

export type GovernorVerdict =
  | { readonly kind: "hold" }
  | { readonly kind: "cooling"; readonly untilMs: number }
  | { readonly kind: "rebalance"; readonly rebalance: Rebalance };

/** One tick of the governor. The caller applies the plan and only then records the action. */
export function govern(
  strategy: GpuStrategy,
  state: GovernorState,
  view: GovernorView,
  nowMs: number,
): GovernorVerdict {
  const untilMs = (state.lastActionAtMs ?? Number.NEGATIVE_INFINITY) + GOVERNOR_COOLDOWN_MS;
  if (nowMs < untilMs) return { kind: "cooling", untilMs };
  const rebalance = strategy.rebalance(view);
  return rebalance === null ? { kind: "hold" } : { kind: "rebalance", rebalance };
}

/** Payload of the event `gpu:budget:rebalanced`. */
export interface BudgetRebalanced {
  readonly reason: string;
  readonly before: BudgetTable;
  readonly after: BudgetTable;
}

/** How the strategy slot is run. */
export const STRATEGY_MODES = ["off", "mechanical", "shadow", "active"] as const;
export type StrategyMode = (typeof STRATEGY_MODES)[number];

/** Highest layer that acts: 0 gates, 1 registry, 2 watchers, 3 governor, 4 sentinel. A shadow does not act. */
export function activeLayer(maxLayer: number, mode: StrategyMode): number {
  const ceiling: Readonly<Record<StrategyMode, number>> = { off: 2, mechanical: 3, shadow: 3, active: 4 };
  return Math.min(maxLayer, ceiling[mode]);
}

/**
 * Governance: by which figures this node governs itself and how many layers of it act. Read from the node's
 * document; an edit that holds replaces it as a whole, and with it what the ledgers go by (`reform.ts`).
 */
import {
  applyPlan,
  type BudgetTable,
  fixedBudgets,
  type PlanProblem,
  startBudgets,
} from "../../shared/policy/budget.ts";
import type { EvictionPolicy } from "../../shared/policy/eviction.ts";
import { activeLayer, type StrategyMode } from "../../shared/policy/governor.ts";
import { HOST_MEMORY_POLICY, type HostMemoryPolicy } from "../../shared/policy/host-memory.ts";
import { LEDGER_CONFIG, type LedgerConfig, type VramClaim } from "../../shared/policy/ledger.ts";
import {
  PRESSURE_POLICY,
  type PressurePolicy,
  usableBytes,
  type Watched,
} from "../../shared/policy/pressure.ts";

export interface Governance {
  /** Highest layer that acts: 0 gates, 1 registry, 2 watchers, 3 governor, 4 sentinel. */
  readonly maxLayer: number;
  readonly strategy: StrategyMode;
  /** A subsystem without a touch for this long is idle, whatever it holds; null: only low use counts. */
  readonly idleAfterMs: number | null;
  /** Idle for this long, a consumer gives way to work of any priority; before, only to more important work. */
  readonly yieldAfterMs: number;
  /** Unscaled. */
  readonly eviction: EvictionPolicy;
  readonly ledger: LedgerConfig;
  /** An operator's baselines in bytes, by card; `*` stands for every card without figures of its own. */
  readonly budgets: Readonly<Record<string, BudgetTable>>;
  readonly declared: readonly DeclaredConsumer[];
  readonly hostMemory: HostMemoryPolicy;
  readonly memoryModel: MemoryModel;
  /** How long a card must be at ease before what sleeps on it is woken; null: only when it is used. */
  readonly wakeAfterMs: number | null;
  /** Where the levels of each resource open. */
  readonly pressure: Readonly<Record<Watched, PressurePolicy>>;
}

/** `unified`: card and host share one pool of memory. */
export const MEMORY_MODELS = ["discrete", "unified"] as const;
export type MemoryModel = (typeof MEMORY_MODELS)[number];

/** A server that the operator runs on this box, loaded before the agent looks. */
export interface DeclaredConsumer {
  readonly claim: VramClaim;
  /** UUID; null: the first card that is seen. */
  readonly gpu: string | null;
  /** Whom it works for. */
  readonly owner: string | null;
  /** How its processes are known. */
  readonly pid: number | null;
  readonly processName: string | null;
  /** For how long nobody had used it when the agent started. */
  readonly idleMs: number;
}

export const GOVERNANCE: Governance = {
  maxLayer: 4,
  strategy: "mechanical",
  idleAfterMs: null,
  yieldAfterMs: 600_000,
  eviction: { minResidencyMs: 30_000, reloadFactor: 1 },
  ledger: LEDGER_CONFIG,
  budgets: {},
  declared: [],
  hostMemory: HOST_MEMORY_POLICY,
  memoryModel: "discrete",
  wakeAfterMs: 120_000,
  pressure: { gpu: PRESSURE_POLICY, cpu: PRESSURE_POLICY, memory: PRESSURE_POLICY },
};

/** Whether a layer acts here. */
export function hasLayer({ maxLayer, strategy }: Governance, layer: number): boolean {
  return activeLayer(maxLayer, strategy) >= layer;
}

/** Who may be evicted at all, at the pace of this agent. */
export function evictionPolicy({ eviction }: Governance, scale: number): EvictionPolicy {
  return { ...eviction, minResidencyMs: eviction.minResidencyMs * scale };
}

export interface Baseline {
  readonly budgets: BudgetTable;
  /** Why the operator's figures are not in force; null when they are. */
  readonly problem: PlanProblem | null;
}

/** The baseline of a card: the start budgets with the operator's figures in their place, or without any. */
export function baselineOf(governance: Governance, gpu: string, totalBytes: number): Baseline {
  const { osFloorBytes } = governance.ledger;
  const start = startBudgets(totalBytes, undefined, osFloorBytes);
  const changes = governance.budgets[gpu] ?? governance.budgets["*"] ?? {};
  // A subsystem that only the operator knows begins at nothing.
  const known = { ...Object.fromEntries(Object.keys(changes).map((name) => [name, 0])), ...start };
  const use = { usableBytes: usableBytes(totalBytes, osFloorBytes), usedBySubsystem: {} };
  const outcome = applyPlan(fixedBudgets(known), { origin: "operator", changes }, use);
  if (outcome.kind === "refused") return { budgets: start, problem: outcome.problem };
  return { budgets: outcome.budgets.baseline, problem: null };
}

/**
 * Local types: what workloads of a box and their agent say to each other, without the wire. Both ends of the
 * Unix socket use these shapes; the codec alone knows the messages.
 */
import type { GpuSource } from "../model/messages.ts";
import type { Priority } from "../model/priority.ts";
import type { Refusal } from "../policy/admission.ts";
import type { BudgetRebalanced } from "../policy/governor.ts";
import type { Discrepancy } from "../policy/ledger.ts";
import type { Level, PressureEventName } from "../policy/pressure.ts";

/** What a persona or user is doing; all but `idle` make its consumers interactive. */
export const ACTIVITIES = ["call", "ringing", "typing", "mid-turn", "idle"] as const;
export type ActivityKind = (typeof ACTIVITIES)[number];

export const QOS_KINDS = ["frame-miss", "latency", "stall"] as const;
export type QosKind = (typeof QOS_KINDS)[number];

/** Bounds of what a client may ask for. */
export const LOCAL_LIMITS = {
  keyLength: 80,
  keepMs: 3_600_000,
  reloadMs: 3_600_000,
  idleMs: 30 * 86_400_000,
  activityMs: 86_400_000,
  topN: 100,
} as const;

export interface LocalClaim {
  /** Names the reservation among those of one user; null: the agent makes one up. */
  readonly key: string | null;
  readonly priority: Priority;
  readonly vramBytes: number;
  /** UUID; null: the card with most room. */
  readonly gpu: string | null;
  readonly subsystem: string;
  readonly label: string;
  /** Persona or user that it works for, as `setActivity` names it. */
  readonly owner: string | null;
  readonly isEvictable: boolean;
  /** What loading it again costs; 0 when unknown. */
  readonly reloadMs: number;
  /** How long it stays after its connection or process has gone; 0: the agent's short grace. */
  readonly keepMs: number;
  /** For how long it has been idle already; 0: it is used now. */
  readonly idleMs: number;
}

export interface LocalGrant {
  readonly kind: "granted";
  readonly consumerId: string;
  readonly key: string;
  readonly gpu: string;
  /** Pressure with the claim, as its gate sees the card. */
  readonly pressure: number;
  readonly isOverBudget: boolean;
}

export interface LocalRefusal {
  readonly kind: "refused";
  readonly reason: Refusal["reason"];
  readonly because: string;
  readonly wouldChange: string;
  /** The figures of a gate; null where no gate was asked. */
  readonly gate: number | null;
  readonly pressure: number | null;
  readonly wouldBe: number | null;
  readonly headroomBytes: number | null;
}

export type LocalVerdict = LocalGrant | LocalRefusal;

export interface OwnerActivity {
  readonly owner: string;
  readonly kind: ActivityKind;
  readonly expiresMs: number;
}

export interface QosReport {
  readonly subsystem: string;
  readonly kind: QosKind;
  /** Frames for `frame-miss`, milliseconds for the others; ≥ 0. */
  readonly value: number;
}

export interface QosSeries extends Pick<QosReport, "subsystem" | "kind"> {
  readonly count: number;
  readonly last: number;
  readonly worst: number;
  readonly ageMs: number;
}

export interface GateRow {
  readonly priority: Priority;
  readonly gate: number;
  readonly live: number;
  readonly refusals: number;
  readonly headroomBytes: number;
  readonly isStructurallyStarved: boolean;
}

export interface BudgetRow {
  readonly subsystem: string;
  readonly baselineBytes: number;
  readonly currentBytes: number;
  readonly heldBytes: number;
}

export interface GpuStats {
  readonly uuid: string;
  /** Null when nobody tells. */
  readonly name: string | null;
  /** Who reads the card; null while nobody does. */
  readonly source: GpuSource | null;
  readonly totalBytes: number;
  readonly usableBytes: number;
  readonly usedBytes: number;
  readonly reservedBytes: number;
  readonly measuredBytes: number | null;
  readonly foreignBytes: number | null;
  readonly pressure: number;
  readonly level: Level;
  readonly sampleAgeMs: number | null;
  readonly gates: readonly GateRow[];
  readonly budgets: readonly BudgetRow[];
  readonly overclaimed: readonly Discrepancy[];
}

export interface LocalStats {
  readonly gpus: readonly GpuStats[];
  readonly qos: readonly QosSeries[];
  /** Those in force, each with the time it has left. */
  readonly activities: readonly OwnerActivity[];
}

export interface CandidateRow {
  readonly consumerId: string;
  readonly gpu: string;
  readonly label: string;
  readonly subsystem: string;
  readonly priority: Priority;
  readonly vramBytes: number;
  readonly idleMs: number;
  readonly score: number;
}

export interface RegistryRow extends CandidateRow {
  /** Null where it is not told per process, and before the first sample after the booking. */
  readonly measuredBytes: number | null;
  readonly heldForMs: number;
  readonly isEvictable: boolean;
  /** Of the client that holds it; null for the agent's own jobs. */
  readonly pid: number | null;
  readonly uid: number | null;
}

export interface BudgetChange {
  readonly subsystem: string;
  readonly budgetMib: number;
  /** UUID; null where the node has one card. */
  readonly gpu: string | null;
}

export type BudgetVerdict =
  | { readonly kind: "applied"; readonly budgets: readonly BudgetRow[] }
  | { readonly kind: "refused"; readonly because: string; readonly budgets: readonly BudgetRow[] };

export interface ResourcesQuery {
  readonly includeProcesses: boolean;
  /** 1…100 */
  readonly topN: number;
}

export interface ProcessRow {
  readonly pid: number;
  readonly name: string;
  readonly rssBytes: number | null;
  readonly vramBytes: number | null;
  readonly cpuMs: number;
}

export interface SystemResources {
  readonly cpuCores: number;
  readonly cpuRatio: number | null;
  readonly memoryTotalBytes: number | null;
  readonly memoryAvailableBytes: number | null;
  readonly swapTotalBytes: number | null;
  readonly swapUsedBytes: number | null;
  readonly memoryStallPercent: number | null;
  readonly processes: readonly ProcessRow[];
}

export interface PressureEvent {
  readonly kind: "pressure";
  readonly name: PressureEventName;
  readonly level: Level;
  readonly ratio: number;
  /** UUID; null for what is not a card. */
  readonly gpu: string | null;
}

/** Answered by a release, in whole or in part, within `deadlineMs`. */
export interface EvictRequest {
  readonly kind: "evict";
  readonly consumerId: string;
  readonly vramBytes: number;
  readonly deadlineMs: number;
  readonly reason: string;
}

/** `gpu:budget:rebalanced`: the governor has moved budgets; bytes by subsystem. */
export interface RebalancedEvent extends BudgetRebalanced {
  readonly kind: "rebalanced";
  readonly gpu: string;
}

export type LocalEvent = PressureEvent | EvictRequest | RebalancedEvent;

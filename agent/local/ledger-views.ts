/** Ledger views: the books of a card as the local service shows them. */
import type { GpuReading } from "../../shared/model/messages.ts";
import { PRIORITIES } from "../../shared/model/priority.ts";
import { headroomBytes, isStructurallyStarved } from "../../shared/policy/admission.ts";
import { bytesOf } from "../../shared/policy/budget.ts";
import { evictionCandidates, evictionScore, idleSeconds } from "../../shared/policy/eviction.ts";
import { type Ledger, overclaimed, subsystemBytes, usageOf } from "../../shared/policy/ledger.ts";
import { levelOf, pressureEventName, pressureRatio } from "../../shared/policy/pressure.ts";
import type {
  BudgetRow,
  CandidateRow,
  GpuStats,
  PressureEvent,
  RegistryRow,
} from "../../shared/wire/local-types.ts";

/** One card of the node and its books. */
export interface Card {
  /** UUID */
  readonly gpu: string;
  readonly ledger: Ledger;
}

/** Who a card is beside its UUID. */
export type CardIdentity = Pick<GpuReading, "name" | "source">;

/** used / usable of the whole card, as no gate policy discounts it. */
export function pressureOf(ledger: Ledger): number {
  const { usedBytes, usableBytes } = usageOf(ledger);
  return pressureRatio(usedBytes, usableBytes);
}

export function gpuStats({ gpu, ledger }: Card, identity: CardIdentity | null, nowMs: number): GpuStats {
  const { reading, totalBytes } = ledger;
  const { usableBytes, usedBytes, reservedBytes, measuredBytes, foreignBytes } = usageOf(ledger);
  const pressure = pressureOf(ledger);
  return {
    uuid: gpu,
    name: identity?.name ?? null,
    source: identity?.source ?? null,
    totalBytes,
    usableBytes,
    usedBytes,
    reservedBytes,
    measuredBytes,
    foreignBytes,
    pressure,
    level: levelOf(pressure),
    sampleAgeMs: reading.kind === "measured" ? Math.round(nowMs - reading.atMs) : null,
    gates: PRIORITIES.map((priority) => ({
      priority,
      gate: ledger.config.gates[priority],
      live: ledger.tally.liveByPriority[priority],
      refusals: ledger.refusals[priority],
      headroomBytes: headroomBytes(ledger, priority, nowMs),
      isStructurallyStarved: isStructurallyStarved(ledger, priority),
    })),
    budgets: budgetRows(ledger),
    overclaimed: overclaimed(ledger),
  };
}

export function budgetRows(ledger: Ledger): readonly BudgetRow[] {
  return Object.entries(ledger.budgets.baseline).map(([subsystem, baselineBytes]) => ({
    subsystem,
    baselineBytes,
    currentBytes: bytesOf(ledger.budgets.current, subsystem),
    heldBytes: subsystemBytes(ledger, subsystem),
  }));
}

/** Every consumer of a card. */
export function registryRows(
  { gpu, ledger }: Card,
  nowMs: number,
): readonly Omit<RegistryRow, "pid" | "uid">[] {
  return [...ledger.consumers.values()].map((consumer) => ({
    consumerId: consumer.id,
    gpu,
    label: consumer.label,
    subsystem: consumer.subsystem,
    priority: consumer.priority,
    vramBytes: consumer.bytes,
    measuredBytes: consumer.measuredBytes,
    heldForMs: Math.max(0, Math.round(nowMs - consumer.allocatedAtMs)),
    idleMs: Math.round(idleSeconds(consumer, nowMs) * 1000),
    isEvictable: consumer.evictable,
    score: evictionScore(consumer, nowMs),
  }));
}

export function candidateRows({ gpu, ledger }: Card, nowMs: number): readonly CandidateRow[] {
  return evictionCandidates(ledger.consumers.values(), nowMs).map(({ id, bytes, idleSeconds, ...rest }) => ({
    ...rest,
    consumerId: id,
    gpu,
    vramBytes: bytes,
    idleMs: Math.round(idleSeconds * 1000),
  }));
}

/** Order of candidates of all cards together: by score, ties by id. */
export function firstToGo(a: CandidateRow, b: CandidateRow): number {
  return b.score - a.score || (a.consumerId < b.consumerId ? -1 : 1);
}

export function pressureEvent({ gpu, ledger }: Card): PressureEvent {
  const ratio = pressureOf(ledger);
  return {
    kind: "pressure",
    name: pressureEventName("gpu", "update"),
    level: levelOf(ratio),
    ratio,
    gpu,
  };
}

/** Ledger views: the books of a card as the local service shows them. */
import type { GpuReading } from "../../shared/model/messages.ts";
import { PRIORITIES } from "../../shared/model/priority.ts";
import { headroomBytes, isStructurallyStarved } from "../../shared/policy/admission.ts";
import { bytesOf } from "../../shared/policy/budget.ts";
import { evictionCandidates, evictionScore, idleSeconds } from "../../shared/policy/eviction.ts";
import {
  type Consumer,
  type Ledger,
  overclaimed,
  subsystemBytes,
  usageOf,
} from "../../shared/policy/ledger.ts";
import { type Level, levelOf, pressureEventName, pressureRatio } from "../../shared/policy/pressure.ts";
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

/** What the books do not know of a card. */
export interface CardFace {
  readonly level: Level;
  readonly identity: CardIdentity | null;
}

export function gpuStats({ gpu, ledger }: Card, { level, identity }: CardFace, nowMs: number): GpuStats {
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
    level,
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
  const { reading } = ledger;
  const sampledAtMs = reading.kind === "measured" && reading.isPerProcess ? reading.atMs : null;
  return [...ledger.consumers.values()].map((consumer) => ({
    consumerId: consumer.id,
    gpu,
    label: consumer.label,
    subsystem: consumer.subsystem,
    priority: consumer.priority,
    vramBytes: consumer.bytes,
    measuredBytes: isSampled(consumer, sampledAtMs) ? consumer.measuredBytes : null,
    heldForMs: Math.max(0, Math.round(nowMs - consumer.allocatedAtMs)),
    idleMs: Math.round(idleSeconds(consumer, nowMs) * 1000),
    isEvictable: consumer.evictable,
    score: evictionScore(consumer, nowMs),
  }));
}

/** Whether the last sample looked at this consumer; one that was booked since counts by its promise alone. */
function isSampled({ bytes, unsampledBytes }: Consumer, sampledAtMs: number | null): boolean {
  return sampledAtMs !== null && (bytes === 0 || unsampledBytes < bytes);
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

/** The level of a card by the standard thresholds; one that cannot be read is critical. */
export function plainLevel({ ledger }: Card): Level {
  return ledger.reading.kind === "unknown" ? "critical" : levelOf(pressureOf(ledger));
}

export function pressureEvent({ gpu, ledger }: Card, level: Level): PressureEvent {
  return {
    kind: "pressure",
    name: pressureEventName("gpu", "update"),
    level,
    ratio: ledger.reading.kind === "unknown" ? 1 : pressureOf(ledger),
    gpu,
  };
}

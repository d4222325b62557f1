/**
 * Local client codec: the client's half of the local service, requests to the wire and answers from it. An
 * agent's answer is checked as strictly as a client's request.
 */
import { GPU_SOURCES } from "../model/messages.ts";
import { LEVELS, type PressureEventName, pressureEventName, WATCHED } from "../policy/pressure.ts";
import { activityWords, qosWords } from "./local-codec.ts";
import type { LocalAnswer, LocalCall } from "./local-methods.ts";
import type {
  BudgetChange,
  BudgetRow,
  BudgetVerdict,
  CandidateRow,
  GpuStats,
  LocalClaim,
  LocalEvent,
  LocalRefusal,
  LocalStats,
  LocalVerdict,
  OwnerActivity,
  QosReport,
  RegistryRow,
  SystemResources,
} from "./local-types.ts";
import { invalid, readOptional, readUint } from "./values.ts";
import { priorityWords } from "./words.ts";

const REASONS = [
  "gate",
  "structurally-starved",
  "budget",
  "telemetry-stale",
  "telemetry-unknown",
  "card-fault",
  "throttled",
  "no-gpu",
  "ledger-full",
  "invalid-claim",
] as const satisfies readonly LocalRefusal["reason"][];

const EVENT_NAMES: readonly PressureEventName[] = WATCHED.flatMap((watched) =>
  [...LEVELS, "update" as const].map((what) => pressureEventName(watched, what)),
);

/**
 * Throws FleetError "invalid" naming the field, as do all functions here: protobuf itself sends a negative
 * number as 0 and cuts fractions off.
 */
export function encodeClaim(claim: LocalClaim): LocalCall<"Reserve"> {
  const { key, gpu, owner, isEvictable, ...plain } = claim;
  return {
    ...plain,
    key: key ?? "",
    priority: priorityWords.encode(claim.priority),
    vramBytes: readUint(claim.vramBytes, "vramBytes"),
    gpu: gpu ?? "",
    owner: owner ?? "",
    evictable: isEvictable,
    reloadMs: readUint(claim.reloadMs, "reloadMs"),
    keepMs: readUint(claim.keepMs, "keepMs"),
    idleMs: readUint(claim.idleMs, "idleMs"),
  };
}

/** `vramBytes` undefined: all of it. */
export function encodeRelease(consumerId: string, vramBytes: number | undefined): LocalCall<"Release"> {
  return vramBytes === undefined
    ? { consumerId }
    : { consumerId, vramBytes: readUint(vramBytes, "vramBytes") };
}

export function encodeActivity(activity: OwnerActivity): LocalCall<"SetActivity"> {
  return {
    owner: activity.owner,
    kind: activityWords.encode(activity.kind),
    expiresMs: readUint(activity.expiresMs, "expiresMs"),
  };
}

export function encodeQosReport(report: QosReport): LocalCall<"ReportQos"> {
  return { ...report, kind: qosWords.encode(report.kind) };
}

export function encodeBudgetChange({ subsystem, budgetMib, gpu }: BudgetChange): LocalCall<"SetBudget"> {
  return { subsystem, budgetMib: readUint(budgetMib, "budgetMib"), gpu: gpu ?? "" };
}

export function decodeFreed({ freedBytes }: LocalAnswer<"Release">): number {
  return readUint(freedBytes, "freedBytes");
}

export function decodeVerdict({ granted, refused }: LocalAnswer<"Reserve">): LocalVerdict {
  if (granted) {
    const { overBudget, ...grant } = granted;
    return { kind: "granted", ...grant, isOverBudget: overBudget };
  }
  if (!refused) throw invalid("verdict", "is neither a grant nor a refusal");
  return {
    kind: "refused",
    reason: readWord(refused.reason, "refused.reason", REASONS),
    because: refused.because,
    wouldChange: refused.wouldChange,
    gate: refused.gate ?? null,
    pressure: refused.pressure ?? null,
    wouldBe: refused.wouldBe ?? null,
    headroomBytes: readOptional(refused.headroomBytes, "refused.headroomBytes", readUint),
  };
}

export function decodeStats({ gpus, qos, activities }: LocalAnswer<"Stats">): LocalStats {
  return {
    gpus: gpus.map(decodeGpu),
    qos: qos.map(({ subsystem, kind, count, last, worst, ageMs }) => ({
      subsystem,
      kind: qosWords.decode(kind, "qos.kind"),
      count: readUint(count, "qos.count"),
      last,
      worst,
      ageMs: readUint(ageMs, "qos.ageMs"),
    })),
    activities: activities.map(({ owner, kind, expiresMs }) => ({
      owner,
      kind: activityWords.decode(kind, "activities.kind"),
      expiresMs: readUint(expiresMs, "activities.expiresMs"),
    })),
  };
}

function decodeGpu(gpu: LocalAnswer<"Stats">["gpus"][number]): GpuStats {
  const bytes = (name: "totalBytes" | "usableBytes" | "usedBytes" | "reservedBytes"): number =>
    readUint(gpu[name], `gpus.${name}`);
  return {
    uuid: gpu.uuid,
    name: gpu.name === "" ? null : gpu.name,
    source: gpu.source === "" ? null : readWord(gpu.source, "gpus.source", GPU_SOURCES),
    totalBytes: bytes("totalBytes"),
    usableBytes: bytes("usableBytes"),
    usedBytes: bytes("usedBytes"),
    reservedBytes: bytes("reservedBytes"),
    measuredBytes: readOptional(gpu.measuredBytes, "gpus.measuredBytes", readUint),
    foreignBytes: readOptional(gpu.foreignBytes, "gpus.foreignBytes", readUint),
    pressure: gpu.pressure,
    level: readWord(gpu.level, "gpus.level", LEVELS),
    sampleAgeMs: readOptional(gpu.sampleAgeMs, "gpus.sampleAgeMs", readUint),
    gates: gpu.gates.map(({ structurallyStarved, ...row }) => ({
      ...row,
      priority: priorityWords.decode(row.priority, "gates.priority"),
      refusals: readUint(row.refusals, "gates.refusals"),
      headroomBytes: readUint(row.headroomBytes, "gates.headroomBytes"),
      isStructurallyStarved: structurallyStarved,
    })),
    budgets: decodeBudgets(gpu.budgets),
    overclaimed: gpu.overclaimed.map((row) => ({
      id: row.consumerId,
      label: row.label,
      reservedBytes: readUint(row.reservedBytes, "overclaimed.reservedBytes"),
      measuredBytes: readUint(row.measuredBytes, "overclaimed.measuredBytes"),
    })),
  };
}

export function decodeRegistry({ rows }: LocalAnswer<"EvictionRegistry">): readonly RegistryRow[] {
  return rows.map((row) => ({
    ...decodeCandidate(row),
    measuredBytes: readOptional(row.measuredBytes, "rows.measuredBytes", readUint),
    heldForMs: readUint(row.heldForMs, "rows.heldForMs"),
    isEvictable: row.evictable,
    pid: row.pid ?? null,
    uid: row.uid ?? null,
  }));
}

export function decodeCandidates({ candidates }: LocalAnswer<"EvictionCandidates">): readonly CandidateRow[] {
  return candidates.map(decodeCandidate);
}

function decodeCandidate(row: LocalAnswer<"EvictionCandidates">["candidates"][number]): CandidateRow {
  return {
    consumerId: row.consumerId,
    gpu: row.gpu,
    label: row.label,
    subsystem: row.subsystem,
    priority: priorityWords.decode(row.priority, "rows.priority"),
    vramBytes: readUint(row.vramBytes, "rows.vramBytes"),
    idleMs: readUint(row.idleMs, "rows.idleMs"),
    score: row.score,
  };
}

export function decodeBudgetVerdict(wire: LocalAnswer<"SetBudget">): BudgetVerdict {
  const budgets = decodeBudgets(wire.budgets);
  return wire.applied ? { kind: "applied", budgets } : { kind: "refused", because: wire.because, budgets };
}

export function decodeResources(wire: LocalAnswer<"GetSystemResources">): SystemResources {
  const bytes = (value: number | undefined): number | null => readOptional(value, "memory", readUint);
  return {
    cpuCores: wire.cpuCores,
    cpuRatio: wire.cpuRatio ?? null,
    memoryTotalBytes: bytes(wire.memoryTotalBytes),
    memoryAvailableBytes: bytes(wire.memoryAvailableBytes),
    swapTotalBytes: bytes(wire.swapTotalBytes),
    swapUsedBytes: bytes(wire.swapUsedBytes),
    memoryStallPercent: wire.memoryStallPercent ?? null,
    processes: wire.processes.map(({ pid, name, rssBytes, vramBytes, cpuMs }) => ({
      pid,
      name,
      rssBytes: bytes(rssBytes),
      vramBytes: bytes(vramBytes),
      cpuMs: readUint(cpuMs, "processes.cpuMs"),
    })),
  };
}

/** Null for a kind of event that this version does not know. */
export function decodeEvent({ pressure, evict, rebalanced }: LocalAnswer<"Watch">): LocalEvent | null {
  if (pressure) {
    const { level, ratio, gpu } = pressure;
    return {
      kind: "pressure",
      name: readWord(pressure.name, "pressure.name", EVENT_NAMES),
      level: readWord(level, "pressure.level", LEVELS),
      ratio,
      gpu: gpu === "" ? null : gpu,
    };
  }
  if (rebalanced) {
    const { gpu, reason, before, after } = rebalanced;
    return { kind: "rebalanced", gpu, reason, before: decodeTable(before), after: decodeTable(after) };
  }
  if (!evict) return null;
  return {
    kind: "evict",
    consumerId: evict.consumerId,
    vramBytes: readUint(evict.vramBytes, "evict.vramBytes"),
    deadlineMs: readUint(evict.deadlineMs, "evict.deadlineMs"),
    reason: evict.reason,
  };
}

function decodeTable(
  rows: readonly { readonly subsystem: string; readonly bytes: number }[],
): Readonly<Record<string, number>> {
  return Object.fromEntries(
    rows.map(({ subsystem, bytes }) => [subsystem, readUint(bytes, "rebalanced.bytes")]),
  );
}

function decodeBudgets(rows: LocalAnswer<"SetBudget">["budgets"]): readonly BudgetRow[] {
  return rows.map((row) => ({
    subsystem: row.subsystem,
    baselineBytes: readUint(row.baselineBytes, "budgets.baselineBytes"),
    currentBytes: readUint(row.currentBytes, "budgets.currentBytes"),
    heldBytes: readUint(row.heldBytes, "budgets.heldBytes"),
  }));
}

function readWord<Word extends string>(value: string, field: string, words: readonly Word[]): Word {
  const word = words.find((known) => known === value);
  if (word === undefined) throw invalid(field, `must be one of ${words.join(", ")}`);
  return word;
}

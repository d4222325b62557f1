/**
 * Local codec: what a workload asked, read from the wire, and what its agent answers, written to it. Every
 * request is checked here, field by field; the client's half is in local-client-codec.ts.
 */
import type { LocalBudgetView } from "../../proto/gen/fleet/v1/LocalBudgetView.ts";
import type { LocalReply, LocalRequest } from "./local-methods.ts";
import {
  ACTIVITIES,
  type BudgetChange,
  type BudgetRow,
  type BudgetVerdict,
  type CandidateRow,
  LOCAL_LIMITS,
  type LocalClaim,
  type LocalEvent,
  type LocalStats,
  type LocalVerdict,
  type OwnerActivity,
  QOS_KINDS,
  type QosReport,
  type RegistryRow,
  type ResourcesQuery,
  type SystemResources,
} from "./local-types.ts";
import {
  invalid,
  readFinite,
  readId,
  readMaybe,
  readName,
  readText,
  readUint,
  TEXT_LIMITS,
} from "./values.ts";
import { createWords, priorityWords } from "./words.ts";

export const activityWords = createWords("ACTIVITY", ACTIVITIES);
export const qosWords = createWords("QOS", QOS_KINDS);

const DEFAULT_TOP_N = 10;

/** Throws FleetError "invalid" naming the field, as do all readers here. */
export function decodeClaim(wire: LocalRequest<"Reserve">): LocalClaim {
  return {
    key: readMaybe(wire.key, "key", readKey),
    priority: priorityWords.decode(wire.priority, "priority"),
    vramBytes: readUint(wire.vramBytes, "vramBytes"),
    gpu: readMaybe(wire.gpu, "gpu", readId),
    subsystem: readName(wire.subsystem, "subsystem"),
    label: readText(wire.label, "label", TEXT_LIMITS.id),
    owner: readMaybe(wire.owner, "owner", readId),
    isEvictable: wire.evictable,
    reloadMs: readAtMost(wire.reloadMs, "reloadMs", LOCAL_LIMITS.reloadMs),
    keepMs: readAtMost(wire.keepMs, "keepMs", LOCAL_LIMITS.keepMs),
    idleMs: readAtMost(wire.idleMs, "idleMs", LOCAL_LIMITS.idleMs),
  };
}

export function decodeActivity(wire: LocalRequest<"SetActivity">): OwnerActivity {
  const expiresMs = readAtMost(wire.expiresMs, "expiresMs", LOCAL_LIMITS.activityMs);
  if (expiresMs === 0) throw invalid("expiresMs", "must be 1 or more");
  return { owner: readId(wire.owner, "owner"), kind: activityWords.decode(wire.kind, "kind"), expiresMs };
}

export function decodeQosReport(wire: LocalRequest<"ReportQos">): QosReport {
  const value = readFinite(wire.value, "value");
  if (value < 0) throw invalid("value", "must be 0 or more");
  return {
    subsystem: readName(wire.subsystem, "subsystem"),
    kind: qosWords.decode(wire.kind, "kind"),
    value,
  };
}

export function decodeBudgetChange(wire: LocalRequest<"SetBudget">): BudgetChange {
  return {
    subsystem: readName(wire.subsystem, "subsystem"),
    budgetMib: readAtMost(wire.budgetMib, "budgetMib", Number.MAX_SAFE_INTEGER / 1024 ** 2),
    gpu: readMaybe(wire.gpu, "gpu", readId),
  };
}

export function decodeResourcesQuery(wire: LocalRequest<"GetSystemResources">): ResourcesQuery {
  const topN = readAtMost(wire.topN, "topN", LOCAL_LIMITS.topN);
  return { includeProcesses: wire.includeProcesses, topN: topN === 0 ? DEFAULT_TOP_N : topN };
}

export function encodeVerdict(verdict: LocalVerdict): LocalReply<"Reserve"> {
  if (verdict.kind === "refused") return { refused: known(verdict) };
  const { isOverBudget, ...granted } = verdict;
  return { granted: { ...granted, overBudget: isOverBudget } };
}

export function encodeStats({ gpus, qos, activities }: LocalStats): LocalReply<"Stats"> {
  return {
    gpus: gpus.map(({ gates, budgets, overclaimed, ...gpu }) => ({
      ...known(gpu),
      gates: gates.map(({ isStructurallyStarved, ...row }) => ({
        ...row,
        priority: priorityWords.encode(row.priority),
        structurallyStarved: isStructurallyStarved,
      })),
      budgets: encodeBudgets(budgets),
      overclaimed: overclaimed.map(({ id, ...row }) => ({ ...row, consumerId: id })),
    })),
    qos: qos.map((series) => ({ ...series, kind: qosWords.encode(series.kind) })),
    activities: activities.map((each) => ({ ...each, kind: activityWords.encode(each.kind) })),
  };
}

export function encodeRegistry(rows: readonly RegistryRow[]): LocalReply<"EvictionRegistry"> {
  return {
    rows: rows.map(({ isEvictable, ...row }) => ({
      ...known(row),
      priority: priorityWords.encode(row.priority),
      evictable: isEvictable,
    })),
  };
}

export function encodeCandidates(rows: readonly CandidateRow[]): LocalReply<"EvictionCandidates"> {
  return { candidates: rows.map((row) => ({ ...row, priority: priorityWords.encode(row.priority) })) };
}

export function encodeBudgetVerdict(verdict: BudgetVerdict): LocalReply<"SetBudget"> {
  const because = verdict.kind === "applied" ? "" : verdict.because;
  return { applied: verdict.kind === "applied", because, budgets: encodeBudgets(verdict.budgets) };
}

export function encodeResources({
  processes,
  ...figures
}: SystemResources): LocalReply<"GetSystemResources"> {
  return { ...known(figures), processes: processes.map(known) };
}

export function encodeEvent(event: LocalEvent): LocalReply<"Watch"> {
  if (event.kind === "evict") return { evict: event };
  if (event.kind === "rebalanced") {
    const { gpu, reason, before, after } = event;
    return { rebalanced: { gpu, reason, before: encodeTable(before), after: encodeTable(after) } };
  }
  return { pressure: { ...event, gpu: event.gpu ?? "" } };
}

function encodeTable(table: Readonly<Record<string, number>>): { subsystem: string; bytes: number }[] {
  return Object.entries(table).map(([subsystem, bytes]) => ({ subsystem, bytes }));
}

function encodeBudgets(rows: readonly BudgetRow[]): LocalBudgetView[] {
  return [...rows];
}

function readKey(value: string, field: string): string {
  if (value.length > LOCAL_LIMITS.keyLength) {
    throw invalid(field, `must be at most ${LOCAL_LIMITS.keyLength} characters`);
  }
  return readId(value, field);
}

function readAtMost(value: number, field: string, limit: number): number {
  const count = readUint(value, field);
  if (count > limit) throw invalid(field, `must be at most ${Math.floor(limit)}`);
  return count;
}

/** The fields whose value is known; an absent field is how the wire says "unknown". */
type Known<Fields> = { [Key in keyof Fields]?: Exclude<Fields[Key], null> };

function known<Fields extends object>(fields: Fields): Known<Fields> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null)) as Known<Fields>;
}

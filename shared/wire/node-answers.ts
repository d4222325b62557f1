/**
 * Node answers: what a node is asked through the hub and what it answers, by method. The answer travels as JSON
 * that the hub does not look into, so whoever asked checks it here, as strictly as a message.
 */
import { z } from "zod";
import { FleetError } from "../errors.ts";
import type { JsonObject } from "../json.ts";
import { GPU_SOURCES, type QueryMethod } from "../model/messages.ts";
import { PRIORITIES } from "../model/priority.ts";
import { LEVELS, type PressureEventName, pressureEventName, WATCHED } from "../policy/pressure.ts";
import {
  ACTIVITIES,
  type BudgetChange,
  type BudgetVerdict,
  type CandidateRow,
  type LocalStats,
  type PressureEvent,
  QOS_KINDS,
  type RegistryRow,
  type ResourcesQuery,
  type SystemResources,
} from "./local-types.ts";

export interface NodeQuestions {
  readonly "gpu-stats": Readonly<Record<string, never>>;
  readonly "eviction-registry": Readonly<Record<string, never>>;
  readonly "eviction-candidates": Readonly<Record<string, never>>;
  readonly "system-resources": ResourcesQuery;
  readonly pressure: Readonly<Record<string, never>>;
  readonly "set-budget": BudgetChange;
}

export interface NodeAnswers {
  readonly "gpu-stats": LocalStats;
  readonly "eviction-registry": { readonly consumers: readonly RegistryRow[]; readonly leftOut: number };
  readonly "eviction-candidates": { readonly candidates: readonly CandidateRow[]; readonly leftOut: number };
  readonly "system-resources": SystemResources;
  readonly pressure: { readonly pressures: readonly PressureEvent[] };
  readonly "set-budget": BudgetVerdict;
}

const count = z.int().min(0);
const amount = z.number().min(0);
const maybeCount = count.nullable();
const maybeAmount = amount.nullable();
const priority = z.enum(PRIORITIES);
const level = z.enum(LEVELS);
const EVENT_NAMES: readonly PressureEventName[] = WATCHED.flatMap((watched) =>
  [...LEVELS, "update" as const].map((what) => pressureEventName(watched, what)),
);

const budgets = z.array(
  z.object({ subsystem: z.string(), baselineBytes: amount, currentBytes: amount, heldBytes: count }),
);

const gate = z.object({
  priority,
  gate: amount,
  live: count,
  refusals: count,
  headroomBytes: count,
  isStructurallyStarved: z.boolean(),
});

const gpu = z.object({
  uuid: z.string(),
  name: z.string().nullable().default(null),
  source: z.enum(GPU_SOURCES).nullable().default(null),
  totalBytes: count,
  usableBytes: count,
  usedBytes: count,
  reservedBytes: count,
  measuredBytes: maybeCount,
  foreignBytes: maybeCount,
  pressure: amount,
  level,
  sampleAgeMs: maybeAmount,
  gates: z.array(gate),
  budgets,
  overclaimed: z.array(
    z.object({ id: z.string(), label: z.string(), reservedBytes: count, measuredBytes: count }),
  ),
});

const stats = z.object({
  gpus: z.array(gpu),
  qos: z.array(
    z.object({
      subsystem: z.string(),
      kind: z.enum(QOS_KINDS),
      count,
      last: amount,
      worst: amount,
      ageMs: amount,
    }),
  ),
  activities: z.array(z.object({ owner: z.string(), kind: z.enum(ACTIVITIES), expiresMs: amount })),
});

/** Rows beyond the bound of an answer. */
const leftOut = count.default(0);

const candidate = z.object({
  consumerId: z.string(),
  gpu: z.string(),
  label: z.string(),
  subsystem: z.string(),
  priority,
  vramBytes: count,
  idleMs: amount,
  score: z.number(),
});

const consumer = candidate.extend({
  measuredBytes: maybeCount,
  heldForMs: amount,
  isEvictable: z.boolean(),
  // Who holds it is known to the local service alone.
  pid: maybeCount.default(null),
  uid: maybeCount.default(null),
});

const resources = z.object({
  cpuCores: count,
  cpuRatio: maybeAmount,
  memoryTotalBytes: maybeCount,
  memoryAvailableBytes: maybeCount,
  swapTotalBytes: maybeCount,
  swapUsedBytes: maybeCount,
  memoryStallPercent: maybeAmount,
  processes: z.array(
    z.object({
      pid: count,
      name: z.string(),
      rssBytes: maybeCount,
      vramBytes: maybeCount,
      cpuMs: amount,
    }),
  ),
});

const pressure = z.object({
  kind: z.literal("pressure"),
  name: z.enum(EVENT_NAMES),
  level,
  ratio: amount,
  gpu: z.string().nullable(),
});

const ANSWERS: { readonly [Method in QueryMethod]: z.ZodType<NodeAnswers[Method]> } = {
  "gpu-stats": stats,
  "eviction-registry": z.object({ consumers: z.array(consumer), leftOut }),
  "eviction-candidates": z.object({ candidates: z.array(candidate), leftOut }),
  "system-resources": resources,
  pressure: z.object({ pressures: z.array(pressure) }),
  "set-budget": z.discriminatedUnion("kind", [
    z.object({ kind: z.literal("applied"), budgets }),
    z.object({ kind: z.literal("refused"), because: z.string(), budgets }),
  ]),
};

/** One pressure of `node` as the hub tells it. Throws "unavailable" naming what is wrong with it. */
export function readPressure(node: string, body: JsonObject): PressureEvent {
  return readBody(node, "pressure", pressure, body);
}

/** The answer of `node`, fields of a newer agent left out. Throws "unavailable" naming what is wrong with it. */
export function readNodeAnswer<Method extends QueryMethod>(
  node: string,
  method: Method,
  body: JsonObject,
): NodeAnswers[Method] {
  const schema: z.ZodType<NodeAnswers[Method]> = ANSWERS[method];
  return readBody(node, method, schema, body);
}

function readBody<Value>(node: string, what: string, schema: z.ZodType<Value>, body: JsonObject): Value {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const where = `${issue?.path.join(".") || what}: ${issue?.message}`;
  throw new FleetError("unavailable", `${node} answers in a way that this version does not know (${where})`);
}

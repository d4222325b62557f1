/**
 * Node schema: what `node.json` may say, field by field, and the rules that follow from it. An unknown field is
 * refused like a wrong one: a word that was misspelt must not pass for a default.
 */
import { z } from "zod";
import { FleetError } from "../../shared/errors.ts";
import { type JsonDocument, placeProblems } from "../../shared/json-document.ts";
import { PRIORITIES, PRIORITY_GATE } from "../../shared/model/priority.ts";
import { RUNGS } from "../../shared/policy/eviction.ts";
import { GATE_POLICIES, SMALL_NODE_GATES } from "../../shared/policy/gate.ts";
import { STRATEGY_MODES } from "../../shared/policy/governor.ts";
import { HOST_MEMORY_POLICY } from "../../shared/policy/host-memory.ts";
import { LEDGER_CONFIG } from "../../shared/policy/ledger.ts";
import { PRESSURE_POLICY, type PressurePolicy } from "../../shared/policy/pressure.ts";
import { type DeclaredConsumer, GOVERNANCE, type Governance, MEMORY_MODELS } from "../core/governance.ts";

export const MIB = 1024 ** 2;
const CONSUMERS_MAX = 64;

const name = z.string().regex(/^[a-z0-9]([a-z0-9._-]{0,62}[a-z0-9])?$/, "must be a-z, 0-9 and inner . _ -");
const mib = z
  .number()
  .int()
  .min(0)
  .max(2 ** 30);
const seconds = z
  .number()
  .min(0)
  .max(30 * 86_400);
const rung = z.enum(RUNGS);
const url = z.url({ protocol: /^https?$/ });
const headers = z.record(z.string(), z.string()).default({});
const request = z.strictObject({
  method: z.enum(["GET", "POST", "PUT", "DELETE"]).default("POST"),
  path: z.string().startsWith("/"),
  json: z.unknown().optional(),
});
const yields = { mib: mib.nullable().default(null) };
const argv = z.tuple([z.string().min(1)], z.string());
const several = { spills: z.array(rung).default([]) };

const evict = z.discriminatedUnion("by", [
  z.strictObject({ by: z.literal("comfyui"), url, headers }),
  z.strictObject({ by: z.literal("ollama"), url, headers, model: z.string().nullable().default(null) }),
  z.strictObject({ by: z.literal("llama-swap"), url, headers, model: z.string().min(1) }),
  z.strictObject({
    by: z.literal("vllm"),
    url,
    headers,
    level: z.union([z.literal(1), z.literal(2)]).default(1),
  }),
  z.strictObject({
    by: z.literal("http"),
    url,
    headers,
    rungs: z.partialRecord(rung, z.strictObject({ request, ...yields })),
    restore: request.nullable().default(null),
    ...several,
  }),
  z.strictObject({
    by: z.literal("command"),
    rungs: z.partialRecord(rung, z.strictObject({ argv, ...yields })),
    restore: argv.nullable().default(null),
    ...several,
  }),
]);

/** How one consumer gives VRAM back. */
export type EvictConfig = z.infer<typeof evict>;

const consumer = z.strictObject({
  id: name,
  label: z.string().min(1).max(120).optional(),
  subsystem: name,
  priority: z.enum(PRIORITIES),
  vramMib: mib,
  /** Always loaded: the gate policy `resident-aware` takes it out of the account of background and batch. */
  isResident: z.boolean().default(true),
  gpu: z.string().min(1).nullable().default(null),
  /** How its processes are known: a pid, or the name that the driver shows. */
  pid: z.number().int().positive().nullable().default(null),
  process: z.string().min(1).nullable().default(null),
  /** For how long nobody has used it by now. */
  idleSeconds: seconds.default(0),
  reloadSeconds: seconds.default(0),
  /** Whom it works for: what this persona does (SetActivity) moves it and wakes it. */
  owner: z.string().min(1).max(120).nullable().default(null),
  /** Its processes may be parked: driver 570 or later, on arm64 595. */
  park: z.boolean().default(false),
  /** Null: it is never asked to give way. */
  evict: evict.nullable().default(null),
});

const share = z.number().min(0).max(1);
const opens = z
  .strictObject({
    warning: share.default(PRESSURE_POLICY.opensAt.warning),
    high: share.default(PRESSURE_POLICY.opensAt.high),
    critical: share.default(PRESSURE_POLICY.opensAt.critical),
    /** How far below its threshold a reading must fall before a level is left. */
    hysteresis: z.number().min(0).max(0.2).default(0),
  })
  .refine(({ warning, high, critical }) => warning < high && high < critical, {
    message: "must rise: warning < high < critical",
  })
  .refine(({ warning, hysteresis }) => hysteresis < warning, {
    path: ["hysteresis"],
    message: "must be less than warning, or no level is ever left",
  })
  .prefault({});

const schema = z.strictObject({
  governance: z
    .strictObject({
      maxLayer: z.number().int().min(0).max(4).default(4),
      strategy: z.enum(STRATEGY_MODES).default("mechanical"),
      idleAfterSeconds: seconds.nullable().default(null),
      yieldAfterSeconds: seconds.default(600),
      /** How long a card must be at ease before what sleeps on it is woken; null: only when it is used. */
      wakeAfterSeconds: seconds.nullable().default(120),
    })
    .prefault({}),
  gates: z
    .strictObject({
      policy: z.enum(GATE_POLICIES).default("resident-aware"),
      table: z.enum(["standard", "small-node"]).default("standard"),
      hardBudgets: z.array(z.enum(["background", "batch"])).default([]),
    })
    .prefault({}),
  /** `unified`: card and host share one pool, of which `osFloorMib` stays with the system. */
  memory: z
    .strictObject({
      model: z.enum(MEMORY_MODELS).default("discrete"),
      osFloorMib: mib.default(8_192),
      /** Share of main memory in use at which a priority starts nothing. */
      gates: z.partialRecord(z.enum(PRIORITIES), share).default({}),
      /** When running work has to give way. */
      relief: z
        .strictObject({
          batch: share.default(HOST_MEMORY_POLICY.relieveBatchAt),
          background: share.default(HOST_MEMORY_POLICY.relieveBackgroundAt),
          /** A job that grows so fast that main memory would be gone within this time is stopped. */
          leakSeconds: seconds.default(HOST_MEMORY_POLICY.leakHorizonMs / 1000),
        })
        .prefault({}),
    })
    .prefault({}),
  /** At which share in use the levels of a resource open. */
  pressure: z.strictObject({ gpu: opens, cpu: opens, memory: opens }).prefault({}),
  /** How processes are parked with cuda-checkpoint. */
  park: z
    .strictObject({
      program: z
        .string()
        .startsWith("/", "must be an absolute path")
        .default("/usr/local/bin/cuda-checkpoint"),
      lockSeconds: z.number().min(1).max(300).default(10),
    })
    .prefault({}),
  /** By card, `*` for every other one, then by subsystem. */
  budgetsMib: z.record(z.string(), z.record(name, mib)).default({}),
  consumers: z.array(consumer).max(CONSUMERS_MAX).default([]),
  /** Who may use the local service besides root and the agent's own user. */
  local: z
    .strictObject({
      uids: z.array(z.number().int().min(0)).default([]),
      gids: z.array(z.number().int().min(0)).default([]),
      socketGid: z.number().int().min(0).nullable().default(null),
    })
    .prefault({}),
});

export type Document = z.infer<typeof schema>;

/** @throws FleetError `config` naming file, line and field. */
export function parseDocument(path: string, json: JsonDocument): Document {
  const parsed = schema.safeParse(json.value);
  if (!parsed.success) throw new FleetError("config", placeProblems(path, json, parsed.error.issues));
  const ids = parsed.data.consumers.map(({ id }) => id);
  const twice = ids.findIndex((id, index) => ids.indexOf(id) !== index);
  if (twice >= 0) {
    const message = `${ids[twice]} is declared twice`;
    throw new FleetError(
      "config",
      placeProblems(path, json, [{ code: "custom", path: ["consumers", twice, "id"], message }]),
    );
  }
  return parsed.data;
}

/** The rules that a document states. */
export function governanceOf(document: Document): Governance {
  const { governance, gates, budgetsMib, consumers, memory } = document;
  const { idleAfterSeconds, yieldAfterSeconds, wakeAfterSeconds, maxLayer, strategy } = governance;
  return {
    ...GOVERNANCE,
    maxLayer,
    strategy,
    idleAfterMs: idleAfterSeconds === null ? null : idleAfterSeconds * 1000,
    yieldAfterMs: yieldAfterSeconds * 1000,
    wakeAfterMs: wakeAfterSeconds === null ? null : wakeAfterSeconds * 1000,
    memoryModel: memory.model,
    hostMemory: {
      ...HOST_MEMORY_POLICY,
      gates: { ...HOST_MEMORY_POLICY.gates, ...memory.gates },
      relieveBatchAt: memory.relief.batch,
      relieveBackgroundAt: memory.relief.background,
      leakHorizonMs: memory.relief.leakSeconds * 1000,
    },
    pressure: mapValues(document.pressure, pressurePolicy),
    ledger: {
      ...LEDGER_CONFIG,
      gates: gates.table === "standard" ? PRIORITY_GATE : SMALL_NODE_GATES,
      gatePolicy: gates.policy,
      hardBudgetPriorities: gates.hardBudgets,
      osFloorBytes: memory.model === "unified" ? memory.osFloorMib * MIB : 0,
    },
    budgets: mapValues(budgetsMib, (table) => mapValues(table, (figure) => figure * MIB)),
    declared: consumers.map(declaredConsumer),
  };
}

function declaredConsumer(each: Document["consumers"][number]): DeclaredConsumer {
  const { id, label, subsystem, priority, vramMib, isResident, reloadSeconds } = each;
  return {
    claim: {
      id: declaredId(id),
      label: label ?? id,
      subsystem,
      priority,
      bytes: vramMib * MIB,
      evictable: each.evict !== null || each.park,
      resident: isResident,
      reloadMs: reloadSeconds * 1000,
    },
    gpu: each.gpu,
    pid: each.pid,
    processName: each.process,
    owner: each.owner,
    idleMs: each.idleSeconds * 1000,
  };
}

/** Id in the ledger of what the document declares. */
export function declaredId(id: string): string {
  return `node/${id}`;
}

function pressurePolicy({ hysteresis, ...opensAt }: Document["pressure"]["gpu"]): PressurePolicy {
  return { opensAt, hysteresisRatio: hysteresis };
}

function mapValues<Key extends string, From, To>(
  record: Readonly<Record<Key, From>>,
  change: (value: From) => To,
): Record<Key, To> {
  const entries = Object.entries<From>(record).map(([key, value]) => [key, change(value)]);
  return Object.fromEntries(entries) as Record<Key, To>;
}

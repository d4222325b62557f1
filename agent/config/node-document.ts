/**
 * Node document: `node.json` in the agent's directory, where people say how this box governs itself and what is
 * loaded on it. Read once at start and checked in full: a wrong field keeps the agent from starting instead of
 * being passed over. The agent itself writes only the budgets that an operator sets.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Adapter, Low } from "lowdb";
import { z } from "zod";
import { writeFileDurable } from "../../shared/durable-file.ts";
import { FleetError } from "../../shared/errors.ts";
import { PRIORITIES, PRIORITY_GATE } from "../../shared/model/priority.ts";
import type { BudgetTable } from "../../shared/policy/budget.ts";
import { RUNGS } from "../../shared/policy/eviction.ts";
import { GATE_POLICIES, SMALL_NODE_GATES } from "../../shared/policy/gate.ts";
import { STRATEGY_MODES } from "../../shared/policy/governor.ts";
import { LEDGER_CONFIG } from "../../shared/policy/ledger.ts";
import { type DeclaredConsumer, GOVERNANCE, type Governance } from "../core/governance.ts";

const MIB = 1024 ** 2;
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
  /** Null: it is never asked to give way. */
  evict: evict.nullable().default(null),
});

const schema = z.strictObject({
  governance: z
    .strictObject({
      maxLayer: z.number().int().min(0).max(4).default(4),
      strategy: z.enum(STRATEGY_MODES).default("mechanical"),
      idleAfterSeconds: seconds.nullable().default(null),
      yieldAfterSeconds: seconds.default(600),
    })
    .prefault({}),
  gates: z
    .strictObject({
      policy: z.enum(GATE_POLICIES).default("resident-aware"),
      table: z.enum(["standard", "small-node"]).default("standard"),
      hardBudgets: z.array(z.enum(["background", "batch"])).default([]),
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

type Document = z.infer<typeof schema>;

export interface NodeDocument {
  readonly governance: Governance;
  /** By consumer id. */
  readonly evict: ReadonlyMap<string, EvictConfig>;
  readonly local: Document["local"];
  /** Keeps an operator's budgets of a card across restarts. */
  saveBudgets(gpu: string, budgets: BudgetTable): Promise<void>;
}

/** @throws FleetError `config` naming the field when the document cannot be used. */
export function openNodeDocument(directory: string): NodeDocument {
  const path = join(directory, "node.json");
  const text = readText(path);
  const document = parse(path, text);
  const file = openFile(path, text === null ? {} : (JSON.parse(text) as object));
  return {
    governance: governanceOf(document),
    evict: new Map(
      document.consumers.flatMap(({ id, evict: how }) => (how === null ? [] : [[declaredId(id), how]])),
    ),
    local: document.local,
    saveBudgets: async (gpu, budgets) => {
      const inMib = Object.entries(budgets).map(([subsystem, bytes]) => [subsystem, Math.floor(bytes / MIB)]);
      file.data = {
        ...file.data,
        budgetsMib: { ...file.data.budgetsMib, [gpu]: Object.fromEntries(inMib) },
      };
      await file.write();
    },
  };
}

interface Stored {
  readonly budgetsMib?: Document["budgetsMib"];
}

/** What people wrote stays as they wrote it, save for the budgets. */
function openFile(path: string, initial: Stored): Low<Stored> {
  const adapter: Adapter<Stored> = {
    read: async () => initial,
    write: (data) => writeFileDurable(path, `${JSON.stringify(data, null, 2)}\n`),
  };
  return new Low(adapter, initial);
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw new FleetError("config", `${path} cannot be read`, error);
  }
}

function parse(path: string, text: string | null): Document {
  let value: unknown;
  try {
    value = text === null ? {} : JSON.parse(text);
  } catch (error) {
    throw new FleetError("config", `${path} is not JSON`, error);
  }
  const parsed = schema.safeParse(value);
  if (!parsed.success) {
    const problems = parsed.error.issues.map((issue) => `${issue.path.join(".") || "/"}: ${issue.message}`);
    throw new FleetError("config", `${path}: ${problems.join("; ")}`);
  }
  const ids = parsed.data.consumers.map(({ id }) => id);
  const twice = ids.find((id, index) => ids.indexOf(id) !== index);
  if (twice !== undefined) throw new FleetError("config", `${path}: consumers: ${twice} is declared twice`);
  return parsed.data;
}

function governanceOf({ governance, gates, budgetsMib, consumers }: Document): Governance {
  const { idleAfterSeconds, yieldAfterSeconds, maxLayer, strategy } = governance;
  return {
    ...GOVERNANCE,
    maxLayer,
    strategy,
    idleAfterMs: idleAfterSeconds === null ? null : idleAfterSeconds * 1000,
    yieldAfterMs: yieldAfterSeconds * 1000,
    ledger: {
      ...LEDGER_CONFIG,
      gates: gates.table === "standard" ? PRIORITY_GATE : SMALL_NODE_GATES,
      gatePolicy: gates.policy,
      hardBudgetPriorities: gates.hardBudgets,
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
      evictable: each.evict !== null,
      resident: isResident,
      reloadMs: reloadSeconds * 1000,
    },
    gpu: each.gpu,
    pid: each.pid,
    processName: each.process,
    idleMs: each.idleSeconds * 1000,
  };
}

/** Id in the ledger of what the document declares. */
function declaredId(id: string): string {
  return `node/${id}`;
}

function mapValues<From, To>(
  record: Readonly<Record<string, From>>,
  change: (value: From) => To,
): Record<string, To> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
}

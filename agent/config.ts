/** Config of the agent: file < environment < flags, read once, checked, frozen. */
import { readdirSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { z } from "zod";
import { FleetError } from "../shared/errors.ts";
import { fileProblem } from "../shared/file-problem.ts";
import { settingsProblem } from "../shared/issue-words.ts";
import { isJsonObject, type JsonObject } from "../shared/json.ts";
import { LOG_LEVELS } from "../shared/log.ts";
import { ADDRESSES_FORM, splitAddresses } from "../shared/model/hub-book.ts";
import { GPU_CHOICES } from "./gpu/sensor.ts";

/** Where an agent lives: `ROOT/agents/NODE`. */
export interface NodePlace {
  readonly root: string;
  readonly node: string;
  readonly directory: string;
}

const NODE = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
const slots = z.coerce.number().int().min(0).max(64);

const schema = z.strictObject({
  /** `host:port`, or several with commas between them; null: whatever ROOT/hub/endpoint.json says. */
  hub: z
    .string()
    .refine((text) => splitAddresses(text) !== null, ADDRESSES_FORM)
    .nullable()
    .default(null),
  /** `auto`: NVML, else nvidia-smi, else none; `simulated` is never chosen by itself. */
  gpu: z.enum(GPU_CHOICES, `must be ${GPU_CHOICES.join(", ")}`).default("auto"),
  /** Names that the loader and the shell look up, or paths. */
  nvmlLibrary: z.string().min(1).default("libnvidia-ml.so.1"),
  nvidiaSmi: z.string().min(1).default("nvidia-smi"),
  /** Null: half of the cores, at least one. */
  gpuSlots: slots.nullable().default(null),
  cpuSlots: slots.nullable().default(null),
  labels: z.record(z.string(), z.string()).default({}),
  cacheBytes: z.coerce
    .number()
    .int()
    .min(0)
    .default(2 * 1024 ** 3),
  /** `FIRST-LAST`: users that nobody has, one for each job on a box without cgroups; null: jobs run as the agent. */
  jobUids: z
    .string()
    .regex(/^\d{4,9}-\d{4,9}$/, "must be FIRST-LAST, both 1000 or more")
    .transform((text) => {
      const [first = 0, last = 0] = text.split("-").map(Number);
      return { first, last };
    })
    .refine(({ first, last }) => 1000 <= first && first <= last && last - first < 4096, {
      message: "must be FIRST-LAST, at most 4096 users, all 1000 or more",
    })
    .nullable()
    .default(null),
  logLevel: z.enum(LOG_LEVELS).default("info"),
  timingScale: z.coerce.number().positive().max(1).default(1),
});

export type AgentSettings = Readonly<z.infer<typeof schema>>;
type Given = Readonly<Record<string, string | undefined>>;

const ENVIRONMENT: Readonly<Record<string, keyof AgentSettings>> = {
  SPIRAL_HUB: "hub",
  SPIRAL_GPU: "gpu",
  SPIRAL_NVML_LIBRARY: "nvmlLibrary",
  SPIRAL_NVIDIA_SMI: "nvidiaSmi",
  SPIRAL_GPU_SLOTS: "gpuSlots",
  SPIRAL_CPU_SLOTS: "cpuSlots",
  SPIRAL_JOB_UIDS: "jobUids",
  SPIRAL_LOG_LEVEL: "logLevel",
  SPIRAL_TIMING_SCALE: "timingScale",
};

/** Which node this is. @throws FleetError `invalid` when no node is named or by an impossible name, `config` when SPIRAL_NODE is one. */
export function placeOf(flags: Given, env: Given): NodePlace {
  const root = resolve(flags["root"] ?? env["SPIRAL_ROOT"] ?? join(homedir(), "spiral"));
  const node = flags["node"] ?? env["SPIRAL_NODE"];
  if (node === undefined) throw new FleetError("invalid", "which node is this? name it with --node NAME");
  if (!NODE.test(node)) {
    throw new FleetError(
      flags["node"] === undefined ? "config" : "invalid",
      `node ${JSON.stringify(node)} must be a-z, 0-9 and inner "-", at most 63`,
    );
  }
  return { root, node, directory: join(root, "agents", node) };
}

/** Emergency stops must not look done where nobody is. @throws FleetError `notFound` naming those that live there. */
export function requireAgent({ node, directory }: NodePlace): void {
  const agents = dirname(directory);
  const there = namesIn(agents);
  if (there.includes(node)) return;
  const known = there.join(", ") || "none";
  throw new FleetError("notFound", `no agent "${node}" lives below ${agents}; there: ${known}`);
}

function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory).sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw fileProblem(directory, error);
  }
}

/** @throws FleetError `config` naming the field and where it may have come from. */
export function loadSettings(place: NodePlace, flags: Given, env: Given): AgentSettings {
  const path = join(place.directory, "agent.json");
  const fromEnv = Object.entries(ENVIRONMENT).map(([name, key]) => [key, env[name]]);
  const { root: _, node: __, ...fromFlags } = flags;
  const given = [...fromEnv, ...Object.entries(fromFlags)].filter(([, value]) => value !== undefined);
  const parsed = schema.safeParse({ ...readFile(path), ...Object.fromEntries(given) });
  if (parsed.success) return Object.freeze(parsed.data);
  const elsewhere = `agent config (SPIRAL_*, ${path})`;
  throw settingsProblem({ issues: parsed.error.issues, flags: fromFlags, elsewhere });
}

function readFile(path: string): JsonObject {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return {};
    throw fileProblem(path, error);
  }
  try {
    const value: unknown = JSON.parse(text);
    if (isJsonObject(value)) return value;
  } catch (error) {
    throw new FleetError("config", `${path} is not JSON`, error);
  }
  throw new FleetError("config", `${path} is not a JSON object`);
}

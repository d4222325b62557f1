/**
 * Cgroup driver: one leaf per attempt in each hierarchy that was found, named by its token. v2 and v1 differ
 * only in file names; where v1 holds the controllers, a bare v2 leaf beside them still kills in one write.
 * Nothing is kept in memory: the next agent finds the same leaves by their names.
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { FleetError } from "../../../shared/errors.ts";
import { type CgroupPlaces, type Controller, findPlaces, removeCgroup } from "./cgroup-places.ts";
import type { ResourceLimits } from "./limits.ts";
import {
  type DriverCaps,
  type LeafReading,
  type ResourceDriver,
  type ResourceLeaf,
  sweepDriver,
} from "./resource-driver.ts";
import { createUidDriver, type UidRange } from "./uid-driver.ts";

/**
 * The best driver this box allows. Attempts of one directory keep to one set of cgroups, agent after agent.
 * @throws FleetError `config` when `uids` are needed and cannot be used
 */
export function chooseDriver(attemptsDirectory: string, uids: UidRange | null = null): ResourceDriver {
  const name = `spiral-${createHash("sha256").update(attemptsDirectory).digest("hex").slice(0, 12)}`;
  const driver = createCgroupDriver(findPlaces(name));
  return driver ?? (uids === null ? sweepDriver : createUidDriver(attemptsDirectory, uids));
}

/** Null when the places hold nothing to make leaves in. */
export function createCgroupDriver({ unified, legacy }: CgroupPlaces): ResourceDriver | null {
  const homes: Homes = new Map(legacy);
  for (const controller of unified?.controllers ?? []) homes.set(controller, (unified as Unified).path);
  const bases = [...new Set([...(unified === null ? [] : [unified.path]), ...homes.values()])];
  const [first] = bases;
  if (first === undefined) return null;
  const leafOf = (token: number): ResourceLeaf => openLeaf({ unified, homes, bases, token });
  return {
    name: legacy.size > (unified?.controllers.size ?? 0) ? "cgroup-v1" : "cgroup-v2",
    caps: capsOf(homes, unified !== null),
    open: leafOf,
    create: (token, limits) => {
      const leaf = leafOf(token);
      try {
        for (const directory of leaf.directories) mkdirSync(directory, { recursive: true });
        for (const [controller, base] of homes) {
          const files = base === unified?.path ? V2_LIMITS : V1_LIMITS;
          for (const file of files[controller](limits)) writeLimit(join(base, String(token)), file);
        }
      } catch (error) {
        leaf.remove();
        throw new FleetError("internal", `no cgroup for attempt ${token}`, error);
      }
      return leaf;
    },
    tokens: () => listTokens(first),
    close: () => bases.forEach(removeCgroup),
  };
}

type Unified = NonNullable<CgroupPlaces["unified"]>;
type Homes = Map<Controller, string>;

function capsOf(homes: Homes, hasUnified: boolean): DriverCaps {
  return {
    memory: homes.has("memory") ? "kernel" : "watch",
    tasks: homes.has("pids") ? "kernel" : "watch",
    cpu: homes.has("cpu") ? "kernel" : "nice",
    kill: hasUnified ? "kernel" : "members",
  };
}

/** One file of a leaf. An optional one depends on the kernel's age or on swap accounting. */
interface LimitFile {
  readonly name: string;
  readonly text: string;
  readonly isOptional?: boolean;
}

type LimitFiles = Readonly<Record<Controller, (limits: ResourceLimits) => readonly LimitFile[]>>;

const CPU_PERIOD_US = 100_000;
/** cpu.shares of a v1 cgroup whose weight is 100. */
const V1_SHARES = 1024;

const V2_LIMITS: LimitFiles = {
  memory: ({ memoryBytes }) => [
    { name: "memory.max", text: bytesOr(memoryBytes, "max") },
    // Swap would only make a leak slower to find, and the box slower with it.
    { name: "memory.swap.max", text: memoryBytes === null ? "max" : "0", isOptional: true },
    // A job that has lost one process to the OOM killer is not a job any more.
    { name: "memory.oom.group", text: "1", isOptional: true },
  ],
  pids: ({ tasks }) => [{ name: "pids.max", text: String(tasks) }],
  cpu: ({ cpuCores, cpuWeight }) => [
    { name: "cpu.weight", text: String(cpuWeight) },
    { name: "cpu.max", text: `${cpuCores === null ? "max" : quotaUs(cpuCores)} ${CPU_PERIOD_US}` },
  ],
};

const V1_LIMITS: LimitFiles = {
  memory: ({ memoryBytes }) => [
    { name: "memory.limit_in_bytes", text: bytesOr(memoryBytes, "-1") },
    { name: "memory.memsw.limit_in_bytes", text: bytesOr(memoryBytes, "-1"), isOptional: true },
  ],
  pids: ({ tasks }) => [{ name: "pids.max", text: String(tasks) }],
  cpu: ({ cpuCores, cpuWeight }) => [
    { name: "cpu.shares", text: String(Math.max(2, Math.round((V1_SHARES * cpuWeight) / 100))) },
    { name: "cpu.cfs_quota_us", text: cpuCores === null ? "-1" : String(quotaUs(cpuCores)) },
  ],
};

function bytesOr(bytes: number | null, unlimited: string): string {
  return bytes === null ? unlimited : String(Math.floor(bytes));
}

function quotaUs(cores: number): number {
  return Math.round(cores * CPU_PERIOD_US);
}

function writeLimit(directory: string, { name, text, isOptional = false }: LimitFile): void {
  const path = join(directory, name);
  if (isOptional && !existsSync(path)) return;
  writeFileSync(path, text);
}

interface LeafPlace {
  readonly unified: Unified | null;
  readonly homes: Homes;
  readonly bases: readonly string[];
  readonly token: number;
}

function openLeaf({ unified, homes, bases, token }: LeafPlace): ResourceLeaf {
  const directories = bases.map((base) => join(base, String(token)));
  const memory = homes.get("memory");
  const [first = ""] = directories;
  return {
    directories,
    uid: null,
    members: () => listMembers(first),
    kill: () => {
      if (unified !== null && existsSync(first)) writeFileSync(join(first, "cgroup.kill"), "1");
    },
    read: () =>
      memory === undefined
        ? { oomKills: null, peakMemoryBytes: null }
        : readMemory(join(memory, String(token)), memory === unified?.path),
    remove: () => {
      for (const directory of directories) for (const each of withChildren(directory)) removeCgroup(each);
    },
  };
}

function readMemory(directory: string, isV2: boolean): LeafReading {
  const kills = readText(join(directory, isV2 ? "memory.events" : "memory.oom_control"));
  const peak = readText(join(directory, isV2 ? "memory.peak" : "memory.max_usage_in_bytes"));
  const oomKills = /^oom_kill (\d+)$/m.exec(kills ?? "")?.[1];
  const peakBytes = /^\d+/.exec(peak ?? "")?.[0];
  return {
    oomKills: oomKills === undefined ? null : Number(oomKills),
    peakMemoryBytes: peakBytes === undefined ? null : Number(peakBytes),
  };
}

/** Pids in a cgroup and in those that the job may have made below it; null when it is not there. */
function listMembers(directory: string): readonly number[] | null {
  if (!existsSync(directory)) return null;
  return withChildren(directory).flatMap((each) => {
    const lines = (readText(join(each, "cgroup.procs")) ?? "").split("\n");
    // 0 stands for a process that our pid namespace cannot see.
    return lines.map(Number).filter((pid) => pid > 0);
  });
}

/** Itself last: children are removed before their parent. */
function withChildren(directory: string): readonly string[] {
  let names: readonly string[] = [];
  try {
    const entries = readdirSync(directory, { withFileTypes: true });
    names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  } catch {
    // Gone meanwhile: then it has no children.
  }
  return [...names.flatMap((name) => withChildren(join(directory, name))), directory];
}

function listTokens(base: string): readonly number[] {
  return readdirSync(base)
    .filter((name) => /^\d{1,15}$/.test(name))
    .map(Number);
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
}

/**
 * Limits: what one attempt may take from its box. They travel with the attempt's record, because an agent
 * that adopts a job must hold it to the limits it was started with.
 */
import { isJsonObject, type Json } from "../../../shared/json.ts";
import type { Lane, Priority } from "../../../shared/model/priority.ts";

export interface ResourceLimits {
  /** Memory of all its processes together; null: no bound of its own. */
  readonly memoryBytes: number | null;
  /** Processes and threads. */
  readonly tasks: number;
  /** Cores' worth of processor time, fractions allowed; null: all of them. */
  readonly cpuCores: number | null;
  /** Share of the processor under contention, 1…10000; 100 is a process like any other. */
  readonly cpuWeight: number;
  /** What its directory may hold; null: no bound of its own. */
  readonly diskBytes: number | null;
  /** Ended first when the disk runs full. */
  readonly yieldsDisk: boolean;
}

/** Enough for a training run with its loaders; a fork bomb ends here. */
export const TASKS_MAX = 4096;

export const DEFAULT_LIMITS: ResourceLimits = {
  memoryBytes: null,
  tasks: TASKS_MAX,
  cpuCores: null,
  cpuWeight: 100,
  diskBytes: null,
  yieldsDisk: false,
};

/** An interactive job gets ten times the processor of a batch job when both want it. */
const CPU_WEIGHT: Readonly<Record<Priority, number>> = {
  realtime: 400,
  interactive: 200,
  background: 50,
  batch: 20,
};

/** Host memory that no job without a bound of its own may take. */
const HOST_FLOOR_RATIO = 0.1;
const HOST_FLOOR_BYTES = 512 * 1024 ** 2;

export interface Box {
  readonly memoryBytes: number;
  readonly cores: number;
}

export interface JobNeeds {
  readonly lane: Lane;
  readonly priority: Priority;
  /** What the runner declares; null: nothing. */
  readonly memoryBytes: number | null;
  readonly diskBytes: number | null;
}

/** The limits of a job. The CPU lane shares half of the cores between all its slots (SPEC N8). */
export function planLimits(job: JobNeeds, box: Box): ResourceLimits {
  const floorBytes = Math.max(HOST_FLOOR_BYTES, Math.floor(box.memoryBytes * HOST_FLOOR_RATIO));
  return {
    memoryBytes: job.memoryBytes ?? Math.max(HOST_FLOOR_BYTES, box.memoryBytes - floorBytes),
    tasks: TASKS_MAX,
    cpuCores: job.lane === "cpu" ? Math.max(1, box.cores / 2) : null,
    cpuWeight: CPU_WEIGHT[job.priority],
    diskBytes: job.diskBytes,
    yieldsDisk: job.priority === "batch",
  };
}

/** Reads limits back; what makes no sense falls to the default, which bounds tasks all the same. */
export function parseLimits(value: Json | undefined): ResourceLimits {
  if (!isJsonObject(value)) return DEFAULT_LIMITS;
  const amount = (given: Json | undefined): number | null =>
    typeof given === "number" && Number.isFinite(given) && given > 0 ? given : null;
  return {
    memoryBytes: amount(value["memoryBytes"]),
    tasks: amount(value["tasks"]) ?? DEFAULT_LIMITS.tasks,
    cpuCores: amount(value["cpuCores"]),
    cpuWeight: amount(value["cpuWeight"]) ?? DEFAULT_LIMITS.cpuWeight,
    diskBytes: amount(value["diskBytes"]),
    yieldsDisk: value["yieldsDisk"] === true,
  };
}

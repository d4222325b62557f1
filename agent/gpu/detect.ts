/**
 * Detect: which adapter reads the GPUs of this box, with the reason for each one that does not. Auto takes NVML,
 * else nvidia-smi, else none. Only an adapter that finds nothing to ask is passed over: one that hangs or fails
 * is kept, because a box whose driver is in trouble is a GPU box in trouble and not a box without a GPU.
 */
import { accessSync, constants } from "node:fs";
import { delimiter, isAbsolute, join } from "node:path";
import type { Clock } from "../../shared/clock.ts";
import { describeError, FleetError } from "../../shared/errors.ts";
import type { Timing } from "../../shared/model/timing.ts";
import { createNvmlSensor } from "./nvml/sensor.ts";
import type { GpuSensor } from "./sensor.ts";
import { createSmiSensor } from "./smi/sensor.ts";

export type DriverAdapter = "nvml" | "nvidia-smi";

export interface DetectOptions {
  /** Null: whichever works. */
  readonly wanted: DriverAdapter | null;
  /** The built probe, `gpu-probe.mjs`. */
  readonly probePath: string;
  /** Name or path of NVML. */
  readonly nvmlLibrary: string;
  /** Name or path of nvidia-smi, and where names are looked up (`PATH`). */
  readonly nvidiaSmi: string;
  readonly searchPath: string;
  readonly clock: Clock;
  readonly timing: Timing;
}

export interface Detection {
  readonly chosen: DriverAdapter | null;
  /** Null exactly when none is chosen. */
  readonly sensor: GpuSensor | null;
  /** One sentence per adapter that was tried, in order. */
  readonly findings: readonly { readonly adapter: DriverAdapter; readonly finding: string }[];
}

/** Takes two probe deadlines at the worst. */
export async function detectGpu(options: DetectOptions): Promise<Detection> {
  const { wanted } = options;
  const order: readonly DriverAdapter[] = wanted === null ? ["nvml", "nvidia-smi"] : [wanted];
  const findings: { adapter: DriverAdapter; finding: string }[] = [];
  for (const adapter of order) {
    const { sensor, isAbsent, finding } = await tryAdapter(adapter, options);
    findings.push({ adapter, finding });
    if (sensor === null) continue;
    if (!isAbsent || wanted !== null) return { chosen: adapter, sensor, findings };
    await sensor.close();
  }
  return { chosen: null, sensor: null, findings };
}

interface Trial {
  readonly sensor: GpuSensor | null;
  readonly isAbsent: boolean;
  readonly finding: string;
}

async function tryAdapter(adapter: DriverAdapter, options: DetectOptions): Promise<Trial> {
  const sensor = createAdapter(adapter, options);
  if (sensor === null) return { sensor, isAbsent: true, finding: `${options.nvidiaSmi} is not installed` };
  try {
    const cards = await sensor.read();
    const names = cards.map(({ reading }) => `${reading.name} (${reading.uuid})`);
    return { sensor, isAbsent: false, finding: `reads ${names.join(", ") || "no usable card"}` };
  } catch (error) {
    const isAbsent = error instanceof FleetError && error.code === "notFound";
    return { sensor, isAbsent, finding: describeError(error) };
  }
}

function createAdapter(adapter: DriverAdapter, options: DetectOptions): GpuSensor | null {
  if (adapter === "nvml") return createNvmlSensor({ ...options, library: options.nvmlLibrary });
  const program = findProgram(options.nvidiaSmi, options.searchPath);
  return program === null ? null : createSmiSensor({ ...options, program });
}

/** The executable that a shell would run; null when there is none. */
export function findProgram(name: string, searchPath: string): string | null {
  const places = isAbsolute(name) ? [name] : searchPath.split(delimiter).map((folder) => join(folder, name));
  return places.find(isExecutable) ?? null;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

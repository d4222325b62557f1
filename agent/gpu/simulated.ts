/**
 * Simulated GPU: a GH200-like card for boxes that have none. Its VRAM follows the jobs that really run here, so
 * gates, ledger and telemetry work as on a real one; every figure is a function of the seed, the jobs and the
 * time. It says of itself that it is simulated, and runs only when config names it.
 */
import { createHash } from "node:crypto";
import type { Clock } from "../../shared/clock.ts";
import { FleetError } from "../../shared/errors.ts";
import { createRng } from "../../shared/rng.ts";
import type { CardCondition } from "../core/health.ts";
import type { GpuCard, GpuProcess, GpuSensor } from "./sensor.ts";
import type { XidReport } from "./xid.ts";

const GIB = 1024 ** 3;
/** As on a GH200, whose domains are not 0. */
export const SIMULATED_PCI = "0009:01:00.0";
/** GH200 with 96 GB of HBM3. */
export const SIMULATED_TOTAL_BYTES = 96 * GIB;
/** What a driver takes for itself on an idle card. */
const DRIVER_BYTES = 0.5 * GIB;
const RISE_MS = 1_000;
const FALL_MS = 500;
/** The noise of one value holds this long, so that two readings of a moment agree. */
const NOISE_STEP_MS = 250;
const NOISE_RATIO = 0.01;
const IDLE_WATTS = 90;
const FULL_WATTS = 620;
const IDLE_C = 31;
const FULL_C = 68;

/** A job that uses the card; `endedBootMs` null while it runs. */
export interface SimulatedLoad {
  readonly pid: number;
  /** Null or absent: nobody can tell. */
  readonly name?: string | null;
  readonly vramBytes: number;
  readonly startedBootMs: number;
  readonly endedBootMs: number | null;
}

/** What the driver of the card is played to complain about. */
export type Ailment = Pick<CardCondition, "throttle" | "recovery">;

const WELL: Ailment = { throttle: [], recovery: "none" };

/** The card at a boot time under these loads; the same arguments always give the same card. */
export function simulateCard(
  seed: string,
  loads: readonly SimulatedLoad[],
  bootMs: number,
  ailment: Ailment = WELL,
): GpuCard {
  const step = Math.floor(bootMs / NOISE_STEP_MS);
  const processes = loads
    .map(
      (load): GpuProcess => ({
        pid: load.pid,
        usedBytes: loadBytes(seed, load, bootMs),
        name: load.name ?? null,
      }),
    )
    .filter(({ usedBytes }) => usedBytes !== null && usedBytes > 0);
  const jobBytes = processes.reduce((sum, { usedBytes }) => sum + (usedBytes ?? 0), 0);
  const busy = loads.reduce((sum, load) => sum + activity(load, bootMs), 0);
  const flicker = noise(`${seed}/utilisation/${step}`);
  const utilisationRatio = busy === 0 ? 0 : clamp(1 - 0.35 / (1 + busy) + 0.04 * flicker, 0, 1);
  const usedBytes = Math.min(SIMULATED_TOTAL_BYTES, DRIVER_BYTES + jobBytes);
  const between = (idle: number, full: number): number =>
    Math.round(10 * (idle + (full - idle) * utilisationRatio + flicker)) / 10;
  return {
    reading: {
      uuid: `GPU-sim-${createHash("sha256").update(seed).digest("hex").slice(0, 16)}`,
      name: "NVIDIA GH200 96GB HBM3 (simulated)",
      totalBytes: SIMULATED_TOTAL_BYTES,
      usedBytes,
      utilisationRatio,
      temperatureC: between(IDLE_C, FULL_C),
      powerW: between(IDLE_WATTS, FULL_WATTS),
      source: "simulated",
    },
    processes,
    freeBytes: SIMULATED_TOTAL_BYTES - usedBytes,
    reservedBytes: DRIVER_BYTES,
    throttle: ailment.throttle,
    recovery: ailment.recovery,
    memoryAccounting: "driver",
    pciAddress: SIMULATED_PCI,
    parentUuid: null,
    fault: null,
  };
}

/** What the sensor is told of a job that runs now. */
export interface RunningJob {
  readonly pid: number;
  readonly vramBytes: number;
  readonly name?: string | null;
}

export interface SimulatedGpuOptions {
  /** One seed, one card: the node's name. */
  readonly seed: string;
  readonly clock: Clock;
  readonly jobs: () => readonly RunningJob[];
  /** What else happens to the card, asked at every look; nothing unless it is given. */
  readonly play?: () => Play;
  readonly onXid?: (report: XidReport) => void;
}

/** What is played on the card besides our own jobs. */
export interface Play extends Ailment {
  readonly loads: readonly RunningJob[];
  /** Each is reported once, by its number. */
  readonly xids: readonly { readonly id: number; readonly code: number; readonly pid: number | null }[];
}

export function createSimulatedGpu(options: SimulatedGpuOptions): GpuSensor {
  const { seed, clock, jobs, play, onXid } = options;
  const reported = new Set<number>();
  let loads: readonly SimulatedLoad[] = [];
  let isClosed = false;
  return {
    read: async () => {
      if (isClosed) throw new FleetError("unavailable", "the simulated GPU is closed");
      const bootMs = clock.bootMs();
      const playing = play?.();
      loads = followJobs(loads, [...jobs(), ...(playing?.loads ?? [])], bootMs);
      for (const { id, code, pid } of playing?.xids ?? []) {
        if (reported.has(id)) continue;
        reported.add(id);
        onXid?.({ pciAddress: SIMULATED_PCI, code, pid, detail: "simulated" });
      }
      return [simulateCard(seed, loads, bootMs, playing)];
    },
    close: async () => {
      isClosed = true;
    },
  };
}

/**
 * The loads after a look at who runs: new ones begin, missing ones end, faded ones are forgotten. One process may
 * hold VRAM for several reasons; what it holds more or less than before shows at once.
 */
export function followJobs(
  loads: readonly SimulatedLoad[],
  jobs: readonly RunningJob[],
  bootMs: number,
): readonly SimulatedLoad[] {
  const running = new Map<number, RunningJob>();
  for (const job of jobs) {
    const vramBytes = (running.get(job.pid)?.vramBytes ?? 0) + job.vramBytes;
    running.set(job.pid, { ...job, vramBytes });
  }
  const living = loads.filter(({ endedBootMs }) => endedBootMs === null);
  const known = new Set(living.map(({ pid }) => pid));
  const begun = [...running.values()].filter(({ pid }) => !known.has(pid));
  return [
    ...loads
      .map((load) => followLoad(load, running.get(load.pid), bootMs))
      .filter(({ endedBootMs }) => endedBootMs === null || bootMs - endedBootMs < FALL_MS),
    ...begun.map((job) => ({ ...job, startedBootMs: bootMs, endedBootMs: null })),
  ];
}

function followLoad(load: SimulatedLoad, job: RunningJob | undefined, bootMs: number): SimulatedLoad {
  if (load.endedBootMs !== null) return load;
  return job === undefined ? { ...load, endedBootMs: bootMs } : { ...load, vramBytes: job.vramBytes };
}

function loadBytes(seed: string, load: SimulatedLoad, bootMs: number): number {
  const step = Math.floor(bootMs / NOISE_STEP_MS);
  // Below the promise, as a job that was measured before it was declared.
  const settled = load.vramBytes * (1 - NOISE_RATIO * Math.abs(noise(`${seed}/${load.pid}/${step}`)));
  return Math.round(settled * activity(load, bootMs));
}

/** 0…1: rises over a second, falls in half of one. */
function activity({ startedBootMs, endedBootMs }: SimulatedLoad, bootMs: number): number {
  const risen = clamp(((endedBootMs ?? bootMs) - startedBootMs) / RISE_MS, 0, 1);
  return endedBootMs === null ? risen : risen * clamp(1 - (bootMs - endedBootMs) / FALL_MS, 0, 1);
}

/** -1…1, a function of its name. */
function noise(name: string): number {
  return 2 * createRng(name).next() - 1;
}

function clamp(value: number, min: number, max: number): number {
  return Math.min(max, Math.max(min, value));
}

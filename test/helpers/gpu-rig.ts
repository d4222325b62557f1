/**
 * GPU rig: the three adapters of the GpuSensor port over cards that a test controls: NVML on a C stand-in of the
 * driver's library, nvidia-smi on a stand-in of the program, and the simulated card.
 */
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { createNvmlSensor } from "../../agent/gpu/nvml/sensor.ts";
import type { GpuSensor } from "../../agent/gpu/sensor.ts";
import { createSimulatedGpu } from "../../agent/gpu/simulated.ts";
import { createSmiSensor } from "../../agent/gpu/smi/sensor.ts";
import { systemClock } from "../../shared/clock.ts";
import { delay } from "../../shared/loop.ts";
import { createTiming } from "../../shared/model/timing.ts";
import { packageRoot } from "../../shared/package-root.ts";
import { entry } from "./bundle.ts";

const MIB = 1024 ** 2;
export const FIXTURES = join(packageRoot(), "test/fixtures");
export const RIG_TIMING = { ...createTiming(0.05), probeDeadlineMs: 1_000 };
const GPU_EVERY_MS = 60;
const APPS_EVERY_MS = 120;

/** What a driver knows of a card; a missing field is one that it does not give. Amounts are in MiB. */
export interface CardFacts {
  readonly uuid: string;
  readonly name?: string;
  readonly pci?: string;
  readonly total?: number;
  readonly used?: number | string;
  readonly free?: number | string;
  readonly reserved?: number;
  readonly utilisation?: number;
  readonly temperature?: number;
  readonly watts?: number;
  readonly throttle?: number;
  readonly recovery?: readonly [number: number, words: string];
  readonly processes?: readonly {
    readonly pid: number;
    readonly mib: number | null;
    readonly name: string;
  }[];
  /** The driver names it and can do nothing with it. */
  readonly isLost?: boolean;
}

export type Trouble = "none" | "hang" | "deaf" | "lost" | "no-devices";

export interface DriverRig {
  readonly sensor: GpuSensor;
  /** What the driver says from now on. */
  set(cards: readonly CardFacts[]): Promise<void>;
  trouble(kind: Trouble): Promise<void>;
  /** Processes that talk to the driver for this sensor now. */
  probes(): Promise<readonly number[]>;
  close(): Promise<void>;
}

export interface NvmlRig extends DriverRig {
  /** The lines of the stand-in's state, instead of facts. */
  write(lines: readonly string[]): Promise<void>;
}

export interface SmiRig extends DriverRig {
  readonly directory: string;
}

/** @throws Error that says what to install when this box has no C compiler */
export async function compileStub(directory: string): Promise<string> {
  const library = join(directory, "libnvidia-ml.so.1");
  const source = join(FIXTURES, "nvml-stub/nvml-stub.c");
  const flags = ["-shared", "-fPIC", "-O1", "-Wall", "-Wextra", "-Werror"];
  try {
    await promisify(execFile)("gcc", [...flags, "-o", library, source]);
  } catch (error) {
    throw new Error("the NVML stand-in needs gcc: apt-get install build-essential", { cause: error });
  }
  return library;
}

export async function createNvmlRig(library: string): Promise<NvmlRig> {
  const directory = await mkdtemp(join(tmpdir(), "spiral-nvml-"));
  const path = join(directory, "state");
  process.env["NVML_STUB_STATE"] = path;
  let facts: readonly string[] = ["count=0"];
  let trouble: readonly string[] = [];
  const publish = async (): Promise<void> => {
    await writeFile(`${path}.next`, `${[...trouble, ...facts].join("\n")}\n`);
    await rename(`${path}.next`, path);
  };
  const write = (lines: readonly string[]): Promise<void> => {
    facts = lines;
    return publish();
  };
  await publish();
  const probePath = await entry("gpu-probe");
  const sensor = createNvmlSensor({ probePath, library, clock: systemClock, timing: RIG_TIMING });
  return {
    sensor,
    write,
    set: (cards) => write([`count=${cards.length}`, ...cards.flatMap(nvmlLines)]),
    trouble: (kind) => {
      const lines = {
        none: [],
        hang: ["hang=1"],
        deaf: ["hang=1", "deaf=1"],
        lost: ["0.code=15", "1.code=15"],
        "no-devices": ["count=0"],
      };
      trouble = lines[kind];
      return publish();
    },
    probes: () => childrenMatching(library),
    close: async () => {
      trouble = [];
      await publish();
      await sensor.close();
      await rm(directory, { recursive: true });
    },
  };
}

export async function createSmiRig(): Promise<SmiRig> {
  const directory = await mkdtemp(join(tmpdir(), "spiral-smi-"));
  process.env["SMI_STUB"] = directory;
  const write = async (name: string, text: string): Promise<void> => {
    await writeFile(join(directory, `.${name}`), text);
    await rename(join(directory, `.${name}`), join(directory, name));
  };
  const modes = { none: "normal", hang: "hang", deaf: "deaf", lost: "lost", "no-devices": "none" } as const;
  await write("mode", "normal");
  await write("apps", "");
  const program = join(FIXTURES, "smi-stub/nvidia-smi");
  const sensor = createSmiSensor({
    program,
    clock: systemClock,
    timing: RIG_TIMING,
    gpuEveryMs: GPU_EVERY_MS,
    appsEveryMs: APPS_EVERY_MS,
  });
  let written = 0;
  return {
    sensor,
    directory,
    set: async (cards) => {
      const present = cards.filter(({ isLost }) => isLost !== true);
      const lost = cards.map((card, index) => (card.isLost === true ? smiLost(index) : ""));
      await write("complaint", lost.join(""));
      for (const [index, card] of present.entries()) await write(`gpu.${index}`, smiLines(card));
      for (let index = present.length; index < written; index++) await rm(join(directory, `gpu.${index}`));
      written = present.length;
      await write("apps", present.map(smiApps).join(""));
    },
    trouble: (kind) => write("mode", modes[kind]),
    probes: () => childrenMatching(program),
    close: async () => {
      await write("mode", "normal");
      await sensor.close();
      await rm(directory, { recursive: true });
    },
  };
}

export function createSimulatedRig(): GpuSensor {
  return createSimulatedGpu({
    seed: "alpha",
    clock: systemClock,
    jobs: () => [{ pid: 7, vramBytes: 1024 * MIB }],
  });
}

/** Reads until a read satisfies `isGood`; the last failure otherwise. */
export async function eventually<T>(
  read: () => Promise<T>,
  isGood: (value: T) => boolean = () => true,
): Promise<T> {
  let failure: unknown = null;
  for (let round = 0; round < 400; round++) {
    try {
      const value = await read();
      if (isGood(value)) return value;
      failure = new Error(`not yet: ${JSON.stringify(value)}`);
    } catch (error) {
      failure = error;
    }
    await delay(50);
  }
  throw new Error("it never came true", { cause: failure });
}

function nvmlLines(card: CardFacts, index: number): readonly string[] {
  const bytes = (mib: number | string | undefined): string | undefined =>
    mib === undefined ? undefined : String(typeof mib === "number" ? BigInt(mib) * BigInt(MIB) : mib);
  const values = {
    code: card.isLost === true ? "15" : undefined,
    uuid: card.uuid,
    name: card.name,
    pci: card.pci,
    total: bytes(card.total),
    used: bytes(card.used),
    free: bytes(card.free),
    reserved: bytes(card.reserved),
    utilisation: card.utilisation,
    temperature: card.temperature,
    power: card.watts === undefined ? undefined : card.watts * 1000,
    throttle: card.throttle,
    recovery: card.recovery?.[0],
  };
  const given = Object.entries(values).filter(([, value]) => value !== undefined);
  const processes = (card.processes ?? []).map(
    ({ pid, mib }) => `${index}.process=compute:${pid}:${bytes(mib ?? undefined) ?? ""}`,
  );
  return [...given.map(([key, value]) => `${index}.${key}=${value}`), ...processes];
}

function smiLines(card: CardFacts): string {
  const values = {
    uuid: card.uuid,
    name: card.name,
    "pci.bus_id": card.pci,
    "memory.total": card.total,
    "memory.used": card.used,
    "memory.free": card.free,
    "memory.reserved": card.reserved,
    "utilization.gpu": card.utilisation,
    "temperature.gpu": card.temperature,
    "power.draw": card.watts?.toFixed(2),
    "clocks_event_reasons.active":
      card.throttle === undefined ? undefined : `0x${card.throttle.toString(16).padStart(16, "0")}`,
    gpu_recovery_action: card.recovery?.[1],
  };
  const given = Object.entries(values).filter(([, value]) => value !== undefined);
  return given.map(([field, value]) => `${field}=${value}\n`).join("");
}

function smiApps({ uuid, processes = [] }: CardFacts): string {
  return processes
    .map(({ pid, mib, name }) => `${uuid}, ${pid}, ${mib ?? "[N/A]"}, /opt/studio, v2/${name}\n`)
    .join("");
}

function smiLost(index: number): string {
  return `Unable to determine the device handle for GPU${index}: 000${index}:01:00.0: GPU is lost.\n`;
}

/** Children of this process whose command line holds `text`. */
async function childrenMatching(text: string): Promise<readonly number[]> {
  const pids = await readFile(`/proc/self/task/${process.pid}/children`, "utf8");
  const lines = pids.split(" ").filter((pid) => pid !== "");
  const matches = await Promise.all(
    lines.map(async (pid) => {
      const command = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
      return command.includes(text);
    }),
  );
  return lines.filter((_, index) => matches[index]).map(Number);
}

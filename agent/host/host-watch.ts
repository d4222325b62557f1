/**
 * Host watch: processor and main memory under their pressure watchers, each with a reader of its own. What it
 * gives out is data; whoever governs the node acts on it.
 */
import type { Clock } from "../../shared/clock.ts";
import type { Log } from "../../shared/log.ts";
import type { Timing } from "../../shared/model/timing.ts";
import { hostPressure } from "../../shared/policy/host-memory.ts";
import type { PressurePolicy } from "../../shared/policy/pressure.ts";
import { type CpuReading, createCpuReader } from "./cpu-reader.ts";
import { createMemoryReader, type MemoryReading } from "./memory-reader.ts";
import { createPressureWatcher, type PressureWatcher } from "./pressure-watcher.ts";
import type { HostRoots } from "./roots.ts";

export interface HostWatchOptions {
  readonly roots: HostRoots;
  /** Thresholds of memory are configurable (SPEC N5); the others are not. */
  readonly memoryPolicy?: PressurePolicy;
  readonly clock: Clock;
  readonly timing: Timing;
  readonly log: Log;
}

export interface HostWatch {
  readonly cpu: PressureWatcher<CpuReading>;
  readonly memory: PressureWatcher<MemoryReading>;
  stop(): void;
}

export function createHostWatch({ roots, memoryPolicy, ...shell }: HostWatchOptions): HostWatch {
  const cpuReader = createCpuReader(roots.proc);
  const memoryReader = createMemoryReader(roots);
  const cpu = createPressureWatcher<CpuReading>({
    ...shell,
    watched: "cpu",
    look: () => {
      const reading = cpuReader.read();
      return { ratio: reading.usedRatio, reading };
    },
  });
  const memory = createPressureWatcher<MemoryReading>({
    ...shell,
    ...(memoryPolicy === undefined ? {} : { policy: memoryPolicy }),
    watched: "memory",
    look: (nowMs) => {
      const reading = memoryReader.read(nowMs);
      return { ratio: reading.host === null ? null : hostPressure(reading.host), reading };
    },
  });
  return {
    cpu,
    memory,
    stop: () => {
      cpu.stop();
      memory.stop();
      cpuReader.close();
      memoryReader.close();
    },
  };
}

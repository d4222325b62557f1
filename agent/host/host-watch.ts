/**
 * Host watch: processor and main memory under their pressure watchers, each with a reader of its own. What it
 * gives out is data; whoever governs the node acts on it.
 */
import type { Clock } from "../../shared/clock.ts";
import type { Log } from "../../shared/log.ts";
import type { Timing } from "../../shared/model/timing.ts";
import { aboveFloor, hostPressure } from "../../shared/policy/host-memory.ts";
import type { PressurePolicy } from "../../shared/policy/pressure.ts";
import { type CpuReading, createCpuReader } from "./cpu-reader.ts";
import { createMemoryReader, type MemoryReading } from "./memory-reader.ts";
import { createPressureWatcher, type PressureWatcher } from "./pressure-watcher.ts";
import type { HostRoots } from "./roots.ts";

export interface HostWatchOptions {
  readonly roots: HostRoots;
  /** Asked anew at each look: an operator may move the thresholds. */
  readonly policies: () => Readonly<Record<"cpu" | "memory", PressurePolicy>>;
  /** What of main memory is never given to work; 0 where card and host have memory of their own. */
  readonly osFloorBytes: () => number;
  readonly clock: Clock;
  readonly timing: Timing;
  readonly log: Log;
}

export interface HostWatch {
  readonly cpu: PressureWatcher<CpuReading>;
  readonly memory: PressureWatcher<MemoryReading>;
  stop(): void;
}

export function createHostWatch({ roots, policies, osFloorBytes, ...shell }: HostWatchOptions): HostWatch {
  const cpuReader = createCpuReader(roots.proc);
  const memoryReader = createMemoryReader(roots);
  const cpu = createPressureWatcher<CpuReading>({
    ...shell,
    watched: "cpu",
    policy: () => policies().cpu,
    look: () => {
      const reading = cpuReader.read();
      return { ratio: reading.usedRatio, reading };
    },
  });
  const memory = createPressureWatcher<MemoryReading>({
    ...shell,
    policy: () => policies().memory,
    watched: "memory",
    look: (nowMs) => {
      const reading = memoryReader.read(nowMs);
      const { host } = reading;
      return { ratio: host === null ? null : hostPressure(aboveFloor(host, osFloorBytes())), reading };
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

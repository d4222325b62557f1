/**
 * Host reader of the telemetry frame: how busy processor and memory are since the last frame, and how often
 * the kernel has killed for memory. Both are unknown (null) and never 0 where the kernel does not tell.
 */
import { type Clock, systemClock } from "../../shared/clock.ts";
import { hostPressure } from "../../shared/policy/host-memory.ts";
import { createCpuReader } from "./cpu-reader.ts";
import { readKernelFile } from "./kernel-file.ts";
import { parseVmstat } from "./kernel-text.ts";
import { createMemoryReader } from "./memory-reader.ts";
import { HOST_ROOTS, type HostRoots } from "./roots.ts";

export interface HostReading {
  /** Share of processor time since the last reading; null on the first one. */
  readonly cpuRatio: number | null;
  /** 1 − available / total, of CPU-bearing nodes only. */
  readonly memoryRatio: number | null;
}

export interface ProcHost {
  read(): HostReading;
  /** How often the kernel has killed a process for memory since boot; null when it does not count. */
  oomKills(): number | null;
}

export function createProcHost(roots: HostRoots = HOST_ROOTS, clock: Clock = systemClock): ProcHost {
  const cpu = createCpuReader(roots.proc);
  const memory = createMemoryReader(roots);
  return {
    read: () => {
      const { host } = memory.read(clock.bootMs());
      return { cpuRatio: cpu.read().usedRatio, memoryRatio: host === null ? null : hostPressure(host) };
    },
    oomKills: () => parseVmstat(readKernelFile(`${roots.proc}/vmstat`) ?? "").oomKills,
  };
}

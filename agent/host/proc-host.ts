/**
 * Host reader: how busy processor and memory are, from /proc alone. The parsers are pure and say null for
 * whatever a kernel does not tell; nothing here blocks for longer than reading a few kernel files.
 */
import { readFileSync } from "node:fs";

/** Time since boot that all processors spent, in clock ticks. */
export interface CpuTicks {
  readonly busy: number;
  readonly total: number;
}

export interface HostMemory {
  readonly totalBytes: number;
  readonly availableBytes: number;
  readonly swapTotalBytes: number;
  readonly swapUsedBytes: number;
}

export interface HostReading {
  /** Share of processor time since the last reading; null on the first one. */
  readonly cpuRatio: number | null;
  /** 1 − available / total. */
  readonly memoryRatio: number | null;
  readonly memory: HostMemory | null;
  /** PSI `full avg10` of memory, percent; null where the kernel has no PSI. */
  readonly memoryStallPercent: number | null;
}

export interface ProcHost {
  read(): HostReading;
  /** How often the kernel has killed a process for memory since boot; null when it does not count. */
  oomKills(): number | null;
}

/** `root` is /proc, or a copy of one. */
export function createProcHost(root = "/proc"): ProcHost {
  let before: CpuTicks | null = null;
  const text = (name: string): string => {
    try {
      return readFileSync(`${root}/${name}`, "utf8");
    } catch {
      // No such file in this kernel: the parsers answer null, which means unknown.
      return "";
    }
  };
  return {
    read: () => {
      const ticks = parseCpuTicks(text("stat"));
      const memory = parseMemory(text("meminfo"));
      const cpuRatio = ticks === null || before === null ? null : cpuRatioBetween(before, ticks);
      before = ticks;
      return {
        cpuRatio,
        memoryRatio: memory === null ? null : 1 - memory.availableBytes / memory.totalBytes,
        memory,
        memoryStallPercent: parseFullStall(text("pressure/memory")),
      };
    },
    oomKills: () => parseOomKills(text("vmstat")),
  };
}

/** The first line of /proc/stat. Idle and iowait are not busy; guest time is already part of user time. */
export function parseCpuTicks(stat: string): CpuTicks | null {
  const fields = /^cpu +(\d+(?: \d+){3,})/.exec(stat)?.[1]?.split(" ").slice(0, 8).map(Number);
  if (fields === undefined) return null;
  const [, , , idle = 0, iowait = 0] = fields;
  const total = fields.reduce((sum, ticks) => sum + ticks, 0);
  return { busy: total - idle - iowait, total };
}

/** 0…1; null when no time has passed. iowait may run backwards, so the quotient is clamped. */
export function cpuRatioBetween(before: CpuTicks, after: CpuTicks): number | null {
  const total = after.total - before.total;
  return total <= 0 ? null : Math.min(1, Math.max(0, (after.busy - before.busy) / total));
}

/** /proc/meminfo; null when total or available is missing or cannot be true. */
export function parseMemory(meminfo: string): HostMemory | null {
  const bytesOf = (name: string): number | null => {
    const kib = new RegExp(`^${name}: +(\\d+) kB$`, "m").exec(meminfo)?.[1];
    return kib === undefined ? null : Number(kib) * 1024;
  };
  const totalBytes = bytesOf("MemTotal");
  const availableBytes = bytesOf("MemAvailable");
  if (totalBytes === null || availableBytes === null) return null;
  if (totalBytes === 0 || availableBytes > totalBytes) return null;
  const swapTotalBytes = bytesOf("SwapTotal") ?? 0;
  return {
    totalBytes,
    availableBytes,
    swapTotalBytes,
    swapUsedBytes: Math.max(0, swapTotalBytes - (bytesOf("SwapFree") ?? swapTotalBytes)),
  };
}

/** `full avg10` of a /proc/pressure file, percent. */
export function parseFullStall(pressure: string): number | null {
  const percent = /^full avg10=(\d+(?:\.\d+)?) /m.exec(pressure)?.[1];
  return percent === undefined ? null : Number(percent);
}

export function parseOomKills(vmstat: string): number | null {
  const count = /^oom_kill (\d+)$/m.exec(vmstat)?.[1];
  return count === undefined ? null : Number(count);
}

/**
 * Process sampler: who uses processor and memory most. It reads every process of the box, so it runs when
 * somebody asks and not with the pressure; what one call may read and return is bounded.
 */
import { readdirSync } from "node:fs";
import { readKernelFile } from "./kernel-file.ts";

export interface ProcessUse {
  readonly pid: number;
  /** The kernel's name of it, at most 15 bytes, raw: a process chooses its own name. */
  readonly name: string;
  /** 100 is one whole core; null when this sampler had not seen the process before. */
  readonly cpuPercent: number | null;
  readonly rssBytes: number;
}

export interface ProcessSampler {
  /** The `topN` busiest, by processor time since the last call and then by memory. */
  sample(topN: number, nowMs: number): readonly ProcessUse[];
}

/** What one call reads at most; on a box with more, the youngest processes are left out. */
export const MAX_READ_PROCESSES = 4096;
export const MAX_TOP_PROCESSES = 50;

/** USER_HZ: 100 in the kernel's interface on every architecture that Node runs on. */
const TICK_MS = 10;

interface Seen {
  readonly startTicks: number;
  readonly cpuTicks: number;
}

/** `procRoot` is /proc or a copy of one. */
export function createProcessSampler(procRoot: string, pageBytes: number): ProcessSampler {
  let seen = new Map<number, Seen>();
  let seenAtMs = 0;
  return {
    sample: (topN, nowMs) => {
      const elapsedMs = nowMs - seenAtMs;
      const next = new Map<number, Seen>();
      const uses: ProcessUse[] = [];
      for (const pid of listPids(procRoot)) {
        const stat = parseProcessStat(readKernelFile(`${procRoot}/${pid}/stat`) ?? "");
        if (stat === null) continue;
        const before = seen.get(pid);
        const isSame = before?.startTicks === stat.startTicks && elapsedMs > 0;
        const usedTicks = isSame ? Math.max(0, stat.cpuTicks - before.cpuTicks) : null;
        const cpuPercent = usedTicks === null ? null : (100 * usedTicks * TICK_MS) / elapsedMs;
        next.set(pid, stat);
        uses.push({ pid, name: stat.name, cpuPercent, rssBytes: stat.rssPages * pageBytes });
      }
      seen = next;
      seenAtMs = nowMs;
      return uses.sort(busierFirst).slice(0, Math.min(topN, MAX_TOP_PROCESSES));
    },
  };
}

interface ProcessStat extends Seen {
  readonly name: string;
  readonly rssPages: number;
}

/** One line of /proc/PID/stat; the name may hold spaces and parentheses. Null when malformed. */
export function parseProcessStat(text: string): ProcessStat | null {
  const nameStart = text.indexOf("(") + 1;
  const nameEnd = text.lastIndexOf(") ");
  if (nameStart === 0 || nameEnd < nameStart) return null;
  // Counted from `state`, which is field 3 of proc(5).
  const fields = text.slice(nameEnd + 2).split(" ");
  const at = (field: number): number => Number(fields[field - 3]);
  const stat = { startTicks: at(22), cpuTicks: at(14) + at(15), rssPages: at(24) };
  const isWhole = Object.values(stat).every((value) => Number.isSafeInteger(value) && value >= 0);
  return isWhole ? { ...stat, name: text.slice(nameStart, nameEnd) } : null;
}

function busierFirst(a: ProcessUse, b: ProcessUse): number {
  return (b.cpuPercent ?? 0) - (a.cpuPercent ?? 0) || b.rssBytes - a.rssBytes || a.pid - b.pid;
}

/** Lowest first. */
function listPids(procRoot: string): readonly number[] {
  const pids = readdirSync(procRoot).map(Number).filter(Number.isSafeInteger);
  return pids.sort((a, b) => a - b).slice(0, MAX_READ_PROCESSES);
}

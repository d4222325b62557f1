/**
 * Memory reader: main memory, swap and stalls in one sample, and the HBM nodes beside them. Main memory is what
 * CPU-bearing nodes have (SPEC N2); each poller has a reader of its own, because rates run between its looks.
 */
import { readFileSync } from "node:fs";
import type { HostMemoryReading } from "../../shared/policy/host-memory.ts";
import { openKernelFile } from "./kernel-file.ts";
import { type NodeMemory, parseMeminfo, parsePageBytes, parseStalls, parseVmstat } from "./kernel-text.ts";
import { cpulessNodes, hostMemoryBytes } from "./memory-mode.ts";
import { createNumaReader } from "./numa-reader.ts";
import type { HostRoots } from "./roots.ts";

export interface MemoryReading {
  /** What the host gates judge; null where total or available is unknown. */
  readonly host: HostMemoryReading | null;
  readonly swapTotalBytes: number | null;
  readonly swapUsedBytes: number | null;
  /** PSI `full avg10` of storage, percent: a swap storm shows there too. */
  readonly ioStallPercent: number | null;
  /** Processes that the kernel has killed for memory since boot. */
  readonly oomKills: number | null;
  /** Memory nodes without processors and with memory: the HBM of a coherent card in NUMA mode. */
  readonly hbmNodes: readonly NodeMemory[];
}

export interface MemoryReader {
  read(nowMs: number): MemoryReading;
  close(): void;
}

export function createMemoryReader(roots: HostRoots): MemoryReader {
  const meminfo = openKernelFile(`${roots.proc}/meminfo`);
  const vmstat = openKernelFile(`${roots.proc}/vmstat`);
  const memoryStalls = openKernelFile(`${roots.proc}/pressure/memory`);
  const ioStalls = openKernelFile(`${roots.proc}/pressure/io`);
  const numa = createNumaReader(roots.sys);
  const swapBytesPerSecond = createSwapRate(readPageBytes(roots.proc));
  return {
    read: (nowMs) => {
      const memory = parseMeminfo(meminfo.text() ?? "");
      const counters = parseVmstat(vmstat.text() ?? "");
      const { topology, nodes } = numa.read(nowMs);
      const bytes = hostMemoryBytes(topology, nodes, memory);
      const rate = swapBytesPerSecond(counters.swappedPages, nowMs);
      const psiFullPercent = parseStalls(memoryStalls.text() ?? "").fullPercent;
      const cpuless = topology === null ? [] : cpulessNodes(topology);
      return {
        host: bytes === null ? null : { ...bytes, swapBytesPerSecond: rate, psiFullPercent },
        swapTotalBytes: memory?.swapTotalBytes ?? null,
        swapUsedBytes: memory?.swapUsedBytes ?? null,
        ioStallPercent: parseStalls(ioStalls.text() ?? "").fullPercent,
        oomKills: counters.oomKills,
        hbmNodes: nodes.filter(({ node, totalBytes }) => totalBytes > 0 && cpuless.includes(node)),
      };
    },
    close: () => {
      for (const file of [meminfo, vmstat, memoryStalls, ioStalls, numa]) file.close();
    },
  };
}

/** Swap traffic between two looks; null on the first one, and after a counter that was unknown. */
function createSwapRate(pageBytes: number | null): (pages: number | null, nowMs: number) => number | null {
  let before: { readonly pages: number; readonly atMs: number } | null = null;
  return (pages, nowMs) => {
    const last = before;
    before = pages === null ? null : { pages, atMs: nowMs };
    if (pages === null || last === null || pageBytes === null || nowMs <= last.atMs) return null;
    return (Math.max(0, pages - last.pages) * pageBytes * 1000) / (nowMs - last.atMs);
  };
}

function readPageBytes(procRoot: string): number | null {
  try {
    return parsePageBytes(readFileSync(`${procRoot}/self/auxv`));
  } catch {
    // A copy of /proc without it: swap traffic stays unknown.
    return null;
  }
}

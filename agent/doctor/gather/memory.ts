/** Looks at main memory, swap and the mode of coherent cards. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { readKernelFile } from "../../host/kernel-file.ts";
import { parsePageBytes } from "../../host/kernel-text.ts";
import { detectMemoryMode } from "../../host/memory-mode.ts";
import { createMemoryReader } from "../../host/memory-reader.ts";
import { createNumaReader } from "../../host/numa-reader.ts";
import type { HostRoots } from "../../host/roots.ts";
import type { CoherenceFacts, GpuFacts } from "../checks/gpu.ts";
import type { MemoryFacts } from "../checks/memory.ts";
import { seenOrNull } from "../seen.ts";

export interface MemoryLook {
  readonly memory: MemoryFacts;
  readonly coherence: CoherenceFacts;
}

export function lookAtMemory(roots: HostRoots, gpu: GpuFacts, nowMs: number): MemoryLook {
  const reader = createMemoryReader(roots);
  const numa = createNumaReader(roots.sys);
  const reading = reader.read(nowMs);
  const { topology, nodes } = numa.read(nowMs);
  reader.close();
  numa.close();
  const addressing = (seenOrNull(gpu.modes)?.cards ?? []).flatMap((card) => card.addressing ?? []);
  const mode = detectMemoryMode(topology, nodes, {
    isAts: addressing.length === 0 ? null : addressing.includes("ATS"),
    driverParams: readKernelFile(join(roots.proc, "driver/nvidia/params")),
  });
  const cards = seenOrNull(gpu.cards) ?? [];
  const { host, swapTotalBytes, swapUsedBytes, oomKills, hbmNodes } = reading;
  return {
    coherence: { mode, addressing: [...new Set(addressing)], hbm: hbmNodes },
    memory: {
      mode,
      arch: process.arch,
      pageBytes: readPageBytes(roots.proc),
      swapTotalBytes,
      swapUsedBytes,
      totalBytes: host?.totalBytes ?? null,
      availableBytes: host?.availableBytes ?? null,
      hasPressureStalls: host !== null && host.psiFullPercent !== null,
      oomKills,
      vramBytes:
        cards.length === 0 ? null : cards.reduce((sum, { reading: { totalBytes } }) => sum + totalBytes, 0),
    },
  };
}

function readPageBytes(procRoot: string): number | null {
  try {
    return parsePageBytes(readFileSync(join(procRoot, "self/auxv")));
  } catch {
    return null; // a kernel that hides it: unknown
  }
}

/** Memory checks: page size, swap and the signs that the host gates live on. */
import type { MemoryMode } from "../../host/memory-mode.ts";
import { type Finding, note, ok, warn } from "../finding.ts";
import { bytesText, shareText } from "../words.ts";

export interface MemoryFacts {
  readonly mode: MemoryMode;
  readonly arch: string;
  readonly pageBytes: number | null;
  readonly swapTotalBytes: number | null;
  readonly swapUsedBytes: number | null;
  /** Of the CPU-bearing nodes. */
  readonly totalBytes: number | null;
  readonly availableBytes: number | null;
  readonly hasPressureStalls: boolean;
  readonly oomKills: number | null;
  /** Of all cards; null when they are unknown. */
  readonly vramBytes: number | null;
}

const KIB = 1024;

export function checkPageSize({ pageBytes, mode, arch }: MemoryFacts): Finding {
  const id = "memory.page-size";
  if (pageBytes === null) return note(id, "the page size is unknown");
  const title = `pages of ${bytesText(pageBytes)}`;
  if (mode !== "ordinary" && arch === "arm64" && pageBytes < 64 * KIB) {
    return note(id, `${title}: NVIDIA advises 64 KiB on Grace Hopper`, {
      cure: "a 64k kernel, such as linux-nvidia-64k of Ubuntu, in the next maintenance window",
    });
  }
  return ok(id, title);
}

/** Between a quarter and a half of VRAM (NVIDIA's tuning guide for coherent platforms). */
const SWAP_RATIO = { least: 0.25, most: 0.5 } as const;

export function checkSwap(facts: MemoryFacts): Finding {
  const id = "memory.swap";
  const { swapTotalBytes, swapUsedBytes, mode, vramBytes } = facts;
  if (swapTotalBytes === null) return note(id, "swap is unknown: /proc/meminfo does not say");
  const used = swapUsedBytes === null || swapTotalBytes === 0 ? "" : `, ${bytesText(swapUsedBytes)} used`;
  const has = swapTotalBytes === 0 ? "no swap" : `${bytesText(swapTotalBytes)} of swap${used}`;
  if (mode === "ordinary" || vramBytes === null) return ok(id, has);
  const [least, most] = [vramBytes * SWAP_RATIO.least, vramBytes * SWAP_RATIO.most];
  const advice = `${bytesText(least)} to ${bytesText(most)} are advised with coherent memory`;
  if (swapTotalBytes < least) {
    return warn(id, `${has}; ${advice}`, {
      evidence: ["with too little the kernel kills processes when VRAM spills into main memory"],
      cure: `a swap file of ${bytesText(least)} on a local disk: fallocate, mkswap, swapon, and a line in /etc/fstab`,
    });
  }
  return swapTotalBytes > most * 2 ? note(id, `${has}; ${advice}`) : ok(id, has);
}

/** From here on the host gates keep batch work out (shared/policy/host-memory). */
export function checkHostMemory(facts: MemoryFacts, batchGate: number): Finding {
  const id = "memory.host";
  const { totalBytes, availableBytes, oomKills } = facts;
  if (totalBytes === null || availableBytes === null) {
    return warn(id, "main memory cannot be read: the host gates stay closed", {
      cure: "look at /proc/meminfo and /sys/devices/system/node",
    });
  }
  const pressure = 1 - availableBytes / totalBytes;
  const killed =
    oomKills === null || oomKills === 0
      ? []
      : [`the kernel has killed ${oomKills} processes for memory since boot`];
  const title = `${bytesText(availableBytes)} of ${bytesText(totalBytes)} main memory available`;
  if (pressure >= batchGate) {
    return warn(id, `${title}: batch work is kept out`, {
      evidence: [`pressure ${shareText(pressure)}, gate ${shareText(batchGate)}`, ...killed],
      cure: "find who holds it: ps -eo pid,rss,comm --sort=-rss | head",
    });
  }
  return killed.length > 0 ? note(id, title, { evidence: killed }) : ok(id, title);
}

export function checkStalls({ hasPressureStalls }: MemoryFacts): Finding {
  if (hasPressureStalls) return ok("memory.psi", "the kernel tells stalls (PSI)");
  return note("memory.psi", "the kernel tells no stalls (PSI): a swap storm is judged by its traffic alone", {
    cure: "boot with psi=1 on the kernel's command line",
  });
}

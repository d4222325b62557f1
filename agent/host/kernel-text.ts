/**
 * Kernel text: pure parsers of /proc and /sys/devices/system/node. Whatever is missing, cut off or no number
 * is null, which means unknown and never 0: a gate must be able to tell "nothing" from "not told".
 */

/** Time since boot that all processors spent, in clock ticks. */
export interface CpuTicks {
  readonly busy: number;
  readonly total: number;
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
  return total > 0 ? Math.min(1, Math.max(0, (after.busy - before.busy) / total)) : null;
}

/** /proc/meminfo, in bytes. */
export interface Meminfo {
  readonly totalBytes: number;
  readonly availableBytes: number;
  readonly swapTotalBytes: number | null;
  readonly swapUsedBytes: number | null;
}

/** Null when total or available is missing or cannot be true. */
export function parseMeminfo(text: string): Meminfo | null {
  const totalBytes = kibAfter(text, "MemTotal:");
  const availableBytes = kibAfter(text, "MemAvailable:");
  if (totalBytes === null || availableBytes === null) return null;
  if (totalBytes === 0 || availableBytes > totalBytes) return null;
  const swapTotalBytes = kibAfter(text, "SwapTotal:");
  const swapFreeBytes = kibAfter(text, "SwapFree:");
  const isSwapKnown = swapTotalBytes !== null && swapFreeBytes !== null;
  const swapUsedBytes = isSwapKnown ? Math.max(0, swapTotalBytes - swapFreeBytes) : null;
  return { totalBytes, availableBytes, swapTotalBytes, swapUsedBytes };
}

/** One NUMA node, in bytes. */
export interface NodeMemory {
  readonly node: number;
  readonly totalBytes: number;
  readonly freeBytes: number;
  /** File pages and slab that the kernel would give up without writing anything first. */
  readonly reclaimableBytes: number;
}

/**
 * /sys/devices/system/node/nodeN/meminfo; null when it is incomplete. Reclaimable is the file LRU and the
 * reclaimable slab without what is dirty or under writeback. Shared memory is not taken off again: its pages
 * lie on the anonymous LRU and were never in that sum.
 */
export function parseNodeMemory(node: number, text: string): NodeMemory | null {
  const totalBytes = kibAfter(text, "MemTotal:");
  const freeBytes = kibAfter(text, "MemFree:");
  const activeBytes = kibAfter(text, "Active(file):");
  const inactiveBytes = kibAfter(text, "Inactive(file):");
  if (totalBytes === null || freeBytes === null || activeBytes === null || inactiveBytes === null)
    return null;
  if (freeBytes > totalBytes) return null;
  const slabBytes = kibAfter(text, "SReclaimable:") ?? 0;
  const unwrittenBytes = (kibAfter(text, "Dirty:") ?? 0) + (kibAfter(text, "Writeback:") ?? 0);
  const reclaimable = activeBytes + inactiveBytes + slabBytes - unwrittenBytes;
  const reclaimableBytes = Math.min(totalBytes - freeBytes, Math.max(0, reclaimable));
  return { node, totalBytes, freeBytes, reclaimableBytes };
}

/** Share of time in which some or all tasks stalled on a resource, percent over the last 10 s. */
export interface Stalls {
  readonly somePercent: number | null;
  readonly fullPercent: number | null;
}

/** A file of /proc/pressure. */
export function parseStalls(pressure: string): Stalls {
  return { somePercent: stallPercent(pressure, "some"), fullPercent: stallPercent(pressure, "full") };
}

function stallPercent(pressure: string, kind: "some" | "full"): number | null {
  const start = pressure.startsWith(kind) ? 0 : pressure.indexOf(`\n${kind} `) + 1;
  if (!pressure.startsWith(`${kind} avg10=`, start)) return null;
  const percent = Number.parseFloat(pressure.slice(start + kind.length + " avg10=".length));
  return percent >= 0 && percent <= 100 ? percent : null;
}

/** Counters of /proc/vmstat since boot. */
export interface VmCounters {
  /** Pages read from and written to swap. */
  readonly swappedPages: number | null;
  /** Processes that the kernel killed for memory. */
  readonly oomKills: number | null;
}

export function parseVmstat(text: string): VmCounters {
  const inPages = wholeAfter(text, "pswpin ");
  const outPages = wholeAfter(text, "pswpout ");
  return {
    swappedPages: inPages === null || outPages === null ? null : inPages + outPages,
    oomKills: wholeAfter(text, "oom_kill "),
  };
}

/** More nodes than any kernel has; a longer list is nonsense. */
const MAX_NODES = 1024;

/** A list such as "0-1,3"; empty for an empty list, null for anything else. */
export function parseNodeList(text: string): readonly number[] | null {
  const list = text.trim();
  if (list === "") return [];
  const nodes: number[] = [];
  for (const part of list.split(",")) {
    const range = /^(\d{1,4})(?:-(\d{1,4}))?$/.exec(part);
    if (range === null) return null;
    const first = Number(range[1]);
    const last = Number(range[2] ?? range[1]);
    if (last < first || last >= MAX_NODES) return null;
    for (let node = first; node <= last; node++) nodes.push(node);
  }
  return nodes;
}

const AT_PAGESZ = 6n;

/** The page size of /proc/self/auxv, pairs of 64-bit words: 4 KiB, or 64 KiB on some arm64 kernels. */
export function parsePageBytes(auxv: Buffer): number | null {
  for (let at = 0; at + 16 <= auxv.length; at += 16) {
    if (auxv.readBigUInt64LE(at) === AT_PAGESZ) return Number(auxv.readBigUInt64LE(at + 8));
  }
  return null;
}

/** Bytes behind a label of a meminfo file, which counts in kB of 1024. */
function kibAfter(text: string, label: string): number | null {
  const kib = wholeAfter(text, label);
  return kib === null ? null : kib * 1024;
}

/** The whole number behind a label that begins a line or follows a space. */
function wholeAfter(text: string, label: string): number | null {
  let at = text.indexOf(label);
  while (at > 0 && text[at - 1] !== "\n" && text[at - 1] !== " ") at = text.indexOf(label, at + 1);
  if (at < 0) return null;
  const value = Number.parseInt(text.slice(at + label.length, at + label.length + 40), 10);
  return Number.isSafeInteger(value) && value >= 0 ? value : null;
}

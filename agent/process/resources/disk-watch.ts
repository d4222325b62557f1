/**
 * Disk watch: what attempts have written, against their quotas and against a disk that runs full. A full disk
 * takes the whole box with it, journal of the hub's machine included, so the largest writer that may be
 * spared goes first, one at a time, because its end frees what it wrote.
 */
import type { Dirent } from "node:fs";
import { lstat, readdir, statfs } from "node:fs/promises";
import { join } from "node:path";
import type { LimitBreach } from "../supervisor-port.ts";
import type { ResourceLimits } from "./limits.ts";

export interface DiskWriter {
  readonly token: number;
  readonly limits: Pick<ResourceLimits, "diskBytes" | "yieldsDisk">;
  /** It is being stopped already. */
  readonly isEnding: boolean;
}

export interface DiskUse extends DiskWriter {
  readonly bytes: number;
}

export interface DiskSpace {
  readonly totalBytes: number;
  readonly freeBytes: number;
}

/** Below this the disk is nearly full: a twentieth of it, but no more than 2 GiB of a large one. */
const LOW_RATIO = 0.05;
const LOW_MAX_BYTES = 2 * 1024 ** 3;
/** A walk of this many entries says "at least": it must not become the load it looks for. */
const WALK_MAX_ENTRIES = 20_000;

export function isNearlyFull({ totalBytes, freeBytes }: DiskSpace): boolean {
  return freeBytes < Math.min(LOW_MAX_BYTES, totalBytes * LOW_RATIO);
}

/** Who must end, by token, and why. */
export function judgeDisk(uses: readonly DiskUse[], space: DiskSpace): ReadonlyMap<number, LimitBreach> {
  const breaches = new Map<number, LimitBreach>();
  for (const { token, bytes, limits, isEnding } of uses) {
    const { diskBytes } = limits;
    if (isEnding || diskBytes === null || bytes <= diskBytes) continue;
    breaches.set(token, { limit: "disk", detail: `wrote ${bytes} bytes, allowed are ${diskBytes}` });
  }
  const isRelieved = breaches.size > 0 || uses.some(({ isEnding }) => isEnding);
  if (!isNearlyFull(space) || isRelieved) return breaches;
  const [largest] = uses
    .filter(({ limits, bytes }) => limits.yieldsDisk && bytes > 0)
    .sort((a, b) => b.bytes - a.bytes || a.token - b.token);
  if (largest !== undefined) {
    const detail = `the disk is nearly full (${space.freeBytes} of ${space.totalBytes} bytes free), this job wrote most: ${largest.bytes} bytes`;
    breaches.set(largest.token, { limit: "disk", detail });
  }
  return breaches;
}

export async function readSpace(path: string): Promise<DiskSpace> {
  const { bsize, blocks, bavail } = await statfs(path);
  return { totalBytes: blocks * bsize, freeBytes: bavail * bsize };
}

/** Bytes that a directory takes on its disk, links not followed; what vanishes meanwhile counts nothing. */
export async function measureDirectory(path: string, maxEntries = WALK_MAX_ENTRIES): Promise<number> {
  let bytes = 0;
  let entries = 0;
  const pending = [path];
  for (let next = pending.pop(); next !== undefined && entries < maxEntries; next = pending.pop()) {
    const found: readonly Dirent[] = await readdir(next, { withFileTypes: true }).catch(() => []);
    for (const entry of found.slice(0, maxEntries - entries)) {
      entries++;
      const child = join(next, entry.name);
      if (entry.isDirectory()) pending.push(child);
      else bytes += await diskBytes(child);
    }
  }
  return bytes;
}

/** A sparse file takes what its blocks take. */
async function diskBytes(path: string): Promise<number> {
  const stat = await lstat(path).catch(() => null);
  return stat === null ? 0 : stat.blocks * 512;
}

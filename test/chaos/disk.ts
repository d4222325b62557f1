/** Disk: a small file system for the hub's root, where this machine lets one be mounted. */
import { execFileSync, spawnSync } from "node:child_process";
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { isDiskFull } from "../../shared/disk-full.ts";

export interface SmallDisk {
  /** Null: it is real. Otherwise why there is none, and the root lies on the common disk. */
  readonly missing: string | null;
  fill(): void;
  free(): void;
  unmount(): void;
}

const BLOCK = Buffer.alloc(1024 * 1024);

/**
 * Mounts a tmpfs at `root` and, at `root/agents`, a directory of the common disk: what is full is the hub's disk alone.
 */
export function mountSmallDisk(root: string, agents: string, mib: number): SmallDisk {
  mkdirSync(root, { recursive: true });
  mkdirSync(agents, { recursive: true });
  const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", `size=${mib}m,mode=700`, "tmpfs", root], {
    encoding: "utf8",
  });
  mkdirSync(join(root, "agents"), { recursive: true });
  if (mounted.status !== 0) {
    const missing = `no tmpfs could be mounted: ${(mounted.stderr ?? "").trim() || mounted.error?.message}`;
    return { missing, fill: () => {}, free: () => {}, unmount: () => {} };
  }
  execFileSync("mount", ["--bind", agents, join(root, "agents")]);
  const ballast = join(root, "ballast");
  return {
    missing: null,
    fill: () => fill(ballast),
    free: () => rmSync(ballast, { force: true }),
    unmount: () => {
      execFileSync("umount", ["--lazy", join(root, "agents")]);
      execFileSync("umount", ["--lazy", root]);
    },
  };
}

function fill(path: string): void {
  const fd = openSync(path, "a");
  try {
    for (const block of [BLOCK, BLOCK.subarray(0, 4096), BLOCK.subarray(0, 64)]) writeUntilFull(fd, block);
  } finally {
    closeSync(fd);
  }
}

function writeUntilFull(fd: number, block: Buffer): void {
  try {
    for (;;) writeSync(fd, block);
  } catch (error) {
    if (!isDiskFull(error)) throw error;
  }
}

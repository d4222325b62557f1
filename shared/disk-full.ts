/**
 * Disk full: no byte is to be had, because the file system has none left (ENOSPC) or because a quota gives no more
 * (EDQUOT). Either way nothing is broken: whoever keeps what it wanted to write and waits loses nothing.
 */
import { rmSync, writeFileSync } from "node:fs";
import { constants } from "node:os";

// By number: libuv has no name for EDQUOT, so such an error has a `code` that says nothing.
const FULL: readonly unknown[] = [-constants.errno.ENOSPC, -constants.errno.EDQUOT];
/** Some blocks: the last one may be left over by a write that needed two. */
const PROBE = Buffer.alloc(64 * 1024);

/** Whether an error of the file system says so. */
export function isDiskFull(error: unknown): boolean {
  return error instanceof Error && "errno" in error && FULL.includes(error.errno);
}

/**
 * Whether the disk refuses a few blocks more beside `path`, by trying: for callers that were told only that a write failed.
 * False where it fails in another way, and where there is room again by now.
 */
export function hasNoRoom(path: string): boolean {
  const probe = `${path}.probe`;
  try {
    writeFileSync(probe, PROBE, { mode: 0o600 });
    return false;
  } catch (error) {
    return isDiskFull(error);
  } finally {
    rmSync(probe, { force: true });
  }
}

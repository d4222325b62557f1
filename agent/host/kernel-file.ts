/**
 * Kernel files: one of /proc or /sys, opened once and read again and again into one buffer. Opening costs
 * more than reading, and a host sample must stay far below a millisecond: it runs on the event loop that
 * renews leases.
 */
import { closeSync, openSync, readSync } from "node:fs";

/** More than any file read here needs; what lies behind it is cut off, as in /proc/stat with its interrupts. */
const MAX_BYTES = 16 * 1024;

const buffer = Buffer.allocUnsafe(MAX_BYTES);

export interface KernelFile {
  /** The present content; null where this kernel has no such file or will not let it be read. */
  text(): string | null;
  close(): void;
}

export function openKernelFile(path: string): KernelFile {
  let fd = tryOpen(path);
  const close = (): void => {
    if (fd !== null) closeSync(fd);
    fd = null;
  };
  const text = (): string | null => {
    if (fd === null) return null;
    try {
      return buffer.toString("latin1", 0, readSync(fd, buffer, 0, MAX_BYTES, 0));
    } catch {
      // A memory node that went offline: unknown from now on, until somebody opens it anew.
      close();
      return null;
    }
  };
  return { text, close };
}

/** Reads a file that is seldom needed. */
export function readKernelFile(path: string): string | null {
  const file = openKernelFile(path);
  const text = file.text();
  file.close();
  return text;
}

function tryOpen(path: string): number | null {
  try {
    return openSync(path, "r");
  } catch {
    return null;
  }
}

/**
 * Kernel log: follows /dev/kmsg for Xid reports without ever waiting in a read. Where the log may not be read it
 * says so once and goes quiet: Xids are an extra, and the recovery action tells of what lasts. Reports from before
 * the start are passed over, because a human may have cured them since.
 */
import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { describeError } from "../../../shared/errors.ts";
import { createLoop } from "../../../shared/loop.ts";
import { parseXid, type XidReport } from "../xid.ts";

export interface KernelLogOptions {
  /** `/dev/kmsg`. */
  readonly path: string;
  readonly everyMs: number;
  readonly onXid: (report: XidReport) => void;
  /** The log cannot be read; it is not tried again. */
  readonly onUnavailable: (reason: string) => void;
}

export interface KernelLog {
  /** Final. */
  stop(): Promise<void>;
}

/** A record of /dev/kmsg is read whole or not at all; the kernel cuts them at 8 KiB. */
const RECORD_BYTES = 8_192;
/** A log that is written faster than this is caught up with in the next round. */
const MAX_RECORDS_PER_ROUND = 2_000;

export function followKernelLog({ path, everyMs, onXid, onUnavailable }: KernelLogOptions): KernelLog {
  const record = Buffer.alloc(RECORD_BYTES);
  let file: FileHandle | null = null;
  let isCaughtUp = false;
  let isBroken = false;
  const round = async (): Promise<void> => {
    if (isBroken) return;
    file ??= await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    for (let count = 0; count < MAX_RECORDS_PER_ROUND; count++) {
      const line = await nextRecord(file, record);
      if (line === "none") {
        isCaughtUp = true;
        return;
      }
      const report = isCaughtUp ? parseXid(messageOf(line)) : null;
      if (report !== null) onXid(report);
    }
  };
  const loop = createLoop({
    everyMs,
    run: round,
    onError: (error) => {
      isBroken = true;
      onUnavailable(`${path}: ${describeError(error)}`);
    },
  });
  return {
    stop: async () => {
      await loop.stop();
      await file?.close();
    },
  };
}

/** EAGAIN: nothing new. EPIPE: records were overwritten before they were read, and the next read goes on. */
async function nextRecord(file: FileHandle, record: Buffer): Promise<string> {
  try {
    const { bytesRead } = await file.read(record, 0, record.length, null);
    return bytesRead === 0 ? "none" : record.toString("utf8", 0, bytesRead);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EAGAIN") return "none";
    if (code === "EPIPE") return "";
    throw error;
  }
}

/** `6,1234,98765432,-;message`, then lines of properties that begin with a space. */
function messageOf(record: string): string {
  return record.slice(record.indexOf(";") + 1).split("\n", 1)[0] ?? "";
}

/** Looks at the Xid reports that the kernel log still holds, from the oldest record to the newest. */
import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { parseXid } from "../../gpu/xid.ts";
import type { TimedXid } from "../checks/gpu-health.ts";

/** The kernel cuts records at 8 KiB. */
const RECORD_BYTES = 8_192;
const MAX_RECORDS = 100_000;

/** @throws when `path` (`/dev/kmsg`) may not be read */
export async function readXids(path: string, bootMs: number): Promise<readonly TimedXid[]> {
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const reports: TimedXid[] = [];
    for (let count = 0; count < MAX_RECORDS; count++) {
      const record = await nextRecord(file);
      if (record === null) break;
      const report = parseRecord(record, bootMs);
      if (report !== null) reports.push(report);
    }
    return reports;
  } finally {
    await file.close();
  }
}

/** `6,1234,98765432,-;message`: priority, number, microseconds since boot, flags. */
export function parseRecord(record: string, bootMs: number): TimedXid | null {
  const [, microseconds, message = ""] = /^\d+,\d+,(\d+),[^;]*;(.*)$/m.exec(record) ?? [];
  const report = parseXid(message);
  return report === null ? null : { ...report, ageMs: Math.max(0, bootMs - Number(microseconds) / 1000) };
}

/** Null at the end. EPIPE: records were overwritten while reading, and the next read goes on. */
async function nextRecord(file: FileHandle): Promise<string | null> {
  const buffer = Buffer.allocUnsafe(RECORD_BYTES);
  try {
    const { bytesRead } = await file.read(buffer, 0, RECORD_BYTES, null);
    return bytesRead === 0 ? null : buffer.toString("utf8", 0, bytesRead);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EAGAIN") return null;
    if (code === "EPIPE") return "";
    throw error;
  }
}

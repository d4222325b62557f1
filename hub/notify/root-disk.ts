/** RootDisk: whether the disk of the data directory has room, as alarms of the notifier. */
import { statfs } from "node:fs/promises";
import type { Alarm } from "../core/notify/alarms.ts";

/** Below this share, or this many bytes where the disk is large, somebody should make room. */
const LOW_RATIO = 0.05;
const LOW_BYTES = 5 * 1024 ** 3;
const HOLD_MS = 10_000;

/** Reads the alarms of the moment; `isFull`: the journal waits for space. */
export function createRootDisk(root: string, isFull: () => boolean): () => Promise<readonly Alarm[]> {
  return async () => {
    if (isFull()) {
      const text = `${root}: new work is refused until space is freed; leases are renewed and \`down\` works`;
      return [diskAlarm("journal", "critical", "the disk is full and the journal waits", text, 0)];
    }
    const { bavail, blocks, bsize } = await statfs(root);
    const freeBytes = bavail * bsize;
    const lowBytes = Math.min(LOW_BYTES, blocks * bsize * LOW_RATIO);
    if (freeBytes >= lowBytes) return [];
    const text = `${Math.floor(freeBytes / 1024 ** 2)} MiB are free at ${root}`;
    return [diskAlarm("root", "warning", "the hub's disk is nearly full", text, HOLD_MS)];
  };
}

function diskAlarm(
  ...[subject, severity, title, text, holdMs]: [string, Alarm["severity"], string, string, number]
): Alarm {
  return { topic: "disk", subject, state: "on", severity, title, text, node: null, holdMs };
}

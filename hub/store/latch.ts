/**
 * Latch: `hub/down.latch`, the file that keeps the fleet down whatever becomes of the journal. Written and fsynced
 * before `down` is answered, on a full disk too, also by the CLI when no hub answers; removed when an `up` is decided,
 * which the journal's `down` outlives until it is durable. A fleet is down when either says so (DESIGN section 3).
 */
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describeError } from "../../shared/errors.ts";
import { keepSpare, writeFileSpared } from "../../shared/spare-file.ts";
import { NO_FAILPOINTS } from "../failpoint.ts";

export interface Latch {
  /** Null when it is written; otherwise why the disk would not take it. Never throws: `down` goes on. */
  set(reason: string, wallMs: number): Promise<string | null>;
  clear(): void;
  /** The reason that was given, or null when the latch is open. A latch that cannot be read still holds. */
  read(): string | null;
}

export async function openLatch(hubDirectory: string, failpoint = NO_FAILPOINTS): Promise<Latch> {
  const path = join(hubDirectory, "down.latch");
  await keepSpare(path);
  return {
    set: async (reason, wallMs) => {
      try {
        failpoint("before-latch");
        await writeFileSpared(path, `${JSON.stringify({ reason, wallMs })}\n`);
        failpoint("after-latch");
        return null;
      } catch (error) {
        return describeError(error);
      }
    },
    clear: () => {
      rmSync(path, { force: true });
      void keepSpare(path);
    },
    read: () => (existsSync(path) ? readReason(path) : null),
  };
}

function readReason(path: string): string {
  try {
    const { reason } = JSON.parse(readFileSync(path, "utf8"));
    return typeof reason === "string" ? reason : "down";
  } catch {
    return "down (its latch is unreadable)";
  }
}

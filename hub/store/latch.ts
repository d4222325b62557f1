/**
 * Latch: `hub/down.latch`, the file that keeps the fleet down whatever becomes of the journal. Written and
 * fsynced before anything else of `down` happens, also by the CLI when no hub answers; removed only when an
 * `up` has become durable. A fleet is down when the journal or the latch says so (DESIGN section 3).
 */
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { writeFileDurable } from "../../shared/durable-file.ts";
import { describeError } from "../../shared/errors.ts";
import { NO_FAILPOINTS } from "../failpoint.ts";

export interface Latch {
  /** Null when it is written; otherwise why the disk would not take it. Never throws: `down` goes on. */
  set(reason: string, wallMs: number): Promise<string | null>;
  clear(): void;
  /** The reason that was given, or null when the latch is open. A latch that cannot be read still holds. */
  read(): string | null;
}

export function openLatch(hubDirectory: string, failpoint = NO_FAILPOINTS): Latch {
  const path = join(hubDirectory, "down.latch");
  return {
    set: async (reason, wallMs) => {
      try {
        failpoint("before-latch");
        await writeFileDurable(path, `${JSON.stringify({ reason, wallMs })}\n`);
        failpoint("after-latch");
        return null;
      } catch (error) {
        return describeError(error);
      }
    },
    clear: () => rmSync(path, { force: true }),
    read: () => (existsSync(path) ? reasonOf(readFileSync(path, "utf8")) : null),
  };
}

function reasonOf(text: string): string {
  try {
    const { reason } = JSON.parse(text);
    return typeof reason === "string" ? reason : "down";
  } catch {
    return "down (its latch is unreadable)";
  }
}

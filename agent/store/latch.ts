/**
 * Latch: `down.latch`, the file that keeps this node down whatever restarts. It says whose hand holds it: the
 * fleet's is lifted by the fleet's `up`, the one of `spiral-agent down` only on this box. What is asked for
 * happens in that order, however slow the disk is: a late removal must never undo a newer down. A full disk takes it too,
 * into bytes that an agent has laid aside.
 */
import { existsSync, readFileSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { syncDirectory } from "../../shared/durable-file.ts";
import { isJsonObject } from "../../shared/json.ts";
import { createSerial } from "../../shared/serial.ts";
import { keepSpare, writeFileSpared } from "../../shared/spare-file.ts";

export interface LatchText {
  readonly by: "hub" | "local";
  /** How long the jobs had, or have, to end. */
  readonly graceMs: number;
  readonly wallMs: number;
}

export interface NodeLatch {
  /** Makes sure that a later `set` finds room. Never rejects. */
  layAside(): Promise<void>;
  /** Null when nobody holds the node down. Cheap: asked for at each tick. */
  read(): LatchText | null;
  /** The hub's hand never replaces the local one. */
  set(text: LatchText): Promise<void>;
  /** Lifts the latch of one hand; false when the other holds it. */
  clear(by: LatchText["by"]): Promise<boolean>;
}

export function openLatch(nodeDirectory: string): NodeLatch {
  const path = join(nodeDirectory, "down.latch");
  const read = (): LatchText | null => parseLatch(readText(path));
  const inOrder = createSerial();
  return {
    layAside: () => inOrder(() => keepSpare(path)),
    read,
    set: (text) =>
      inOrder(async () => {
        if (text.by === "hub" && read()?.by === "local") return;
        await mkdir(nodeDirectory, { recursive: true, mode: 0o700 });
        await writeFileSpared(path, `${JSON.stringify(text)}\n`);
      }),
    clear: (by) =>
      inOrder(async () => {
        const held = read();
        if (held !== null && held.by !== by) return false;
        await rm(path, { force: true });
        await syncDirectory(nodeDirectory);
        await keepSpare(path);
        return true;
      }),
  };
}

/** A latch that cannot be understood holds, and is a human's to lift: down must never fail open. */
function parseLatch(text: string | null): LatchText | null {
  if (text === null) return null;
  const fallback: LatchText = { by: "local", graceMs: 0, wallMs: 0 };
  try {
    const value: unknown = JSON.parse(text);
    if (!isJsonObject(value)) return fallback;
    const { by, graceMs, wallMs } = value;
    if (by !== "hub" && by !== "local") return fallback;
    if (typeof graceMs !== "number" || typeof wallMs !== "number") return fallback;
    return { by, graceMs, wallMs };
  } catch {
    return fallback;
  }
}

function readText(path: string): string | null {
  // Asked for at each tick, and nearly always absent: an exception would cost more than the rest of the tick.
  if (!existsSync(path)) return null;
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}

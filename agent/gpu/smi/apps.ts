/**
 * Apps: the child that prints who uses the cards. An idle card makes it silent, so that it lives is told by the
 * kernel instead: a program that wakes up for each round switches context, one that hangs in the driver does not.
 */
import { readFileSync } from "node:fs";
import { createGuardedChild } from "../probe/guarded-child.ts";
import { restartPolicy } from "../probe/waiting.ts";
import { type AppsTable, createAppsTable } from "./apps-table.ts";
import { loopingSmi } from "./command.ts";
import { APPS_FIELDS, type AppRow, parseAppRow } from "./fields.ts";
import type { SmiChildOptions } from "./gpu-rows.ts";

export interface SmiApps {
  /** The processes of the latest complete round; null while nobody knows. */
  read(): readonly AppRow[] | null;
  close(): Promise<void>;
}

interface Life {
  readonly pid: number;
  readonly table: AppsTable;
  switches: number | null;
  aliveAtMs: number;
}

const MAX_ROW_BYTES = 8_192;
const FIRST_ROUND_PERIODS = 1.5;

export function createSmiApps({ program, everyMs, clock, timing }: SmiChildOptions): SmiApps {
  let life: Life | null = null;
  const child = createGuardedChild({
    name: "nvidia-smi (processes)",
    command: () => loopingSmi(program, `--query-compute-apps=${APPS_FIELDS}`, everyMs),
    clock,
    restart: restartPolicy(timing),
    maxLineBytes: MAX_ROW_BYTES,
    onLine: (line) => {
      const row = parseAppRow(line);
      if (row !== null) life?.table.add(row, clock.bootMs());
    },
    onComplaint: () => {},
    onEnd: () => {
      life = null;
    },
  });
  const begin = (pid: number, nowMs: number): Life => {
    const firstMs = nowMs + timing.probeDeadlineMs + everyMs * FIRST_ROUND_PERIODS;
    return { pid, table: createAppsTable(everyMs, firstMs), switches: null, aliveAtMs: nowMs };
  };
  return {
    read: () => {
      const nowMs = clock.bootMs();
      if (!mayRun(child.ensure)) return null;
      const pid = child.pid();
      if (pid === null) return null;
      if (life?.pid !== pid) life = begin(pid, nowMs);
      const switches = voluntarySwitches(pid);
      if (switches !== null && switches !== life.switches) life.aliveAtMs = nowMs;
      life.switches = switches;
      if (nowMs - life.aliveAtMs <= timing.probeDeadlineMs) return life.table.at(nowMs);
      child.condemn("it has not moved within its deadline");
      life = null;
      return null;
    },
    close: () => child.stop(),
  };
}

/** While it may not be started nobody knows the processes; the cards are read all the same. */
function mayRun(ensure: () => void): boolean {
  try {
    ensure();
    return true;
  } catch {
    return false;
  }
}

function voluntarySwitches(pid: number): number | null {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    const count = /^voluntary_ctxt_switches:\s*(\d+)$/m.exec(status)?.[1];
    return count === undefined ? null : Number(count);
  } catch {
    return null;
  }
}

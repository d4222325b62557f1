/**
 * Sleepers: who was put to sleep or parked by this agent, on the disk before anybody is asked to sleep. What an
 * agent of an earlier boot wrote is over: no process of then is alive.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { writeFileDurable } from "../../shared/durable-file.ts";
import { isJsonObject } from "../../shared/json.ts";
import { RUNGS } from "../../shared/policy/eviction.ts";
import { createSerial } from "../../shared/serial.ts";
import type { ProcessMark, Sleeper } from "../core/sleepers.ts";

export interface SleeperStore {
  /** Those of an earlier agent of this boot; none when the record cannot be read. */
  load(): readonly Sleeper[];
  save(sleepers: Iterable<Sleeper>): Promise<void>;
}

export function openSleepers(directory: string, bootId: string): SleeperStore {
  const path = join(directory, "sleepers.json");
  const inTurn = createSerial();
  return {
    load: () => {
      try {
        const record: unknown = JSON.parse(readFileSync(path, "utf8"));
        if (!isJsonObject(record) || record["bootId"] !== bootId) return [];
        const { sleepers } = record;
        return Array.isArray(sleepers) ? sleepers.flatMap(readSleeper) : [];
      } catch {
        return []; // nobody was ever put to sleep here
      }
    },
    save: (sleepers) => {
      const text = `${JSON.stringify({ bootId, sleepers: [...sleepers] }, null, 2)}\n`;
      return inTurn(() => writeFileDurable(path, text));
    },
  };
}

function readSleeper(value: unknown): readonly Sleeper[] {
  if (!isJsonObject(value)) return [];
  const { id, label, gpu, rung: named, bytes, processes, sinceMs } = value;
  const rung = RUNGS.find((each) => each === named);
  if (typeof id !== "string" || typeof label !== "string" || typeof gpu !== "string") return [];
  if (rung === undefined || typeof bytes !== "number" || typeof sinceMs !== "number") return [];
  const marks = Array.isArray(processes) ? processes.flatMap(readMark) : [];
  const fresh = { phase: "asleep", isWanted: false, failures: 0, nextTryMs: 0 } as const;
  return [{ id, label, gpu, rung, bytes, sinceMs, processes: marks, ...fresh }];
}

function readMark(value: unknown): readonly ProcessMark[] {
  if (!isJsonObject(value)) return [];
  const { pid, startTicks } = value;
  return typeof pid === "number" && typeof startTicks === "number" ? [{ pid, startTicks }] : [];
}

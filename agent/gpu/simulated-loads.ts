/**
 * Simulated loads: `simulated.json` in the agent's directory says what else holds VRAM on the simulated card: a
 * list of {pid, name, vramMib}. It is read again at every look at the card, so that a test or a demo can play a
 * server that loads and unloads; without the file there is nothing else.
 */
import { readFileSync } from "node:fs";
import { isJsonObject } from "../../shared/json.ts";
import type { RunningJob } from "./simulated.ts";

const LOADS_MAX = 64;

/** What does not fit is left out: a file that is being written says nothing for a moment. */
export function readSimulatedLoads(path: string): readonly RunningJob[] {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, "utf8"));
  } catch {
    return [];
  }
  if (!Array.isArray(value)) return [];
  return (value as readonly unknown[]).slice(0, LOADS_MAX).flatMap((each) => {
    if (!isJsonObject(each)) return [];
    const { pid, name, vramMib } = each;
    if (typeof pid !== "number" || typeof vramMib !== "number" || !(vramMib >= 0)) return [];
    return [
      { pid, vramBytes: Math.round(vramMib * 1024 ** 2), name: typeof name === "string" ? name : null },
    ];
  });
}

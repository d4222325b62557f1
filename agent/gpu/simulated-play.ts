/**
 * Simulated play: `simulated.json` in the agent's directory says what happens to the simulated card: who else holds
 * VRAM on it, what slows it down, what its driver asks for, and which Xids it reports. It is read again at every look
 * at the card, so that a test or a demo can play a server that loads, or a card that fails and is cured. A bare list
 * is a list of loads; without the file nothing happens.
 */
import { readFileSync } from "node:fs";
import { isJsonObject, type JsonObject } from "../../shared/json.ts";
import { recoveryActionNamed, THROTTLE_REASONS } from "./probe/card.ts";
import type { Play, RunningJob } from "./simulated.ts";

const ENTRIES_MAX = 64;
const NOTHING: Play = { loads: [], xids: [], throttle: [], recovery: "none" };

/** What does not fit is left out: a file that is being written says nothing for a moment. */
export function readSimulatedPlay(path: string): Play {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, "utf8"));
  } catch {
    return NOTHING;
  }
  if (Array.isArray(value)) return { ...NOTHING, loads: readLoads(value) };
  if (!isJsonObject(value)) return NOTHING;
  const { throttle, recovery } = value;
  const words: readonly unknown[] = Array.isArray(throttle) ? throttle : [];
  return {
    loads: readLoads(value["loads"]),
    xids: readXids(value["xids"]),
    throttle: THROTTLE_REASONS.filter((reason) => words.includes(reason)),
    recovery: typeof recovery === "string" ? recoveryActionNamed(recovery) : "none",
  };
}

function readLoads(value: unknown): readonly RunningJob[] {
  return objects(value).flatMap(({ pid, name, vramMib }) => {
    if (typeof pid !== "number" || typeof vramMib !== "number" || !(vramMib >= 0)) return [];
    const vramBytes = Math.round(vramMib * 1024 ** 2);
    return [{ pid, vramBytes, name: typeof name === "string" ? name : null }];
  });
}

function readXids(value: unknown): Play["xids"] {
  return objects(value).flatMap(({ id, code, pid }) => {
    if (typeof id !== "number" || typeof code !== "number") return [];
    return [{ id, code, pid: typeof pid === "number" ? pid : null }];
  });
}

function objects(value: unknown): readonly JsonObject[] {
  return Array.isArray(value) ? (value as readonly unknown[]).slice(0, ENTRIES_MAX).filter(isJsonObject) : [];
}

/**
 * Witness: what this node has seen of its hub, so that a hub restored from an older copy is found out, and how often
 * an agent has started on this directory, so that an older copy of the directory is. Nothing depends on the last few
 * seconds of it: held work is remembered beside its attempts.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { writeFileDurable } from "../../shared/durable-file.ts";
import { isJsonObject, type JsonObject } from "../../shared/json.ts";
import { createSerial } from "../../shared/serial.ts";
import type { HubSeen } from "../core/state.ts";

export interface WitnessStore {
  /** Of this start; greater than that of any earlier one, also on a directory that was made anew. */
  readonly generation: number;
  /** What an earlier agent left; nothing where the file is missing or not whole. */
  readonly seen: HubSeen;
  /** Resolves when it survives a power cut; the last call wins. */
  save(seen: HubSeen): Promise<void>;
}

/** Counts this start; nobody may hear of it before it is on the disk. */
export async function openWitness(nodeDirectory: string, wallMs: number): Promise<WitnessStore> {
  const path = join(nodeDirectory, "witness.json");
  const inOrder = createSerial();
  const left = readLeft(path);
  const generation = Math.max(count(left["generation"]) + 1, Math.floor(wallMs));
  const save = (seen: HubSeen): Promise<void> =>
    inOrder(() => writeFileDurable(path, `${JSON.stringify({ generation, ...seen })}\n`));
  const seen = {
    hubId: typeof left["hubId"] === "string" ? left["hubId"] : "",
    maxTokenSeen: count(left["maxTokenSeen"]),
    maxJobSeen: count(left["maxJobSeen"]),
    hubEpochSeen: count(left["hubEpochSeen"]),
  };
  await save(seen);
  return { generation, seen, save };
}

function readLeft(path: string): JsonObject {
  try {
    const left: unknown = JSON.parse(readFileSync(path, "utf8"));
    return isJsonObject(left) ? left : {};
  } catch {
    return {};
  }
}

function count(value: unknown): number {
  return typeof value === "number" && Number.isSafeInteger(value) && value > 0 ? value : 0;
}

/**
 * Work directory: the contract between the agent and a built-in runner, which is a process of its own. It finds
 * `params.json` and `inputs/` there, and leaves `out/`, `result.json` and, on the way, `progress`.
 */
import { readFile, rename, writeFile } from "node:fs/promises";
import { join, resolve, sep } from "node:path";
import { type Clock, systemClock } from "../../../shared/clock.ts";
import { writeFileDurable } from "../../../shared/durable-file.ts";
import { FleetError } from "../../../shared/errors.ts";
import type { JsonObject } from "../../../shared/json.ts";

/** A result travels inside the completion, whose messages are bounded. */
export const MAX_RESULT_BYTES = 16 * 1024;
const PROGRESS_INTERVAL_MS = 300;

/**
 * The parsed `params.json`.
 * @throws FleetError `invalid` when it is missing or not JSON.
 */
export async function readParams(workDir: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(join(workDir, "params.json"), "utf8"));
  } catch (error) {
    throw new FleetError("invalid", "params.json cannot be read", error);
  }
}

/**
 * The path of an input file.
 * @throws FleetError `invalid` when the name leads out of `inputs/`.
 */
export function inputPath(workDir: string, name: string): string {
  const inputs = resolve(workDir, "inputs");
  const path = resolve(inputs, name);
  if (path.startsWith(inputs + sep)) return path;
  throw new FleetError("invalid", `input ${JSON.stringify(name)} lies outside inputs/`);
}

/** Leaves the result, whole or not at all. */
export async function writeResult(workDir: string, result: JsonObject): Promise<void> {
  const text = JSON.stringify(result);
  if (Buffer.byteLength(text) > MAX_RESULT_BYTES) {
    throw new FleetError("internal", `the result is larger than ${MAX_RESULT_BYTES} bytes`);
  }
  await writeFileDurable(join(workDir, "result.json"), text);
}

/** Publishes the share of the work that is done (0…1), at most about three times a second. */
export function createProgress(
  workDir: string,
  clock: Clock = systemClock,
): (share: number) => Promise<void> {
  const path = join(workDir, "progress");
  let writtenAtMs = Number.NEGATIVE_INFINITY;
  return async (share) => {
    const nowMs = clock.bootMs();
    if (share < 1 && nowMs - writtenAtMs < PROGRESS_INTERVAL_MS) return;
    writtenAtMs = nowMs;
    await writeFile(`${path}.tmp`, share.toFixed(3));
    await rename(`${path}.tmp`, path);
  };
}

/**
 * Runner catalogue: every definition that this node knows, read once at start. A file that is wrong stops the
 * start: a node that silently lacks a runner would look like a node that is never given its jobs.
 */
import { createHash } from "node:crypto";
import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { FleetError } from "../../shared/errors.ts";
import { MESSAGE_LIMITS, type RunnerInfo } from "../../shared/model/messages.ts";
import { readRegularFile } from "../config/regular-file.ts";
import { builtinRunners } from "./builtin.ts";
import { parseRunner, type RunnerDefinition } from "./definition.ts";

export interface RunnerCatalogue {
  get(name: string): RunnerDefinition | undefined;
  /** Names and fingerprints, as the hub is told; two nodes with one fingerprint run the same thing. */
  readonly infos: readonly RunnerInfo[];
}

/** Built-ins and every `*.json` of the directory. @throws FleetError `config` naming file and field. */
export async function loadRunners(directory: string): Promise<RunnerCatalogue> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const runners = new Map(builtinRunners().map((definition) => [definition.name, definition]));
  const files = (await readdir(directory)).filter((name) => name.endsWith(".json")).sort();
  for (const file of files) {
    const path = join(directory, file);
    const definition = parseRunner(readJsonFile(path), path);
    if (runners.has(definition.name)) {
      throw new FleetError("config", `${path}: name: a runner "${definition.name}" exists already`);
    }
    runners.set(definition.name, definition);
  }
  if (runners.size > MESSAGE_LIMITS.runners) {
    throw new FleetError("config", `${directory}: more than ${MESSAGE_LIMITS.runners} runners`);
  }
  const infos = [...runners.values()].map((definition) => ({
    name: definition.name,
    isVramLearned: definition.vram === "learned",
    sha256: createHash("sha256").update(JSON.stringify(definition)).digest("hex"),
  }));
  return { get: (name) => runners.get(name), infos };
}

function readJsonFile(path: string): unknown {
  try {
    return JSON.parse(readRegularFile(path));
  } catch (error) {
    if (error instanceof FleetError) throw error;
    throw new FleetError("config", `${path} cannot be read as JSON`, error);
  }
}

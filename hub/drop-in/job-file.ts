/**
 * JobFile: what a dropped file asks for: one job, or a list of them, in the words of `submit --from`. A job's key
 * comes from the file's name and from what it says, so the same file is the same jobs however often it is read.
 */
import { createHash } from "node:crypto";
import { FleetError } from "../../shared/errors.ts";
import { isJsonObject } from "../../shared/json.ts";
import { type JobDefaults, readJob } from "../../shared/wire/job-lines.ts";
import { SUBMIT_DEFAULTS, type Submission } from "../../shared/wire/operator-codec.ts";

export const JOBS_MAX = 1_000;

const DEFAULTS: JobDefaults = {
  kind: "task",
  runner: "",
  params: {},
  priority: "batch",
  lane: "gpu",
  vramBytes: 0,
  subsystem: "rendering",
  producer: "drop-in",
  campaign: null,
  node: null,
  maxRuntimeMs: null,
  maxAttempts: SUBMIT_DEFAULTS.maxAttempts,
  delayMs: 0,
  onHubLoss: "stop",
  inputs: [],
  after: [],
  uses: null,
  notBeforeWallMs: null,
};

/** @throws FleetError `invalid`, also while a file is only half there. */
export function parseJobFile(text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\ufeff/, ""));
  } catch (error) {
    throw new FleetError("invalid", `is not JSON: ${(error as SyntaxError).message}`);
  }
}

/** The jobs of a file in their order. @throws FleetError `invalid` that names the first bad one. */
export function readJobFile(name: string, text: string): readonly Submission[] {
  const parsed = parseJobFile(text);
  const list: readonly unknown[] = Array.isArray(parsed) ? parsed : [parsed];
  if (list.length === 0) throw new FleetError("invalid", "holds no job");
  if (list.length > JOBS_MAX)
    throw new FleetError("invalid", `holds ${list.length} jobs, a file takes at most ${JOBS_MAX}`);
  const times = new Map<string, number>();
  return list.map((value, index) => {
    const place = Array.isArray(parsed) ? `[${index}]` : "job";
    if (!isJsonObject(value)) throw new FleetError("invalid", `${place}: must be a JSON object, one job`);
    const said = JSON.stringify(value);
    const nth = (times.get(said) ?? 0) + 1;
    times.set(said, nth);
    return readJob({ place, value }, DEFAULTS, keyOf(name, said, nth));
  });
}

/** By what the job says and not by its place: mending one job of a list must not make the others new. */
function keyOf(name: string, said: string, nth: number): string {
  return createHash("sha256").update(`${name}\n${said}\n${nth}`).digest("hex");
}

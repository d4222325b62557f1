/**
 * Job lines: many jobs from a file of JSON lines, one object a line. What a line leaves out comes from the
 * flags; what it names and nobody knows is refused, with the line, before anything is submitted.
 */
import { randomUUID } from "node:crypto";
import { z } from "zod";
import { FleetError } from "../errors.ts";
import { wordIssue } from "../issue-words.ts";
import { isJsonObject, type JsonObject } from "../json.ts";
import { JOB_KINDS, JOB_LIMITS, type JobSpec, ON_HUB_LOSS } from "../model/job.ts";
import { LANES, PRIORITIES } from "../model/priority.ts";
import { runtimeOf, type Submission } from "./operator-codec.ts";
import { invalid } from "./values.ts";

const amount = z.int().min(0);

const line = z.strictObject({
  key: z.string().min(1).optional(),
  kind: z.enum(JOB_KINDS).optional(),
  runner: z.string().min(1).optional(),
  params: z.record(z.string(), z.json()).optional(),
  priority: z.enum(PRIORITIES).optional(),
  lane: z.enum(LANES).optional(),
  vramBytes: amount.optional(),
  subsystem: z.string().min(1).optional(),
  node: z.string().min(1).nullable().optional(),
  maxRuntimeMs: amount.min(1).optional(),
  maxAttempts: amount.min(1).optional(),
  delayMs: amount.optional(),
  onHubLoss: z.enum(ON_HUB_LOSS).optional(),
  after: z.array(z.string()).optional(),
  uses: z.string().min(1).nullable().optional(),
  notBeforeWallMs: amount.optional(),
});

/** What stands for what a job leaves out; `maxRuntimeMs` of null: as its kind has it. */
export type JobDefaults = JobSpec;

/** A job as somebody wrote it, and what messages call its place. */
export interface GivenJob {
  readonly place: string;
  readonly value: JsonObject;
}

/** A submission and the number of its line, from 1. */
export interface LineSubmission extends Submission {
  readonly line: number;
}

/** One submission a line, empty lines apart. @throws FleetError `invalid` that names the first bad line. */
export function readJobLines(text: string, defaults: JobDefaults): readonly LineSubmission[] {
  return text.split("\n").flatMap((each, index) => {
    if (each.trim() === "") return [];
    const place = `--from: line ${index + 1}`;
    const submission = readJob({ place, value: parseObject(each, place) }, defaults, randomUUID());
    return [{ ...submission, line: index + 1 }];
  });
}

/** What the job leaves out comes from `defaults`, its key too when it names none. @throws FleetError `invalid`. */
export function readJob({ place, value }: GivenJob, defaults: JobDefaults, ownKey: string): Submission {
  const parsed = line.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const where = issue === undefined || issue.path.length === 0 ? "" : `${issue.path.join(".")}: `;
    throw invalid(place, `${where}${issue === undefined ? "is not a job" : wordIssue(issue)}`);
  }
  const { key = ownKey, ...rest } = parsed.data;
  const known = Object.entries(rest).filter(([, each]) => each !== undefined);
  const given: JobSpec = { ...defaults, ...Object.fromEntries(known) };
  const spec = { ...given, maxRuntimeMs: given.maxRuntimeMs ?? runtimeOf(given.kind) };
  if (spec.runner === "") throw invalid(place, "names no runner, and none is given otherwise");
  const bytes = Buffer.byteLength(JSON.stringify(spec.params));
  if (bytes > JOB_LIMITS.paramsBytes)
    throw invalid(place, `params: ${bytes} bytes of JSON, a job takes at most ${JOB_LIMITS.paramsBytes}`);
  return { key, spec };
}

function parseObject(text: string, place: string): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new FleetError("invalid", `${place}: is not JSON`, error);
  }
  if (!isJsonObject(value)) throw invalid(place, "must be a JSON object, one job");
  return value;
}

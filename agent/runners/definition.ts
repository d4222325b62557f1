/**
 * Runner definition: what a node runs for a kind of job. It lives on the node; the hub only names it and
 * gives parameters. A parameter reaches a command line only through a placeholder of the template, as part
 * of exactly one argument, after its value has passed the schema; there is no shell that could read it.
 */
import { z } from "zod";
import { FleetError } from "../../shared/errors.ts";
import { wordIssue } from "../../shared/issue-words.ts";
import { isJsonObject, type Json, type JsonObject } from "../../shared/json.ts";
import { NAME, NAME_RULE } from "../../shared/model/names.ts";
import { LANES } from "../../shared/model/priority.ts";

const PARAMETER = /^[A-Za-z][A-Za-z0-9_]{0,62}$/;
const PLACEHOLDER = /\{params\.([A-Za-z][A-Za-z0-9_]{0,62})\}/g;
/** Longest text that a parameter may put into one argument. */
const ARGUMENT_CHARS = 4096;

const common = { required: z.boolean().default(true) };

const parameterSchema = z.discriminatedUnion("type", [
  z.strictObject({
    type: z.literal("string"),
    ...common,
    enum: z.array(z.string()).min(1).optional(),
    pattern: z.string().refine(isPattern, "is not a regular expression").optional(),
    maxLength: z.int().min(0).max(ARGUMENT_CHARS).default(ARGUMENT_CHARS),
    /** Without it a value that begins with "-" is refused where it would begin an argument. */
    mayStartWithDash: z.boolean().default(false),
  }),
  z.strictObject({
    type: z.literal("integer"),
    ...common,
    min: z.number().optional(),
    max: z.number().optional(),
  }),
  z.strictObject({
    type: z.literal("number"),
    ...common,
    min: z.number().optional(),
    max: z.number().optional(),
  }),
  z.strictObject({ type: z.literal("boolean"), ...common }),
  /** Not for the command line: the job reads it from params.json. */
  z.strictObject({ type: z.literal("object"), ...common }),
  z.strictObject({ type: z.literal("array"), ...common }),
]);

export type ParameterSchema = z.infer<typeof parameterSchema>;

const definitionSchema = z.strictObject({
  name: z.string().regex(NAME, NAME_RULE),
  argv: z.array(z.string().max(ARGUMENT_CHARS)).min(1).max(256),
  /** By name; parameters that are not listed are refused. Null: the job itself judges params.json. */
  params: z.record(z.string().regex(PARAMETER, "must be a parameter name"), parameterSchema).nullable(),
  /** Jobs of another lane are refused; null takes both. */
  lane: z.enum(LANES).nullable().default(null),
  /** VRAM that is reserved even when the job asks for less. */
  vramBytes: z.int().min(0).default(0),
  /** Main memory that a job may take; null: all but what the box needs for itself. */
  memoryBytes: z.int().positive().nullable().default(null),
  /** Disk that an attempt may fill in its directory; null: no quota of its own. */
  diskBytes: z.int().positive().nullable().default(null),
  /** Variables of the agent's environment that the job may see. */
  envAllow: z.array(z.string()).default([]),
  nice: z.int().min(0).max(19).default(5),
  /** Its processes may be parked with cuda-checkpoint instead of being ended. */
  park: z.boolean().default(false),
  /** A job asks for less, never for more; null: the runner sets no bound. */
  maxRuntimeMs: z.int().positive().nullable().default(null),
  /** Without any sign of life for this long it is stuck; 0: never. Null: 15 minutes, a service never. */
  stuckAfterSeconds: z
    .int()
    .min(0)
    .max(7 * 24 * 3_600)
    .nullable()
    .default(null),
  /** `learned`: the hub places it by the most VRAM that its jobs were seen to hold, where that is more. */
  vram: z.enum(["declared", "learned"]).default("declared"),
  logLimitBytes: z
    .int()
    .min(4096)
    .max(1024 ** 3)
    .default(8 * 1024 ** 2),
});

export type RunnerDefinition = z.infer<typeof definitionSchema>;

/**
 * Reads one definition; `source` names where it came from in messages.
 * @throws FleetError `config` naming the source, the field and what is wrong with it.
 */
export function parseRunner(value: unknown, source: string): RunnerDefinition {
  const parsed = definitionSchema.safeParse(value);
  if (!parsed.success) {
    const issues = parsed.error.issues.map(
      (issue) => `${source}: ${issue.path.join(".") || "the file"}: ${wordIssue(issue)}`,
    );
    throw new FleetError("config", issues.join("\n"));
  }
  const { argv, params } = parsed.data;
  argv.forEach((template, index) => {
    const problem = templateProblem(template, params);
    if (problem !== null) throw new FleetError("config", `${source}: argv.${index}: ${problem}`);
  });
  if (placeholders(argv[0] ?? "").length > 0) {
    throw new FleetError("config", `${source}: argv.0: the program itself is not a parameter`);
  }
  return parsed.data;
}

/** Why these parameters cannot be run, naming the first offender; null when they can. */
export function paramsProblem(definition: RunnerDefinition, given: JsonObject): string | null {
  const { name, params } = definition;
  if (params === null) return null;
  const known = Object.keys(params).join(", ") || "none";
  for (const key of Object.keys(given)) {
    if (!Object.hasOwn(params, key))
      return `runner ${name} has no parameter ${JSON.stringify(key)}; it has: ${known}`;
  }
  for (const [key, schema] of Object.entries(params)) {
    const value = Object.hasOwn(given, key) ? given[key] : undefined;
    if (value === undefined && !schema.required) continue;
    const problem = value === undefined ? "is missing" : valueProblem(schema, value);
    if (problem !== null) return `parameter ${key} of runner ${name} ${problem}`;
  }
  return dashProblem(definition, given);
}

/** The command line; the parameters must have passed `paramsProblem`. An absent optional one drops its argument. */
export function buildArgv({ argv }: RunnerDefinition, given: JsonObject): readonly string[] {
  return argv.flatMap((template) => {
    const isComplete = placeholders(template).every((name) => Object.hasOwn(given, name));
    return isComplete ? [substitute(template, given)] : [];
  });
}

function substitute(template: string, given: JsonObject): string {
  return template.replace(PLACEHOLDER, (_, name: string) => String(given[name]));
}

function placeholders(template: string): readonly string[] {
  return [...template.matchAll(PLACEHOLDER)].map(([, name]) => name ?? "");
}

function templateProblem(template: string, params: RunnerDefinition["params"]): string | null {
  if (template.includes("\0")) return "holds a zero byte";
  for (const name of placeholders(template)) {
    const schema = params?.[name];
    if (schema === undefined) return `{params.${name}} is not in params`;
    if (schema.type === "object" || schema.type === "array")
      return `{params.${name}} is no text but ${schema.type}`;
  }
  const rest = template.replace(PLACEHOLDER, "");
  return /\{params\b/.test(rest) ? "a placeholder is written {params.NAME}" : null;
}

function valueProblem(schema: ParameterSchema, value: Json): string | null {
  switch (schema.type) {
    case "string":
      return stringProblem(schema, value);
    case "integer":
      return Number.isSafeInteger(value) ? rangeProblem(schema, value) : "must be a whole number";
    case "number":
      return typeof value === "number" ? rangeProblem(schema, value) : "must be a number";
    case "boolean":
      return typeof value === "boolean" ? null : "must be true or false";
    case "object":
      return isJsonObject(value) ? null : "must be an object";
    case "array":
      return Array.isArray(value) ? null : "must be a list";
  }
}

function stringProblem(schema: Extract<ParameterSchema, { type: "string" }>, value: Json): string | null {
  if (typeof value !== "string") return "must be a string";
  if (value.length > schema.maxLength) return `must be at most ${schema.maxLength} characters`;
  if (value.includes("\0")) return "must not hold a zero byte";
  if (schema.enum !== undefined && !schema.enum.includes(value))
    return `must be one of ${schema.enum.join(", ")}`;
  if (schema.pattern !== undefined && !wholly(schema.pattern).test(value))
    return `must match ${schema.pattern}`;
  return null;
}

function rangeProblem(
  { min, max }: { readonly min?: number | undefined; readonly max?: number | undefined },
  value: Json,
): string | null {
  if (typeof value !== "number" || !Number.isFinite(value)) return "must be a number";
  if (min !== undefined && value < min) return `must be at least ${min}`;
  return max !== undefined && value > max ? `must be at most ${max}` : null;
}

/** A value may not turn an argument into an option, unless its schema or the template's own text says so. */
function dashProblem(definition: RunnerDefinition, given: JsonObject): string | null {
  for (const template of definition.argv) {
    const [first] = placeholders(template);
    if (first === undefined || template.startsWith("-")) continue;
    const schema = definition.params?.[first];
    const mayStart = schema?.type !== "string" || schema.mayStartWithDash;
    if (!mayStart && Object.hasOwn(given, first) && substitute(template, given).startsWith("-")) {
      return `parameter ${first} of runner ${definition.name} must not begin with "-"`;
    }
  }
  return null;
}

/** The pattern must cover the whole value: a forgotten anchor must not let the rest through. */
function wholly(pattern: string): RegExp {
  return new RegExp(`^(?:${pattern})$`, "u");
}

function isPattern(pattern: string): boolean {
  try {
    wholly(pattern);
    return true;
  } catch {
    return false;
  }
}

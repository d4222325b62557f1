/** `spiral submit`: one job into the queue, with `--wait` until it has ended; or many from a file. */
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { type Command, Option } from "commander";
import { FleetError } from "../../../shared/errors.ts";
import { isJsonObject, type Json, type JsonObject } from "../../../shared/json.ts";
import { JOB_LIMITS, ON_HUB_LOSS, type OnHubLoss } from "../../../shared/model/job.ts";
import { LANES, type Lane, PRIORITIES, type Priority } from "../../../shared/model/priority.ts";
import { safeText } from "../../../shared/safe-text.ts";
import { type JobDefaults, type LineSubmission, readJobLines } from "../../../shared/wire/job-lines.ts";
import { encodeSubmit, runtimeOf, SUBMIT_DEFAULTS } from "../../../shared/wire/operator-codec.ts";
import { EXIT_UNMET } from "../exit.ts";
import { drawJob } from "../job-frame.ts";
import {
  durationUpTo,
  parseBytes,
  parseDuration,
  parseList,
  parseMoment,
  parsePositive,
} from "../quantity.ts";
import { submitMany } from "../submit-many.ts";
import { verb } from "../verb.ts";
import { waitForJob } from "../wait.ts";

interface SubmitFlags {
  readonly params?: string;
  readonly param?: readonly string[];
  readonly priority: Priority;
  readonly lane: Lane;
  readonly vram?: number;
  readonly subsystem: string;
  readonly key?: string;
  readonly node?: string;
  readonly maxRuntime?: number;
  readonly maxAttempts?: number;
  readonly delay?: number;
  readonly notBefore?: number;
  readonly after?: readonly string[];
  readonly uses?: string;
  readonly producer: string;
  readonly onHubLoss: OnHubLoss;
  readonly wait?: boolean;
  readonly service?: boolean;
  readonly from?: string;
}

export function addSubmit(program: Command): void {
  program
    .command("submit")
    .description("queue one job, or many from a file")
    .argument("[runner]", "runner that a node defines")
    .option("--params <json>", "parameters: a JSON object, @FILE, or - for standard input")
    .option("--param <key=value...>", "one parameter; JSON where it parses, else text")
    .addOption(new Option("--priority <name>", "gate to pass").choices(PRIORITIES).default("batch"))
    .addOption(new Option("--lane <name>", "kind of slot").choices(LANES).default("gpu"))
    .option("--vram <size>", "VRAM it needs, such as 4GiB (default: none)", parseBytes)
    .option("--subsystem <name>", "whose budget it counts in", "rendering")
    .option("--key <key>", "the same key is the same job (default: a new one)")
    .option("--node <name>", "only on this node")
    .option(
      "--max-runtime <time>",
      "stopped after this, such as 10m, at most 7d (default: 1h; a service: never)",
      durationUpTo(JOB_LIMITS.maxRuntimeMs / 86_400_000),
    )
    .option("--max-attempts <n>", "own failures before quarantine (default: 4)", parsePositive)
    .option("--delay <time>", "not before this has passed", parseDuration)
    .option("--not-before <when>", "a moment such as 2026-05-01T22:00:00Z, or a time from now", parseMoment)
    .option("--after <ids>", "once these jobs have succeeded: j_000041,j_000042", parseList)
    .option("--uses <service>", "only where the service of this runner runs")
    .option("--producer <name>", "who shares the queue fairly with others", "operator")
    .addOption(
      new Option("--on-hub-loss <choice>", "when its agent loses the hub")
        .choices(ON_HUB_LOSS)
        .default("stop"),
    )
    .option("--service", "meant to run for ever: started again when its process ends")
    .option("--wait", "until it has ended; exit 1 unless it succeeded")
    .option("--from <file>", "many jobs: a JSON object a line, - for standard input; flags fill the gaps")
    .action(
      verb<SubmitFlags, [string | undefined]>(async ({ settings, out, hub, interrupted }, flags, runner) => {
        if (flags.from !== undefined)
          return submitMany(hub(), out, readMany(flags.from, flags, runner), settings.again);
        if (runner === undefined) throw new FleetError("invalid", "name a runner, or a file with --from");
        if (flags.service === true && flags.wait === true)
          throw new FleetError(
            "invalid",
            "--wait: a service does not end by itself; leave out one of the two",
          );
        const defaults = defaultsOf(runner, flags);
        const spec = { ...defaults, maxRuntimeMs: defaults.maxRuntimeMs ?? runtimeOf(defaults.kind) };
        const submission = { key: flags.key ?? randomUUID(), spec };
        const { jobId, isDuplicate, notes } = await hub().call("Submit", encodeSubmit(submission));
        for (const note of notes) out.note(safeText(note));
        const reply = { jobId, isDuplicate, key: submission.key };
        if (flags.wait !== true) {
          out.show(reply, (safe) => [
            isDuplicate ? `${safe.jobId} exists already under this key` : `${safe.jobId} is queued`,
            out.colours.dim(`follow it: spiral job ${safe.jobId}${settings.again}`),
          ]);
          return 0;
        }
        const job = await waitForJob(hub(), out, jobId, interrupted());
        out.show(job, (safe) => drawJob(safe, out.colours));
        return job.state === "succeeded" ? 0 : EXIT_UNMET;
      }),
    );
}

function readMany(from: string, flags: SubmitFlags, runner = ""): readonly LineSubmission[] {
  if (flags.wait === true || flags.key !== undefined)
    throw new FleetError("invalid", "--from goes with neither --wait nor --key: keys stand in the lines");
  return readJobLines(readFileOf("--from", from === "-" ? 0 : from), defaultsOf(runner, flags));
}

/** What the flags say of a job, or of each line that does not say otherwise. */
function defaultsOf(runner: string, flags: SubmitFlags): JobDefaults {
  return {
    kind: flags.service === true ? "service" : "task",
    runner,
    params: readParams(flags),
    priority: flags.priority,
    lane: flags.lane,
    vramBytes: flags.vram ?? 0,
    subsystem: flags.subsystem,
    producer: flags.producer,
    campaign: null,
    node: flags.node ?? null,
    maxRuntimeMs: flags.maxRuntime ?? null,
    maxAttempts: flags.maxAttempts ?? SUBMIT_DEFAULTS.maxAttempts,
    delayMs: flags.delay ?? 0,
    onHubLoss: flags.onHubLoss,
    inputs: [],
    after: flags.after ?? [],
    uses: flags.uses ?? null,
    notBeforeWallMs: flags.notBefore ?? null,
  };
}

function readParams({ params, param = [] }: SubmitFlags): JsonObject {
  const whole = params === undefined ? {} : parseParams(params);
  const merged = { ...whole, ...Object.fromEntries(param.map(parsePair)) };
  const bytes = Buffer.byteLength(JSON.stringify(merged));
  if (bytes <= JOB_LIMITS.paramsBytes) return merged;
  const limit = JOB_LIMITS.paramsBytes;
  throw new FleetError(
    "invalid",
    `--params: ${bytes} bytes of JSON, a job takes at most ${limit}; large data travels as inputs`,
  );
}

function parseParams(given: string): JsonObject {
  const read = (source: number | string): string => readFileOf("--params", source);
  const text = given === "-" ? read(0) : given.startsWith("@") ? read(given.slice(1)) : given;
  try {
    const parsed: unknown = JSON.parse(text);
    if (isJsonObject(parsed)) return parsed;
  } catch (error) {
    throw new FleetError("invalid", "--params: is not JSON", error);
  }
  throw new FleetError("invalid", '--params: must be a JSON object such as {"seconds": 5}');
}

function readFileOf(flag: string, source: number | string): string {
  try {
    return readFileSync(source, "utf8");
  } catch (error) {
    throw new FleetError("invalid", `${flag}: cannot be read`, error);
  }
}

function parsePair(text: string): readonly [string, Json] {
  const at = text.indexOf("=");
  if (at < 1) throw new FleetError("invalid", `--param: must be key=value, got "${text}"`);
  return [text.slice(0, at), parseValue(text.slice(at + 1))];
}

/** `5`, `true` and `[1, 2]` are what they look like; all else is text. */
function parseValue(text: string): Json {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

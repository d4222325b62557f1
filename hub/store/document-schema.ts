/** Schemas of the documents that people write: control.json and calibration.json (SPEC L1, L4). */
import { z } from "zod";
import { FleetError } from "../../shared/errors.ts";
import { type JsonDocument, placeProblems } from "../../shared/json-document.ts";
import { type CalibrationDocument, type ControlDocument, FRAMES_MAX } from "../../shared/model/campaign.ts";
import { JOB_LIMITS } from "../../shared/model/job.ts";
import { NAME, NAME_RULE, NODE, NODE_RULE } from "../../shared/model/names.ts";
import { PRIORITIES } from "../../shared/model/priority.ts";

/** What travels: campaigns, runners, subsystems. */
const name = z.string().regex(NAME, NAME_RULE);
/** What stays in these documents: actuators, dimensions, windows. */
const label = z.string().regex(/^[a-z0-9]([a-z0-9_-]{0,61}[a-z0-9])?$/i, "is not a name");
const node = z.string().regex(NODE, NODE_RULE);
const ratio = z.number().min(0).max(1);
const positive = z.number().positive();
const count = z.number().int().positive();

const frame = z.strictObject({
  width: z.number().int().min(16).max(3840),
  height: z.number().int().min(16).max(2160),
  frames: z.number().int().min(1).max(FRAMES_MAX),
  fps: z.number().int().min(1).max(60),
});

const actuator = z
  .strictObject({
    name: label,
    min: z.number(),
    max: z.number(),
    initial: z.number(),
    slew: ratio.positive(),
  })
  .refine((row) => row.min < row.max, "min must be less than max")
  .refine((row) => row.min <= row.initial && row.initial <= row.max, "initial must lie within min and max");

const stop = z.strictObject({
  tolerance: positive,
  plateau: z.strictObject({ cycles: count, minDelta: z.number().min(0) }),
  budget: z.strictObject({ maxCycles: count, maxRenders: count, maxGpuSeconds: positive }),
  divergence: z.strictObject({ cycles: count, factor: positive }),
});

const jobs = z.strictObject({
  renderRunner: name,
  evaluateRunner: name,
  priority: z.enum(PRIORITIES),
  vramBytes: z.number().int().min(0),
  subsystem: name,
  maxRuntimeMs: z.number().int().positive().max(JOB_LIMITS.maxRuntimeMs),
  maxAttempts: z.number().int().min(1).max(JOB_LIMITS.maxAttempts),
});

const campaign = z.strictObject({
  path: z.enum(["elliptic", "oscillatory", "weave", "screw"]),
  population: z.number().int().min(4).max(64),
  actuators: z.array(actuator).min(1).max(12),
  frame,
  master: frame.nullable().default(null),
  deadBand: ratio,
  stop: stop.nullable().default(null),
  jobs,
});

const owner = z.strictObject({
  weight: count.max(1_000).default(10),
  maxSlots: count.nullable().default(null),
  maxVramMib: count.nullable().default(null),
});

const clockTime = z
  .string()
  .regex(/^([01]\d|2[0-3]):[0-5]\d$/, "is not a time such as 22:30")
  .transform((text) => Number(text.slice(0, 2)) * 60 + Number(text.slice(3)));

const closedWindow = z
  .strictObject({
    name: label,
    days: z.array(z.enum(["mon", "tue", "wed", "thu", "fri", "sat", "sun"])).default([]),
    from: clockTime,
    to: clockTime,
    utcOffsetMinutes: z.number().int().min(-840).max(840).default(0),
    nodes: z.array(node).default([]),
    priorities: z.array(z.enum(PRIORITIES)).default([]),
  })
  .refine(
    (row) => row.nodes.length === 0 || row.priorities.length === 0,
    "names nodes or priorities, not both",
  )
  .refine((row) => row.from !== row.to, "from and to are the same")
  .transform(({ from, to, ...row }) => ({ ...row, fromMinute: from, toMinute: to }));

const ownerName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._:@/+-]{0,127}$/, "is not a producer or campaign/NAME");

const control = z.strictObject({
  prompt: z.string().min(1).max(2_000),
  seed: z.number().int().min(0),
  watermark: z.number().int().min(1).max(1_000),
  campaigns: z.record(name, campaign),
  owners: z.record(ownerName, owner).default({}),
  windows: z.array(closedWindow).max(64).default([]),
});

const dimension = z
  .strictObject({
    name: label,
    min: z.number(),
    max: z.number(),
    direction: z.enum(["up", "down", "match"]),
    target: z.number(),
    tolerance: z.number().min(0),
    weight: z.number().min(0),
  })
  .refine((row) => row.min < row.max, "min must be less than max");

const calibration = z.strictObject({ dimensions: z.array(dimension).min(1).max(64) });

/** The document, or a FleetError `config` that names file, line, field and what is wrong. */
export function parseControl(path: string, document: JsonDocument): ControlDocument {
  return parse(control, path, document);
}

export function parseCalibration(path: string, document: JsonDocument): CalibrationDocument {
  return parse(calibration, path, document);
}

function parse<T>(schema: z.ZodType<T>, path: string, document: JsonDocument): T {
  const result = schema.safeParse(document.value);
  if (result.success) return result.data;
  throw new FleetError("config", placeProblems(path, document, result.error.issues));
}

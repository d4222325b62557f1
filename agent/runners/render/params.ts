/**
 * Render parameters: what a render operator may be asked for, and the box its actuators may move in.
 *
 * The hub's optimiser steers exactly the dimensions of `ACTUATORS`; everything else of a picture follows from
 * the seed, the prompt and the path. Each actuator has one main effect on the scores and acts smoothly over
 * its whole range, because a steered formula must answer small steps with small changes.
 */
import { z } from "zod";
import { FleetError } from "../../../shared/errors.ts";
import { FRAMES_MAX } from "../../../shared/model/campaign.ts";

export interface Actuator {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  readonly initial: number;
  readonly description: string;
}

/** The steered dimensions: rates (how the path moves the formula) and gains (how strongly each part shows). */
export const ACTUATORS = [
  actuator("ratePath", [0, 1, 0.35], "how far the closed path carries the spiral: sway, breath and twist"),
  actuator(
    "rateDrift",
    [0, 1, 0.25],
    "how far the end of the loop misses its beginning; 0 closes it exactly",
  ),
  actuator("gainTwist", [0, 1, 0.45], "pitch of the arms: 0 open and calm, 1 tightly wound"),
  actuator("gainFocus", [0, 1, 0.5], "narrowness of arms and seeds: 0 mist, 1 crisp lines"),
  actuator("gainDetail", [0, 1, 0.6], "weight of the fine threads inside the arms"),
  actuator("gainSeeds", [0, 1, 0.5], "light of the phyllotactic seeds"),
  actuator("gainGlow", [0, 1, 0.4], "bloom and haze that fill the dark between the arms"),
  actuator("gainLight", [0, 1, 0.5], "exposure of the whole picture"),
  actuator("gainChroma", [0, 1, 0.6], "chroma of the palette: 0 nearly silver, 1 vivid"),
  actuator("gainLean", [0, 1, 0.2], "how far the light leans to one side of the picture"),
  actuator("gainSkew", [0, 1, 0.2], "how unequal opposite arms are"),
] as const satisfies readonly Actuator[];

export type ActuatorName = (typeof ACTUATORS)[number]["name"];
export type ActuatorValues = Readonly<Record<ActuatorName, number>>;

export const PATHS = ["elliptic", "oscillatory", "weave", "screw"] as const;
export type PathName = (typeof PATHS)[number];

/** A complete, checked request; every actuator has a value. */
export interface RenderParams {
  readonly seed: string;
  readonly prompt: string;
  readonly path: PathName;
  readonly actuators: ActuatorValues;
  readonly width: number;
  readonly height: number;
  readonly frames: number;
  readonly fps: number;
}

const actuatorShape = Object.fromEntries(
  ACTUATORS.map(({ name, min, max, initial }) => [name, z.number().min(min).max(max).default(initial)]),
) as Record<ActuatorName, z.ZodDefault<z.ZodNumber>>;

const schema = z.strictObject({
  seed: z.union([z.string().min(1).max(200), z.int()]).transform(String),
  prompt: z.string().max(2000),
  path: z.enum(PATHS),
  actuators: z.strictObject(actuatorShape),
  width: z.int().min(16).max(1920).default(320),
  height: z.int().min(16).max(1080).default(180),
  frames: z.int().min(1).max(FRAMES_MAX).default(24),
  fps: z.int().min(1).max(60).default(12),
});

/**
 * Checks a request and fills in the initial value of each actuator that it leaves out.
 * @throws FleetError `invalid`, naming each field that is wrong.
 */
export function parseRenderParams(input: unknown): RenderParams {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  throw new FleetError("invalid", `render parameters: ${describeIssues(parsed.error)}`);
}

/** One line for all issues: `actuators.gainGlow: Too big…; widht: Unrecognized key`. */
export function describeIssues(error: z.ZodError): string {
  return error.issues.map(({ path, message }) => `${path.join(".") || "(root)"}: ${message}`).join("; ");
}

function actuator<const N extends string>(
  name: N,
  [min, max, initial]: readonly [number, number, number],
  description: string,
): Actuator & { readonly name: N } {
  return { name, min, max, initial, description };
}

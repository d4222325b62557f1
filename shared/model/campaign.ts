/**
 * Campaign: one converging loop, as control.json and calibration.json define it together. A campaign takes a
 * copy of both when it is armed, so that an edit never moves the target of a loop that is under way.
 */
import type { Lane, Priority } from "./priority.ts";

export interface Actuator {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  readonly initial: number;
  /** The most the operating point may move in one cycle, as a part of the range, (0, 1]. */
  readonly slew: number;
}

/** `up`: more than the target is no error. `down`: less is none. `match`: both sides count. */
export type Direction = "up" | "down" | "match";

/** One row of calibration.json (SPEC L4). */
export interface Dimension {
  readonly name: string;
  /** Range of the score; errors are counted in parts of it, so a narrow dimension weighs like a wide one. */
  readonly min: number;
  readonly max: number;
  /** Default `match`. */
  readonly direction?: Direction;
  readonly target: number;
  /** Half-width of the band around the target, in score units, that counts as no error. */
  readonly tolerance: number;
  /** Share of this dimension in the distance, relative to the others; 0 only observes it. */
  readonly weight: number;
}

export interface StopRules {
  /** The target is reached when the distance at the operating point is no more than this. */
  readonly tolerance: number;
  /** `best` has improved by less than `minDelta` over `cycles` cycles. */
  readonly plateau: { readonly cycles: number; readonly minDelta: number };
  readonly budget: {
    readonly maxCycles: number;
    readonly maxRenders: number;
    readonly maxGpuSeconds: number;
  };
  /** For `cycles` cycles in a row the distance was above `factor` × the first one, or unknown. */
  readonly divergence: { readonly cycles: number; readonly factor: number };
}

/** Each is an output of its render, beside film, poster and parameters, and an input of its evaluation. */
export const FRAMES_MAX = 500;

/** What one render of the loop is made with, beside the actuators. */
export interface Frame {
  readonly width: number;
  readonly height: number;
  readonly frames: number;
  readonly fps: number;
}

/** How the jobs of a campaign run. */
export interface CampaignJobs {
  readonly renderRunner: string;
  readonly evaluateRunner: string;
  readonly priority: Priority;
  readonly vramBytes: number;
  readonly subsystem: string;
  readonly maxRuntimeMs: number;
  readonly maxAttempts: number;
}

/** control.json, one campaign. `stop` may be absent: then its guardrail is red and it cannot be armed. */
export interface CampaignPlan {
  readonly path: string;
  readonly population: number;
  readonly actuators: readonly Actuator[];
  readonly frame: Frame;
  readonly master: Frame | null;
  /** Moves of the operating point below this part of a range are not made. */
  readonly deadBand: number;
  readonly stop: StopRules | null;
  readonly jobs: CampaignJobs;
}

export interface ControlDocument {
  readonly prompt: string;
  /** Fixed seed basis of every render and of the optimiser. */
  readonly seed: number;
  /** Renders of a campaign that wait in the queue at most. */
  readonly watermark: number;
  readonly campaigns: Readonly<Record<string, CampaignPlan>>;
  /** By owner: a producer, or `campaign/NAME`. */
  readonly owners?: Readonly<Record<string, OwnerPlan>>;
  /** Hours in which nothing new is granted. */
  readonly windows?: readonly ClosedWindow[];
}

/** It closes everything, or the nodes or the priorities that it names. */
export interface ClosedWindow {
  readonly name: string;
  /** On which it begins; empty: every day. */
  readonly days: readonly ("mon" | "tue" | "wed" | "thu" | "fri" | "sat" | "sun")[];
  /** Minute of the day; a window that ends before it begins goes over midnight. */
  readonly fromMinute: number;
  readonly toMinute: number;
  readonly utcOffsetMinutes: number;
  readonly nodes: readonly string[];
  readonly priorities: readonly Priority[];
}

/** What one owner is given of the fleet, beside the others. */
export interface OwnerPlan {
  /** Turns relative to other owners, 1 to 1,000; 10 where none is set. */
  readonly weight: number;
  /** Jobs at a time; null: no bound. */
  readonly maxSlots: number | null;
  /** Declared VRAM of its jobs at a time; null: no bound. */
  readonly maxVramMib: number | null;
}

export interface CalibrationDocument {
  readonly dimensions: readonly Dimension[];
}

/** What a campaign converges by: the plan and the target, frozen when it was armed. */
export interface CampaignSpec extends CampaignPlan {
  readonly stop: StopRules;
  readonly prompt: string;
  readonly seed: number;
  readonly watermark: number;
  readonly dimensions: readonly Dimension[];
}

export const RENDER_LANE: Lane = "gpu";
export const EVALUATE_LANE: Lane = "cpu";

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
  /** Largest move of the operating point per cycle, as a fraction of max − min. */
  readonly slew: number;
}

/** One of the dimensions that the evaluator scores, 0…1. */
export interface CalibratedDimension {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  /** `up`: more than the target is no error; `down`: less is none; `match`: both are. */
  readonly direction: "up" | "down" | "match";
  readonly target: number;
  readonly tolerance: number;
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
}

export interface CalibrationDocument {
  readonly dimensions: readonly CalibratedDimension[];
}

/** What a campaign converges by: the plan and the target, frozen when it was armed. */
export interface CampaignSpec extends CampaignPlan {
  readonly stop: StopRules;
  readonly prompt: string;
  readonly seed: number;
  readonly watermark: number;
  readonly dimensions: readonly CalibratedDimension[];
}

export const RENDER_LANE: Lane = "gpu";
export const EVALUATE_LANE: Lane = "cpu";

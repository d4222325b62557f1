/** Documents: the control.json and calibration.json of every simulated root, with one small campaign. */
import type { CalibrationDocument, ControlDocument } from "../../shared/model/campaign.ts";

export const GIB = 1024 ** 3;
export const CAMPAIGN = "demo";

export const CONTROL: ControlDocument = {
  prompt: "gold on black",
  seed: 7,
  watermark: 3,
  campaigns: {
    [CAMPAIGN]: {
      path: "elliptic",
      population: 4,
      actuators: [{ name: "a", min: 0, max: 1, initial: 0.5, slew: 0.05 }],
      frame: { width: 32, height: 18, frames: 4, fps: 12 },
      master: { width: 64, height: 36, frames: 4, fps: 12 },
      deadBand: 0.0001,
      stop: {
        tolerance: 0.05,
        plateau: { cycles: 3, minDelta: 0.001 },
        budget: { maxCycles: 4, maxRenders: 40, maxGpuSeconds: 2_000 },
        divergence: { cycles: 2, factor: 4 },
      },
      jobs: {
        renderRunner: "render",
        evaluateRunner: "evaluate",
        priority: "batch",
        vramBytes: GIB,
        subsystem: "rendering",
        maxRuntimeMs: 120_000,
        maxAttempts: 4,
      },
    },
  },
};

export const CALIBRATION: CalibrationDocument = {
  dimensions: [{ name: "d", min: 0, max: 1, direction: "match", target: 0.3, tolerance: 0.02, weight: 1 }],
};

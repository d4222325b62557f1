/** Documents: the control.json and calibration.json of every simulated root: the small campaign of the tests, slower. */

import { must } from "../../shared/invariant.ts";
import type { CalibrationDocument, CampaignPlan, ControlDocument } from "../../shared/model/campaign.ts";
import { CONTROL as USUAL } from "../helpers/hub-world.ts";

export const GIB = 1024 ** 3;
export const CAMPAIGN = "demo";

const PLAN: CampaignPlan = must(USUAL.campaigns[CAMPAIGN], "the tests have a campaign");

export const CONTROL: ControlDocument = {
  ...USUAL,
  watermark: 3,
  campaigns: {
    [CAMPAIGN]: {
      ...PLAN,
      actuators: [{ name: "a", min: 0, max: 1, initial: 0.5, slew: 0.05 }],
      stop: {
        tolerance: 0.05,
        plateau: { cycles: 3, minDelta: 0.001 },
        budget: { maxCycles: 4, maxRenders: 40, maxGpuSeconds: 2_000 },
        divergence: { cycles: 2, factor: 4 },
      },
      jobs: { ...PLAN.jobs, maxRuntimeMs: 120_000 },
    },
  },
};

export const CALIBRATION: CalibrationDocument = {
  dimensions: [{ name: "d", min: 0, max: 1, direction: "match", target: 0.3, tolerance: 0.02, weight: 1 }],
};

/** Documents: control.json and calibration.json of the demo, as a person would write them. Pure. */
import type {
  CalibrationDocument,
  CampaignPlan,
  ControlDocument,
  Frame,
} from "../../shared/model/campaign.ts";
import { DEMO_CAMPAIGN, demoDimensions } from "../../shared/model/demo-campaign.ts";

const MASTER: Frame = { width: 960, height: 540, frames: 48, fps: 24 };
const GIB = 1024 ** 3;

const JOBS: CampaignPlan["jobs"] = {
  renderRunner: "render",
  evaluateRunner: "evaluate",
  priority: "batch",
  vramBytes: 8 * GIB,
  subsystem: "rendering",
  maxRuntimeMs: 120_000,
  maxAttempts: 4,
};

/** control.json; `watermark`: renders that wait in the queue at most. */
export function demoControl(watermark: number): ControlDocument {
  const { name, prompt, seed, path, population, actuators, frame, deadBand, stop } = DEMO_CAMPAIGN;
  const plan = { path, population, actuators, frame, master: MASTER, deadBand, stop, jobs: JOBS };
  return { prompt, seed, watermark, campaigns: { [name]: plan } };
}

/** calibration.json that asks for exactly these scores. */
export function demoCalibration(scores: Readonly<Record<string, number>>): CalibrationDocument {
  return { dimensions: demoDimensions(scores) };
}

/** What the render runner is asked for when a candidate of the campaign is rendered. */
export function demoRenderParams(actuators: Readonly<Record<string, number>>) {
  const { prompt, seed, path, frame } = DEMO_CAMPAIGN;
  return { seed, prompt, path, actuators, ...frame };
}

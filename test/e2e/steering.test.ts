/**
 * Steering on the real formula and the real evaluator, in one process and at a small size: the demo's campaign
 * converges within its budget where chance does not.
 */
import { beforeAll, describe, expect, it } from "vitest";
import { scoreActuators } from "../../agent/runners/evaluate/score.ts";
import { ACTUATORS, parseRenderParams } from "../../agent/runners/render/params.ts";
import type { ActuatorValues } from "../../hub/core/steer/actuators.ts";
import type { SpineRow } from "../../hub/core/steer/convergence.ts";
import { closeCycle, createSteering, planCycle } from "../../hub/core/steer/cycle.ts";
import { distanceOf, type Scores } from "../../hub/core/steer/distance.ts";
import { must } from "../../shared/invariant.ts";
import type { Dimension } from "../../shared/model/campaign.ts";
import {
  DEMO_ACTUATORS,
  DEMO_CAMPAIGN,
  demoDimensions,
  drawHidden,
} from "../../shared/model/demo-campaign.ts";
import { createRng } from "../../shared/rng.ts";

const SEEDS = Array.from({ length: 10 }, (_, seed) => seed);
const RENDERS_MAX = DEMO_CAMPAIGN.stop.budget.maxRenders;
const { tolerance } = DEMO_CAMPAIGN.stop;
const START = Object.fromEntries(DEMO_ACTUATORS.map(({ name, initial }) => [name, initial]));

const measured = new Map<string, Scores>();

/** The demo's formula at a size that allows hundreds of renders; it is deterministic, so one point costs once. */
function measure(actuators: ActuatorValues): Scores {
  const key = JSON.stringify(actuators);
  const { seed, prompt, path } = DEMO_CAMPAIGN;
  const frame = { width: 160, height: 90, frames: 8, fps: 12 };
  const scores =
    measured.get(key) ?? scoreActuators(parseRenderParams({ seed, prompt, path, ...frame, actuators }));
  measured.set(key, scores);
  return scores;
}

function hideTarget(seed: number): readonly Dimension[] {
  const start = measure(START);
  const distanceFromStart = (hidden: ActuatorValues): number =>
    must(distanceOf(demoDimensions(measure(hidden)), start), "the evaluator scores every render");
  return demoDimensions(measure(drawHidden(createRng(`hidden ${seed}`), distanceFromStart)));
}

function runCampaign(seed: number, dimensions: readonly Dimension[]): readonly SpineRow[] {
  const config = { ...DEMO_CAMPAIGN, dimensions, seed };
  const spine: SpineRow[] = [];
  let state = createSteering(config);
  while ((spine.at(-1)?.rule ?? null) === null) {
    const planned = planCycle(config, state);
    const { point, candidates } = planned.plan;
    const scores = { point: measure(point), candidates: candidates.map(measure), gpuSeconds: 0 };
    const closed = closeCycle(config, planned.state, spine, scores);
    state = closed.state;
    spine.push(closed.row);
  }
  return spine;
}

/** As many renders as the budget allows, drawn blindly from the whole range. */
function drawBlindly(): readonly Scores[] {
  const rng = createRng("blind");
  const draw = (): ActuatorValues =>
    Object.fromEntries(DEMO_ACTUATORS.map(({ name, min, max }) => [name, min + rng.next() * (max - min)]));
  return Array.from({ length: RENDERS_MAX }, () => measure(draw()));
}

describe("the demo's campaign, at 160×90×8 and ten hidden targets", () => {
  const runs: { readonly spine: readonly SpineRow[]; readonly blindBest: number }[] = [];

  beforeAll(() => {
    const blind = drawBlindly();
    for (const seed of SEEDS) {
      const dimensions = hideTarget(seed);
      const distances = blind.map((scores) => distanceOf(dimensions, scores) ?? Infinity);
      runs.push({ spine: runCampaign(seed, dimensions), blindBest: Math.min(...distances) });
    }
  }, 240_000);

  const converged = (): (readonly SpineRow[])[] =>
    runs.map((run) => run.spine).filter((spine) => spine.at(-1)?.rule === "target");

  it("converges for at least 9 of 10 within the budget", () => {
    expect(converged().length).toBeGreaterThanOrEqual(9);
    for (const spine of converged()) expect(spine.at(-1)?.renders).toBeLessThanOrEqual(RENDERS_MAX);
  });

  it("starts at least 8 tolerances away and ends within one", () => {
    for (const spine of converged()) {
      expect(spine[0]?.distance).toBeGreaterThanOrEqual(8 * tolerance);
      expect(spine.at(-1)?.distance).toBeLessThanOrEqual(tolerance);
    }
  });

  it("is out of reach of random search with the same number of renders", () => {
    expect(runs).toHaveLength(SEEDS.length);
    expect(runs.filter((run) => run.blindBest <= tolerance).length).toBeLessThanOrEqual(2);
  });
});

describe("the demo's actuators", () => {
  it("are actuators of the render operator, with its ranges and initial values", () => {
    for (const { name, min, max, initial } of DEMO_ACTUATORS) {
      expect(ACTUATORS).toContainEqual(expect.objectContaining({ name, min, max, initial }));
    }
  });
});

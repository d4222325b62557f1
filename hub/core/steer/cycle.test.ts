import { describe, expect, it } from "vitest";
import type { ActuatorValues } from "./actuators.ts";
import { fromUnit, initialPoint, toUnit } from "./actuators.ts";
import type { SpineRow } from "./convergence.ts";
import { closeCycle, createSteering, planCycle, type SteeringConfig, type SteeringState } from "./cycle.ts";
import type { Scores } from "./distance.ts";

const config: SteeringConfig = {
  actuators: [
    { name: "rate", min: 10, max: 30, initial: 15, slew: 0.2 },
    { name: "gain", min: -1, max: 1, initial: 0, slew: 0.2 },
  ],
  dimensions: [
    { name: "calm", min: 0, max: 1, target: 0.8, tolerance: 0, weight: 1 },
    { name: "sharp", min: 0, max: 1, target: 0.3, tolerance: 0, weight: 1 },
  ],
  population: 6,
  seed: "cycle",
  deadBand: 0.001,
  stop: {
    tolerance: 0.01,
    plateau: { cycles: 5, minDelta: 0 },
    budget: { maxCycles: 12, maxRenders: 84, maxGpuSeconds: 1000 },
    divergence: { cycles: 3, factor: 2 },
  },
};

const scoresOf = ({ rate = 0, gain = 0 }: ActuatorValues): Scores => ({
  calm: rate / 30 - 0.1 * gain * gain,
  sharp: 0.5 + 0.4 * gain,
});

function turn(
  state: SteeringState,
  spine: readonly SpineRow[],
  measure = scoresOf as (v: ActuatorValues) => Scores | null,
) {
  const planned = planCycle(config, state);
  const { point, candidates } = planned.plan;
  return closeCycle(config, planned.state, spine, {
    point: measure(point),
    candidates: candidates.map(measure),
    gpuSeconds: 3,
  });
}

describe("closeCycle", () => {
  it("turns the loop until the operating point is on target", () => {
    let state = createSteering(config);
    const spine: SpineRow[] = [];
    while ((spine.at(-1)?.rule ?? null) === null) {
      const closed = turn(JSON.parse(JSON.stringify(state)), spine);
      state = closed.state;
      spine.push(closed.row);
    }
    const last = spine.at(-1);
    expect(last).toMatchObject({ rule: "target", scores: scoresOf(last?.actuators ?? {}) });
    expect(last).toMatchObject({ renders: 7 * spine.length, gpuSeconds: 3 * spine.length });
    expect(last?.distance).toBeLessThanOrEqual(0.01);
    expect(spine.map((row) => row.cycle)).toEqual(spine.map((_, i) => i + 1));
  });

  it("begins at the initial values", () => {
    expect(planCycle(config, createSteering(config)).plan).toMatchObject({
      cycle: 1,
      point: { rate: 15, gain: 0 },
    });
  });

  it("holds the operating point and says so when nothing could be measured", () => {
    const first = turn(createSteering(config), [], () => null);
    expect(first.row).toMatchObject({ scores: null, distance: null, best: null, rule: null });
    expect(first.state.point).toEqual(createSteering(config).point);
  });

  it("names the actuators at a wall", () => {
    const state = { ...createSteering(config), point: [0.5, 1] };
    expect(turn(state, [], () => null).row.saturated).toEqual(["gain"]);
  });
});

describe("the unit cube", () => {
  it("maps an actuator's range onto one edge and back", () => {
    expect(initialPoint(config.actuators)).toEqual([0.25, 0.5]);
    expect(toUnit(config.actuators, { rate: 30, gain: -1 })).toEqual([1, 0]);
    expect(fromUnit(config.actuators, [1, 0.25])).toEqual({ rate: 30, gain: -0.5 });
  });

  it("brings a value outside its range to the wall", () => {
    expect(toUnit(config.actuators, { rate: 99, gain: -7 })).toEqual([1, 0]);
  });
});

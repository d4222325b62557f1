import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { stepController } from "./controller.ts";

const config = { slew: [0.2, 0.1], deadBand: 0.001, tolerance: 0.01 };
const far = 0.5;

describe("stepController", () => {
  it("never moves an actuator beyond its slew or out of its range", () => {
    const anything = fc.oneof(fc.double({ min: -2, max: 3, noNaN: true }), fc.constant(Number.NaN));
    const inside = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(fc.tuple(inside, inside), fc.tuple(anything, anything), (point, x) => {
        const step = stepController(config, point, { x, distance: 0 }, far);
        for (const [i, value] of step.point.entries()) {
          expect(value).toBeGreaterThanOrEqual(0);
          expect(value).toBeLessThanOrEqual(1);
          expect(Math.abs(value - (point[i] ?? 0))).toBeLessThanOrEqual((config.slew[i] ?? 0) + 1e-5);
        }
      }),
    );
  });

  it("arrives exactly at an incumbent within reach", () => {
    const step = stepController(config, [0.5, 0.5], { x: [0.61234, 0.45], distance: 0 }, far);
    expect(step).toEqual({ point: [0.61234, 0.45], moved: true, saturated: [false, false] });
  });

  const goal = { x: [0.9, 0.9], distance: 0 };
  const holds: readonly [string, Parameters<typeof stepController>[2], number | null][] = [
    ["the operating point is on target", goal, 0.01],
    ["its distance is unknown", goal, null],
    ["its distance is not a number", goal, Number.NaN],
    ["its distance is infinite", goal, Number.POSITIVE_INFINITY],
    ["there is no incumbent", null, far],
    ["the incumbent is not a point", { x: [Number.NaN, 0.5], distance: 0 }, far],
    ["the move is inside the dead band", { x: [0.5005, 0.4995], distance: 0 }, far],
  ];
  it.each(holds)("holds when %s", (_, incumbent, measured) => {
    const step = stepController(config, [0.5, 0.5], incumbent, measured);
    expect(step).toEqual({ point: [0.5, 0.5], moved: false, saturated: [false, false] });
  });

  it("moves with all actuators as soon as one leaves the dead band", () => {
    expect(stepController(config, [0.5, 0.5], { x: [0.5005, 0.6], distance: 0 }, far).point).toEqual([
      0.5005, 0.6,
    ]);
  });

  it("turns back at once from a wall it was pushed against for long", () => {
    let point: readonly number[] = [0.9, 0.5];
    for (let cycle = 0; cycle < 50; cycle++) {
      point = stepController(config, point, { x: [5, 0.5], distance: 0 }, far).point;
    }
    expect(stepController(config, point, { x: [5, 0.5], distance: 0 }, far).saturated).toEqual([true, false]);
    const back = stepController(config, point, { x: [0.5, 0.5], distance: 0 }, far);
    expect(back).toEqual({ point: [0.8, 0.5], moved: true, saturated: [false, false] });
  });
});

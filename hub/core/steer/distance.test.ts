import { describe, expect, it } from "vitest";
import type { Dimension } from "../../../shared/model/campaign.ts";
import { distanceOf, residualsOf } from "./distance.ts";

const sharp: Dimension = { name: "sharp", min: 0, max: 1, target: 0.5, tolerance: 0, weight: 1 };

describe("distanceOf", () => {
  const cases: readonly [string, Partial<Dimension>, number, number][] = [
    ["match counts a score above the target", {}, 0.7, 0.2],
    ["match counts a score below the target", {}, 0.3, 0.2],
    ["up forgives a score above the target", { direction: "up" }, 0.7, 0],
    ["up counts a score below the target", { direction: "up" }, 0.3, 0.2],
    ["down forgives a score below the target", { direction: "down" }, 0.3, 0],
    ["down counts a score above the target", { direction: "down" }, 0.7, 0.2],
    ["the tolerance band is no error", { tolerance: 0.2 }, 0.69, 0],
    ["beyond the band only the rest counts", { tolerance: 0.05 }, 0.7, 0.15],
    ["errors are parts of the range", { min: 0.4, max: 0.8 }, 0.7, 0.5],
  ];
  it.each(cases)("%s", (_, change, score, distance) => {
    expect(distanceOf([{ ...sharp, ...change }], { sharp: score })).toBeCloseTo(distance, 12);
  });

  it("is the weighted root mean square of the errors", () => {
    const dimensions = [sharp, { ...sharp, name: "calm", weight: 3 }];
    expect(distanceOf(dimensions, { sharp: 0.9, calm: 0.5 })).toBeCloseTo(Math.sqrt(0.16 / 4), 12);
    expect(distanceOf(dimensions, { sharp: 0.5, calm: 0.9 })).toBeCloseTo(Math.sqrt((3 * 0.16) / 4), 12);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
    "is unknown for a score of %s",
    (score) => {
      for (const direction of ["up", "down", "match"] as const) {
        expect(distanceOf([{ ...sharp, direction }], { sharp: score })).toBeNull();
      }
    },
  );

  it("is unknown when a score is missing", () => {
    expect(distanceOf([sharp], {})).toBeNull();
  });
});

describe("residualsOf", () => {
  it("keeps the sign of each error", () => {
    const residuals = residualsOf([sharp, { ...sharp, name: "calm" }], { sharp: 0.7, calm: 0.3 });
    expect(residuals?.[0]).toBeCloseTo(0.2 / Math.SQRT2, 12);
    expect(residuals?.[1]).toBeCloseTo(-0.2 / Math.SQRT2, 12);
  });
});

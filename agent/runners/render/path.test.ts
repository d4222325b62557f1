import { describe, expect, it } from "vitest";
import { PATHS, parseRenderParams } from "./params.ts";
import { pathAt } from "./path.ts";
import { momentAt } from "./spiral.ts";

describe("pathAt", () => {
  it.each(PATHS)("brings %s back to where it began, after whole turns", (path) => {
    const [start, end] = [pathAt(path, 0), pathAt(path, 1)];
    for (const key of ["x", "y", "z", "rock"] as const) expect(end[key]).toBeCloseTo(start[key], 9);
    expect(Number.isInteger(end.turn - start.turn)).toBe(true);
  });

  it.each(PATHS)("keeps %s moving", (path) => {
    expect(pathAt(path, 0.3)).not.toEqual(pathAt(path, 0.4));
  });
});

describe("momentAt", () => {
  const params = (rateDrift: number) =>
    parseRenderParams({ seed: 1, prompt: "", path: "elliptic", actuators: { rateDrift }, frames: 10 });

  it("returns to the first moment after the last frame when nothing drifts", () => {
    const [start, end] = [momentAt(params(0), 0), momentAt(params(0), 10)];
    expect(end.turn).toBeCloseTo(start.turn, 9);
    expect(end.growth).toBeCloseTo(start.growth + 1, 9);
  });

  it("misses the first moment by more, the more it drifts", () => {
    const miss = [0.2, 0.5, 1].map(
      (drift) => momentAt(params(drift), 0).turn - momentAt(params(drift), 10).turn,
    );
    expect(miss).toEqual([...miss].sort((a, b) => a - b));
    expect(miss[0]).toBeGreaterThan(0.05);
  });
});

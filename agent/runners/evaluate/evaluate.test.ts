import { describe, expect, it } from "vitest";
import { createFrameRenderer } from "../render/frame.ts";
import { parseRenderParams } from "../render/params.ts";
import type { RgbImage } from "../render/rgb-image.ts";
import { DIMENSIONS, type DimensionName } from "./dimensions.ts";
import { evaluateFrames } from "./evaluate.ts";
import { scoreActuators } from "./score.ts";

const NAMES: readonly DimensionName[] = DIMENSIONS.map(({ name }) => name);
type Colour = readonly [number, number, number];

/** An image from a function of position (0…1 in both directions) to colour (0…255). */
function paint(colourAt: (x: number, y: number) => Colour, width = 160, height = 90): RgbImage {
  const data = new Uint8Array(width * height * 3);
  for (let i = 0; i < width * height; i++) {
    data.set(colourAt(((i % width) + 0.5) / width, (Math.floor(i / width) + 0.5) / height), i * 3);
  }
  return { width, height, data };
}

const grey = (value: number): Colour => [value, value, value];
const stripes = (count: number, shift = 0, depth = 100): RgbImage =>
  paint((x) => grey(128 + depth * Math.sin(2 * Math.PI * (count * x + shift))));
const spot = (x0: number, y0: number): RgbImage =>
  paint((x, y) => grey(255 * Math.exp(-30 * ((x - x0) * (x - x0) + (y - y0) * (y - y0)))));
const score = (name: DimensionName, ...frames: readonly RgbImage[]): number => evaluateFrames(frames)[name];

describe("evaluateFrames", () => {
  it.each([
    ["black", [paint(() => grey(0))]],
    ["white", [paint(() => grey(255)), paint(() => grey(255))]],
    ["one colour", [paint(() => [200, 30, 90])]],
    ["a single pixel", [paint(() => grey(9), 1, 1)]],
    ["two unlike frames", [paint(() => grey(0)), paint(() => grey(255))]],
    ["noise", [paint((x, y) => grey((Math.floor(x * 1e5) * 31 + Math.floor(y * 1e5) * 17) % 256))]],
  ])("scores %s between 0 and 1 on every dimension", (_name, frames) => {
    const scores = evaluateFrames(frames);
    expect(Object.keys(scores)).toEqual(NAMES);
    for (const name of NAMES) expect(scores[name] >= 0 && scores[name] <= 1, name).toBe(true);
  });

  it("calls fine structure sharper than coarse structure of the same contrast", () => {
    expect(score("sharpness", stripes(24))).toBeGreaterThan(score("sharpness", stripes(6)) + 0.1);
  });

  it("calls deep modulation more contrasty and no sharper", () => {
    const [deep, flat] = [stripes(8, 0, 120), stripes(8, 0, 40)];
    expect(score("contrast", deep)).toBeGreaterThan(2 * score("contrast", flat));
    expect(score("sharpness", deep)).toBeCloseTo(score("sharpness", flat), 2);
  });

  it("finds no colour in grey and much in saturated patches", () => {
    expect(score("colourfulness", stripes(8))).toBe(0);
    expect(
      score(
        "colourfulness",
        paint((x) => (x < 0.5 ? [255, 40, 0] : [0, 60, 255])),
      ),
    ).toBeGreaterThan(0.7);
  });

  it("calls detail everywhere more complex than detail in one place", () => {
    expect(score("complexity", stripes(12))).toBeGreaterThan(score("complexity", spot(0.5, 0.5)) + 0.2);
  });

  it("sees mirror symmetry and half-turn symmetry, and their absence", () => {
    const slope = (x: number, y: number) => 60 + 120 * Math.abs(x - 0.5) + 60 * y * y;
    const pinwheel = (x: number, y: number) => 128 + 400 * (x - 0.5) * (y - 0.5) + 60 * (x - 0.5) * (x - 0.5);
    expect(
      score(
        "symmetry",
        paint((x, y) => grey(slope(x, y))),
      ),
    ).toBeGreaterThan(0.999);
    expect(
      score(
        "symmetry",
        paint((x, y) => grey(pinwheel(x, y))),
      ),
    ).toBeGreaterThan(0.999);
    expect(score("symmetry", spot(0.2, 0.25))).toBeLessThan(0.1);
  });

  it("calls light at one side less balanced than light in the middle", () => {
    expect(score("balance", spot(0.5, 0.5))).toBeGreaterThan(0.99);
    expect(score("balance", spot(0.7, 0.5))).toBeLessThan(0.5);
    expect(score("balance", spot(0.5, 0.7))).toBeLessThan(0.6);
  });

  it("calls slow movement smoother than fast movement, and rest smoothest", () => {
    const moving = (step: number) => [0, 1, 2, 3].map((i) => stripes(3, i * step));
    expect(score("smoothness", ...moving(0.02))).toBeGreaterThan(score("smoothness", ...moving(0.1)) + 0.1);
    expect(score("smoothness", ...moving(0))).toBe(1);
  });

  it("calls a whole turn closed and a broken one open", () => {
    const loop = (turns: number) => [0, 1, 2, 3, 4, 5, 6, 7].map((i) => stripes(3, (turns * i) / 8));
    expect(score("closure", ...loop(1))).toBeGreaterThan(0.99);
    expect(score("closure", ...loop(0.4))).toBeLessThan(0.6);
  });

  it("scores a single frame as a film at rest", () => {
    expect(evaluateFrames([stripes(3)])).toMatchObject({ smoothness: 1, closure: 1 });
  });

  it("scores a render alike at different sizes", () => {
    const scores = [1, 2].map((scale) => {
      const size = { width: 160 * scale, height: 90 * scale, frames: 3 };
      const params = parseRenderParams({ seed: 1, prompt: "gold", path: "weave", actuators: {}, ...size });
      const render = createFrameRenderer(params);
      return evaluateFrames([0, 1, 2].map(render));
    });
    for (const name of NAMES) {
      expect(Math.abs((scores[0]?.[name] ?? 0) - (scores[1]?.[name] ?? 1)), name).toBeLessThan(0.02);
    }
  });
});

describe("scoreActuators", () => {
  const scoreAt = (actuators: object) =>
    scoreActuators(
      parseRenderParams({
        ...{ seed: 1, prompt: "ember", path: "elliptic", actuators },
        ...{ width: 160, height: 90, frames: 8 },
      }),
    );

  it.each<[string, DimensionName, number]>([
    ["ratePath", "smoothness", -1],
    ["rateDrift", "closure", -1],
    ["gainSeeds", "sharpness", 1],
    ["gainDetail", "complexity", 1],
    ["gainLight", "contrast", 1],
    ["gainChroma", "colourfulness", 1],
    ["gainLean", "balance", -1],
    ["gainLean", "symmetry", -1],
    ["gainSkew", "symmetry", -1],
  ])("answers %s by its main effect on %s", (actuator, dimension, sign) => {
    const [low, high] = [scoreAt({ [actuator]: 0 }), scoreAt({ [actuator]: 0.8 })];
    expect(sign * (high[dimension] - low[dimension])).toBeGreaterThan(0.04);
  });

  it("answers a small step with a small change", () => {
    const [here, there] = [
      scoreAt({ gainFocus: 0.5, ratePath: 0.5 }),
      scoreAt({ gainFocus: 0.51, ratePath: 0.51 }),
    ];
    for (const name of NAMES) expect(Math.abs(here[name] - there[name]), name).toBeLessThan(0.02);
  });
});

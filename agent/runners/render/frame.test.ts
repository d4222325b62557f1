import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createFrameRenderer, renderFrame } from "./frame.ts";
import { ACTUATORS, PATHS, parseRenderParams, type RenderParams } from "./params.ts";

function small(change: object = {}): RenderParams {
  return parseRenderParams({
    ...{ seed: 1, prompt: "ember spiral", path: "elliptic", actuators: {} },
    ...{ width: 48, height: 27, frames: 4, fps: 12 },
    ...change,
  });
}

function sha256Of(params: RenderParams): string {
  const hash = createHash("sha256");
  for (let index = 0; index < params.frames; index++) hash.update(renderFrame(params, index));
  return hash.digest("hex");
}

describe("renderFrame", () => {
  // Pinned: the same bytes on every supported Node version and machine. A change of the formula changes them.
  it.each([
    ["elliptic", "07135db6707bfb5b7c51104a882ab5a7091a88cd359d1c77d9f8ab784644a592"],
    ["oscillatory", "3a3b007975a74bd40e04e3690cc057db3d5439fc9a07e2d1d34de8bd4c687732"],
    ["weave", "47887dc41443c1334bf000449ce4e31006a21285f5b53263d4c375cb9c8c600b"],
    ["screw", "2e2173326d61c3174b5a4634d1e1828fd2da4529e507fd12dd6c28f068d46232"],
  ])("gives the bytes it always gave for %s", (path, sha256) => {
    expect(sha256Of(small({ path }))).toBe(sha256);
  });

  it("does not depend on the frames rendered before", () => {
    const render = createFrameRenderer(small());
    render(0);
    render(3);
    expect(render(2).data).toEqual(renderFrame(small(), 2));
  });

  it.each(PATHS)("ends %s where it began when nothing drifts", (path) => {
    const params = small({ path, actuators: { rateDrift: 0 } });
    const [first, again] = [renderFrame(params, 0), renderFrame(params, params.frames)];
    const worst = first.reduce((most, value, i) => Math.max(most, Math.abs(value - (again[i] ?? 0))), 0);
    expect(worst).toBeLessThanOrEqual(1);
  });

  it("answers the seed, the prompt and every actuator", () => {
    const base = sha256Of(small());
    expect(sha256Of(small({ seed: 2 }))).not.toBe(base);
    expect(sha256Of(small({ prompt: "ocean" }))).not.toBe(base);
    for (const { name, max } of ACTUATORS) {
      expect(sha256Of(small({ actuators: { [name]: max } })), name).not.toBe(base);
    }
  });

  it("fills frames of any size anywhere in the actuators' box", () => {
    const actuators = fc.record(
      Object.fromEntries(ACTUATORS.map(({ name, min, max }) => [name, fc.double({ min, max, noNaN: true })])),
    );
    const sizes = fc.record({
      width: fc.integer({ min: 16, max: 70 }),
      height: fc.integer({ min: 16, max: 70 }),
    });
    fc.assert(
      fc.property(actuators, sizes, (values, size) => {
        const data = renderFrame(small({ actuators: values, ...size }), 1);
        expect(data.length).toBe(size.width * size.height * 3);
        expect(Math.max(...data)).toBeGreaterThan(60);
      }),
      { numRuns: 30 },
    );
  });
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../../shared/json.ts";
import { HubWorld, helloOf, specOf } from "../../../test/helpers/hub-world.ts";
import { decodeHubState, encodeHubState } from "../snapshot.ts";
import { createHubState } from "../state.ts";
import { applyPeak, KINDS_MAX, kindOf, learnedVramBytes, PEAKS_KEPT, placedVramBytes } from "./vram-peaks.ts";

const GIB = 1024 ** 3;

function learningWorld(isVramLearned: boolean): HubWorld {
  const world = new HubWorld();
  const [runner] = helloOf("alpha").runners;
  world.attach("alpha", { runners: [{ name: "sleep", sha256: "00", ...runner, isVramLearned }] });
  return world;
}

describe("kindOf", () => {
  it.each<readonly [string, JsonObject, JsonObject]>([
    ["sizes of one power of two", { width: 600, frames: 4 }, { frames: 3, width: 1024 }],
    ["seeds and prompts", { seed: 1, prompt: "gold" }, { seed: 2, prompt: "black" }],
    ["rates", { rate: 0.25 }, { rate: 0.75 }],
    ["free text", { note: "a b c" }, { note: "d e f" }],
  ])("does not tell apart %s", (_, one, other) => {
    expect(kindOf({ runner: "flux", params: one })).toBe(kindOf({ runner: "flux", params: other }));
  });

  it.each<readonly [string, JsonObject, JsonObject]>([
    ["sizes", { width: 1024 }, { width: 1025 }],
    ["models", { model: "dev" }, { model: "schnell" }],
    ["switches", { tiled: true }, { tiled: false }],
  ])("tells apart %s", (_, one, other) => {
    expect(kindOf({ runner: "flux", params: one })).not.toBe(kindOf({ runner: "flux", params: other }));
  });

  it("is a bounded text of any parameters", () => {
    const params = fc.dictionary(fc.string(), fc.jsonValue()) as fc.Arbitrary<JsonObject>;
    fc.assert(fc.property(params, (given) => kindOf({ runner: "flux", params: given }).length < 2_000));
  });
});

describe("learned VRAM", () => {
  it("is the most that the latest jobs held", () => {
    const state = createHubState();
    const spec = specOf();
    expect(learnedVramBytes(state, spec)).toBeNull();
    applyPeak(state, spec, 9 * GIB);
    for (let each = 1; each < PEAKS_KEPT; each++) applyPeak(state, spec, GIB);
    applyPeak(state, spec, 0);
    expect(learnedVramBytes(state, spec)).toBe(9 * GIB);
    applyPeak(state, spec, 2 * GIB);
    expect(learnedVramBytes(state, spec)).toBe(2 * GIB);
  });

  it("is remembered of a bounded number of kinds and survives a snapshot", () => {
    const state = createHubState();
    for (let each = 0; each <= KINDS_MAX; each++) applyPeak(state, specOf({ runner: `r${each}` }), each + 1);
    expect(state.peaks.size).toBe(KINDS_MAX);
    expect(learnedVramBytes(state, specOf({ runner: "r0" }))).toBeNull();
    expect(decodeHubState(encodeHubState(state)).peaks).toEqual(state.peaks);
  });

  it.each([
    ["declared", false, 6 * GIB, GIB],
    ["learned", true, 6 * GIB, 6 * GIB],
    ["learned, but less than declared", true, GIB / 2, GIB],
  ] as const)("places a job by what is %s", (_, isLearned, peak, placed) => {
    const world = learningWorld(isLearned);
    applyPeak(world.core.state, specOf(), peak);
    expect(placedVramBytes(world.core, specOf({ vramBytes: GIB }))).toBe(placed);
  });

  it("never places below what is declared", () => {
    const amount = fc.nat({ max: 200 * GIB });
    fc.assert(
      fc.property(
        fc.array(amount, { maxLength: 12 }),
        amount,
        fc.boolean(),
        (peaks, vramBytes, isLearned) => {
          const world = learningWorld(isLearned);
          const spec = specOf({ vramBytes });
          for (const peak of peaks) applyPeak(world.core.state, spec, peak);
          expect(placedVramBytes(world.core, spec)).toBeGreaterThanOrEqual(vramBytes);
        },
      ),
      { numRuns: 50 },
    );
  });
});

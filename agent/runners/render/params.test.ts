import { describe, expect, it } from "vitest";
import { ACTUATORS, parseRenderParams } from "./params.ts";

const PARAMS = { seed: 7, prompt: "gold", path: "screw", actuators: {} };

describe("parseRenderParams", () => {
  it("fills in the initial value of each actuator left out", () => {
    const { actuators } = parseRenderParams({ ...PARAMS, actuators: { gainGlow: 1 } });
    for (const { name, initial } of ACTUATORS) {
      expect(actuators[name]).toBe(name === "gainGlow" ? 1 : initial);
    }
  });

  it("takes a number and its text as the same seed", () => {
    expect(parseRenderParams(PARAMS)).toEqual(parseRenderParams({ ...PARAMS, seed: "7" }));
  });

  it.each([
    ["an actuator beyond its range", { actuators: { gainGlow: 1.01 } }, /actuators\.gainGlow: Too big/],
    ["an actuator that is not a number", { actuators: { gainGlow: Number.NaN } }, /actuators\.gainGlow/],
    ["an unknown actuator", { actuators: { gainGlum: 0.5 } }, /actuators: Unrecognized key: "gainGlum"/],
    ["an unknown key", { widht: 320 }, /Unrecognized key: "widht"/],
    ["an unknown path", { path: "zigzag" }, /path: Invalid option/],
    ["a picture too wide", { width: 1921 }, /width: Too big/],
    ["a half frame", { frames: 1.5 }, /frames/],
    ["no film at all", { frames: 0 }, /frames: Too small/],
    ["an empty seed", { seed: "" }, /seed/],
  ])("refuses %s and names it", (_name, change, message) => {
    expect(() => parseRenderParams({ ...PARAMS, ...change })).toThrow(message);
  });

  it("starts every actuator inside its range", () => {
    for (const { min, max, initial } of ACTUATORS) expect(initial >= min && initial <= max).toBe(true);
  });
});

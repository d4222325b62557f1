import { describe, expect, it } from "vitest";
import { colourIndex, createPalette, type Palette } from "./palette.ts";

const at = (palette: Palette, tone: number) => [
  ...palette.subarray(colourIndex(tone), colourIndex(tone) + 3),
];
const spread = (rgb: readonly number[]) => Math.max(...rgb) - Math.min(...rgb);

describe("createPalette", () => {
  it.each([
    ["ember", 0],
    ["moss", 1],
    ["ocean", 2],
  ])("gives %s its own strongest colour", (word, strongest) => {
    const body = at(createPalette(`a spiral of ${word}`, "1", 1), 0.6);
    expect(body.indexOf(Math.max(...body))).toBe(strongest);
  });

  it("knows a word in any case", () => {
    expect(createPalette("EMBER", "1", 1)).toEqual(createPalette("ember", "1", 1));
  });

  it("gives prompts without a known word palettes of their own", () => {
    expect(createPalette("a quiet library", "1", 1)).not.toEqual(createPalette("hello world", "1", 1));
  });

  it("runs from dark to light", () => {
    const light = [0, 0.25, 0.5, 0.75, 1].map((tone) => at(createPalette("ice", "1", 1), tone)[1] ?? 0);
    expect(light).toEqual([...light].sort((a, b) => a - b));
  });

  it("turns to grey as chroma goes to nothing", () => {
    expect(spread(at(createPalette("gold", "1", 0), 0.6))).toBeLessThan(0.001);
    expect(spread(at(createPalette("gold", "1", 1), 0.6))).toBeGreaterThan(0.2);
  });

  it("never holds negative or undefined light", () => {
    for (const prompt of ["ocean", "forest", "", "日本 語", "x".repeat(500)]) {
      for (const value of createPalette(prompt, "9", 1.3)) expect(value >= 0 && value < 2).toBe(true);
    }
  });
});

import { describe, expect, it } from "vitest";
import { boundWords } from "./bound-words.ts";

describe("boundWords", () => {
  it.each([
    ["slots:4", "4slots"],
    ["vram:34359738368", "32GiB"],
    ["vram:536870912", "512MiB"],
    ["interactive", "interactive"],
    ["", ""],
  ])("tells %s as %s", (value, expected) => {
    expect(boundWords(value)).toBe(expected);
  });
});

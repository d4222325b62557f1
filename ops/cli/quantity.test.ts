import { describe, expect, it } from "vitest";
import { parsePositive, parsePositiveDuration } from "./quantity.ts";

describe("counts and times that must be something", () => {
  it.each(["1", "16", "007"])("reads %s", (text) => {
    expect(parsePositive(text)).toBe(Number(text));
  });

  it.each(["0", "00", "-1", "1.5", "", "many"])("refuses the count %j in words", (text) => {
    expect(() => parsePositive(text)).toThrow("It must be a whole number of 1 or more.");
  });

  it("refuses a time of nothing, which would mean the default to a hub", () => {
    expect(parsePositiveDuration("90s")).toBe(90_000);
    expect(() => parsePositiveDuration("0s")).toThrow("It must be more than 0.");
  });
});

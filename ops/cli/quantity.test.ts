import { describe, expect, it } from "vitest";
import { durationUpTo, parseMoment, parsePositive, parsePositiveDuration } from "./quantity.ts";

describe("durationUpTo", () => {
  it("refuses what is longer in the unit that people typed", () => {
    expect(durationUpTo(7)("7d")).toBe(604_800_000);
    expect(() => durationUpTo(7)("8d")).toThrow("It must be at most 7d.");
  });
});

describe("parseMoment", () => {
  it("asks for the zone where only that is missing", () => {
    expect(() => parseMoment("2026-05-01T22:00:00")).toThrow("It names no zone: add Z");
  });

  it.each(["yesterday", "2026-05-01"])("offers both forms for %j", (text) => {
    expect(() => parseMoment(text)).toThrow("2026-05-01T22:00:00Z, or a time from now such as 2h");
  });
});

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

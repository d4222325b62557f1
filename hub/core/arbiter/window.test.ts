import { describe, expect, it } from "vitest";
import type { ClosedWindow } from "../../../shared/model/campaign.ts";
import { isInWindow, windowOn } from "./window.ts";

const NIGHT: ClosedWindow = {
  name: "night",
  days: ["fri"],
  fromMinute: 22 * 60,
  toMinute: 6 * 60,
  utcOffsetMinutes: 0,
  nodes: [],
  priorities: [],
};
/** A time such as 22:30 or 05:59:59 on a day of May 2026, whose first was a Friday. */
function at(text: string): number {
  const [day = "1", clock = "00:00"] = text.split(" ");
  const [hours = 0, minutes = 0, seconds = 0] = clock.split(":").map(Number);
  return (20_573 + Number(day)) * 86_400_000 + hours * 3_600_000 + minutes * 60_000 + seconds * 1_000;
}

describe("isInWindow", () => {
  const cases: readonly (readonly [string, Partial<ClosedWindow>, boolean])[] = [
    ["1 22:00", {}, true],
    ["1 21:59:59", {}, false],
    ["2 05:59:59", {}, true],
    ["2 06:00", {}, false],
    ["1 05:00", {}, false],
    ["2 23:00", {}, false],
    ["2 23:00", { days: [] }, true],
    ["1 20:30", { utcOffsetMinutes: 120 }, true],
    ["1 12:00", { fromMinute: 600, toMinute: 780 }, true],
    ["1 13:00", { fromMinute: 600, toMinute: 780 }, false],
  ];
  it.each(cases)("at %s with %o: %s", (moment, changes, expected) => {
    expect(isInWindow({ ...NIGHT, ...changes }, at(moment))).toBe(expected);
  });
});

describe("windowOn", () => {
  it("closes only what it names", () => {
    const windows = [{ ...NIGHT, nodes: ["alpha"] }];
    expect(windowOn(windows, { node: "alpha", priority: null })?.name).toBe("night");
    expect(windowOn(windows, { node: "beta", priority: null })).toBeNull();
    expect(windowOn(windows, { node: null, priority: null })).toBeNull();
  });
});

import { describe, expect, it } from "vitest";
import {
  type Level,
  levelOf,
  PRESSURE_POLICY,
  PRESSURE_UNKNOWN,
  type PressureState,
  pollIntervalMs,
  pressureEventName,
  pressureRatio,
  reserveBytes,
  stepPressure,
  usableBytes,
} from "./pressure.ts";

describe("reserve and usable", () => {
  it.each([
    [0, 0, 0],
    [19, 0, 19],
    [20, 1, 19],
    [97_871, 4_893, 92_978],
    [102_625_181_696, 5_131_259_084, 97_493_922_612],
  ])("keeps 5 %% of %d back, truncated", (total, reserve, usable) => {
    expect([reserveBytes(total), usableBytes(total)]).toEqual([reserve, usable]);
  });

  it("keeps the larger of reserve and operating system floor back on unified memory", () => {
    expect(usableBytes(1000, 40)).toBe(950);
    expect(usableBytes(1000, 400)).toBe(600);
    expect(usableBytes(1000, 4000)).toBe(0);
  });
});

describe("pressureRatio", () => {
  it.each([
    ["a card half used", 475, 950, 0.5],
    ["more used than usable", 960, 950, 1],
    ["no capacity", 10, 0, 0],
    ["NaN used", Number.NaN, 950, 1],
    ["negative used", -1, 950, 1],
    ["infinite used", Number.POSITIVE_INFINITY, 950, 1],
    ["NaN capacity", 0, Number.NaN, 1],
  ])("gives %s its pressure", (_name, used, usable, expected) => {
    expect(pressureRatio(used, usable)).toBe(expected);
  });
});

/** The double just below `value` (0.5 < value < 1). */
const below = (value: number): number => value - Number.EPSILON / 2;

describe("levelOf", () => {
  it.each<[number, Level]>([
    [0, "normal"],
    [below(0.6), "normal"],
    [0.6, "warning"],
    [below(0.8), "warning"],
    [0.8, "high"],
    [below(0.95), "high"],
    [0.95, "critical"],
    [1, "critical"],
    [Number.NaN, "critical"],
    [-0.1, "critical"],
    [Number.NEGATIVE_INFINITY, "critical"],
  ])("puts %d at %s", (ratio, level) => {
    expect(levelOf(ratio)).toBe(level);
  });

  it("leaves a level only when the reading falls the hysteresis below its threshold", () => {
    const policy = { ...PRESSURE_POLICY, hysteresisRatio: 0.05 };
    expect(levelOf(0.76, policy, "high")).toBe("high");
    expect(levelOf(0.74, policy, "high")).toBe("warning");
    expect(levelOf(0.56, policy, "high")).toBe("warning");
    expect(levelOf(0.54, policy, "high")).toBe("normal");
    expect(levelOf(0.76, policy, "normal")).toBe("warning");
  });
});

describe("pollIntervalMs", () => {
  it.each([
    ["gpu", [10_000, 3_000, 1_000, 500]],
    ["cpu", [10_000, 5_000, 2_000, 1_000]],
    ["memory", [10_000, 5_000, 2_000, 1_000]],
  ] as const)("polls the %s faster as it fills", (watched, intervals) => {
    const levels = ["normal", "warning", "high", "critical"] as const;
    expect(levels.map((level) => pollIntervalMs(watched, level))).toEqual(intervals);
  });
});

describe("stepPressure", () => {
  const calm: PressureState = { level: "normal", ratio: 0.2, readAtMs: 1_000 };

  it("starts critical and follows the first reading", () => {
    expect(PRESSURE_UNKNOWN.level).toBe("critical");
    const next = stepPressure(PRESSURE_POLICY, PRESSURE_UNKNOWN, { kind: "reading", ratio: 0.65 }, 5);
    expect(next).toEqual({ level: "warning", ratio: 0.65, readAtMs: 5 });
  });

  it("turns critical on nonsense and keeps the age of the last good reading", () => {
    const next = stepPressure(PRESSURE_POLICY, calm, { kind: "reading", ratio: Number.NaN }, 2_000);
    expect(next).toEqual({ level: "critical", ratio: 0.2, readAtMs: 1_000 });
  });

  it("bears silence up to the stale age and no longer", () => {
    const missed = { kind: "missed", staleAfterMs: 500 } as const;
    expect(stepPressure(PRESSURE_POLICY, calm, missed, 1_500).level).toBe("normal");
    expect(stepPressure(PRESSURE_POLICY, calm, missed, 1_501).level).toBe("critical");
    expect(stepPressure(PRESSURE_POLICY, PRESSURE_UNKNOWN, missed, 0).level).toBe("critical");
  });

  it("refuses a clock that runs backwards", () => {
    expect(() => stepPressure(PRESSURE_POLICY, calm, { kind: "reading", ratio: 0 }, 999)).toThrow(
      "backwards",
    );
  });
});

describe("pressureEventName", () => {
  it("names the crossing after the new level and the poll after update", () => {
    expect(pressureEventName("gpu", "high")).toBe("gpu:pressure:high");
    expect(pressureEventName("memory", "update")).toBe("memory:pressure:update");
  });
});

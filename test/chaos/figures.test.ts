import { describe, expect, it } from "vitest";
import { growthOf, quantile } from "./figures.ts";
import type { Life } from "./meter.ts";

function life(name: string, seconds: number, rssMib: (second: number) => number): Life {
  const samples = Array.from({ length: seconds + 1 }, (_, second) => {
    return { atMs: 5_000 + second * 1_000, rssMib: rssMib(second), descriptors: 20 };
  });
  return { name, pid: seconds, samples };
}

describe("growthOf", () => {
  it("measures the slope behind the warm-up", () => {
    const warming = life("hub", 80, (second) => (second < 20 ? second * 10 : 200 + (second - 20) / 30));
    const [growth] = growthOf([warming]);
    expect(growth?.rssMibPerMinute).toBeCloseTo(2, 6);
    expect(growth).toMatchObject({ name: "hub", lives: 1, seconds: 60, descriptorsPerMinute: 0 });
    expect(growth?.rssMaxMib).toBeCloseTo(202);
  });

  it("weighs long lives more, and says nothing of short ones", () => {
    const rising = life("hub", 120, (second) => second / 60);
    const level = life("hub", 70, () => 5);
    const brief = life("hub", 30, (second) => second * 100);
    expect(growthOf([rising, level, brief])[0]).toMatchObject({ lives: 2, seconds: 150 });
    expect(growthOf([rising, level, brief])[0]?.rssMibPerMinute).toBeCloseTo(100 / 150, 6);
    expect(growthOf([brief])[0]).toMatchObject({ rssMibPerMinute: null, rssMaxMib: 3_000 });
  });
});

describe("quantile", () => {
  it.each([
    { values: [3, 1, 2], ratio: 0.5, expected: 2 },
    { values: [3, 1, 2], ratio: 1, expected: 3 },
    { values: [], ratio: 0.5, expected: null },
  ])("is $expected for $ratio of $values", ({ values, ratio, expected }) => {
    expect(quantile(values, ratio)).toBe(expected);
  });
});

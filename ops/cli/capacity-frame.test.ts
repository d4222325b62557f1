import pc from "picocolors";
import { describe, expect, it } from "vitest";
import { drawCapacity } from "./capacity-frame.ts";
import type { Capacity, Status } from "./views.ts";

const GIB = 1024 ** 3;
const NONE = { nodes: 0, totalBytes: 0 };
const ONE = { nodes: 1, totalBytes: 96 * GIB };
const CAPACITY: Capacity = {
  ...{ nodes: 2, cards: 2, totalBytes: 192 * GIB, freeBytes: 60 * GIB, unknownBytes: 96 * GIB },
  admissible: [
    { priority: "interactive", bytes: 70 * GIB, largestBytes: 40 * GIB },
    { priority: "batch", bytes: 0, largestBytes: 0 },
  ],
  slots: [{ lane: "gpu", free: 1, taken: 3 }],
  ...{ untoldNodes: 0, closed: NONE, suspect: NONE, lost: ONE },
};
const UNTOLD = { slots: [], admissible: [], untoldNodes: 2, lost: NONE };

type Told = Pick<Status, "desired" | "rule">;

const draw = (changes: Partial<Capacity> = {}, told: Told = { desired: "up", rule: "clear" }) =>
  drawCapacity({ ...CAPACITY, ...changes }, told, pc.createColors(false));

describe("drawCapacity", () => {
  it("shows the fleet as one card, and apart what is out of reach", () => {
    expect(draw()).toEqual([
      "capacity    2 node(s), 2 card(s): VRAM 60.0 GiB free of 192.0 GiB, 96.0 GiB unknown; slots gpu 1 of 4 free",
      "admits      interactive 70.0 GiB (largest 40.0 GiB), batch 0 B",
      "apart       lost 1 (96.0 GiB)",
      "",
    ]);
  });

  it("is silent on a fleet without nodes", () => {
    expect(draw({ nodes: 0, lost: NONE })).toEqual([]);
  });

  it.each([
    ["disabled", "not told while DISABLED"],
    ["down", "not told while DOWN"],
    ["up", "not told yet"],
  ] as const)("shows no figure that nobody has told: %s", (desired, expected) => {
    const lines = draw(UNTOLD, { desired, rule: desired });
    expect(lines).toEqual([expect.stringMatching(new RegExp(`; slots ${expected}$`)), ""]);
  });

  it("says how many nodes the figures leave out", () => {
    expect(draw({ untoldNodes: 1 })[0]).toMatch(/gpu 1 of 4 free, 1 node\(s\) have not told theirs$/);
  });

  it("says that nothing is granted, and by which rule", () => {
    const lines = draw({}, { desired: "paused", rule: "paused" });
    expect(lines[1]).toMatch(
      /^admits {6}nothing now \(paused\); the gates have room for interactive 70\.0 GiB/,
    );
  });

  it("counts a closed node once, among the ready ones", () => {
    const [first, second] = draw({ closed: ONE, lost: NONE });
    expect(first).toMatch(/^capacity {4}2 node\(s\), 1 of them closed, 2 card\(s\)/);
    expect(second).toMatch(/^admits/);
    expect(draw({ nodes: 1, closed: ONE, lost: NONE })).toEqual([
      expect.stringMatching(/slots none: every node is closed$/),
      "",
    ]);
  });
});

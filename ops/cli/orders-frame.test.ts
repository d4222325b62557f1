import pc from "picocolors";
import { describe, expect, it } from "vitest";
import { drawOrders } from "./orders-frame.ts";
import type { Override, Window } from "./views.ts";

const HOLD: Override = {
  ...{ id: "o_10", effect: "hold", subject: "fleet", name: "", until: "", value: "" },
  ...{ forMs: 59 * 60_000, reason: "quiet please", by: "operator", sinceWallMs: 0 },
};
const BACKUP: Window = {
  ...{ name: "backup", fromMinute: 22 * 60, toMinute: 150, utcOffsetMinutes: 120 },
  ...{ nodes: [], priorities: [] },
};

const draw = (overrides: readonly Override[], windows: readonly Window[]) =>
  drawOrders({ overrides: [...overrides], windows: [...windows] }, pc.createColors(false), " --root R");

describe("drawOrders", () => {
  it("takes no room where nothing is ordered", () => {
    expect(draw([], [])).toEqual([]);
  });

  it("says what is in force, why and for how long, and how to see them all", () => {
    expect(draw([HOLD], [])).toEqual([
      "overrides   1 in force (o_10 hold fleet, quiet please, 59 min 0 s left): spiral override list --root R",
    ]);
  });

  it("names the newest of many", () => {
    const many = ["o_1", "o_2", "o_3"].map((id) => ({ ...HOLD, id }));
    expect(draw(many, [])[0]).toMatch(/3 in force \(o_2 .*; o_3 .*; and 1 more\)/);
  });

  it.each([
    [{}, "closed now: backup (all work, 22:00 to 02:30 UTC+02:00)"],
    [{ nodes: ["alpha"], utcOffsetMinutes: 0 }, "closed now: backup (node alpha, 22:00 to 02:30 UTC)"],
    [
      { priorities: ["batch"], utcOffsetMinutes: -90 },
      "closed now: backup (batch, 22:00 to 02:30 UTC-01:30)",
    ],
  ] as const)("says what a window closes: %o", (changes, expected) => {
    expect(draw([], [{ ...BACKUP, ...changes } as Window])).toEqual([`windows     ${expected}`]);
  });
});

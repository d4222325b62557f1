import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  applyPlan,
  type BudgetPlan,
  type Budgets,
  type BudgetTable,
  fixedBudgets,
  floorBytes,
  isModified,
  startBudgets,
  sumOf,
} from "./budget.ts";
import { usableBytes } from "./pressure.ts";

describe("startBudgets", () => {
  it.each([
    [2_000, { inference: 1_500, tts: 200, rendering: 200 }],
    [97_871, { inference: 73_403, tts: 9_787, rendering: 9_787 }],
    [0, { inference: 0, tts: 0, rendering: 0 }],
  ])("shares %d out as 75, 10 and 10 %% of total", (total, expected) => {
    expect(startBudgets(total)).toEqual(expected);
  });

  it("never promises more than is usable, on any card", () => {
    fc.assert(
      fc.property(fc.nat(2 ** 44), fc.nat(2 ** 36), (total, floor) => {
        expect(sumOf(startBudgets(total, undefined, floor))).toBeLessThanOrEqual(usableBytes(total, floor));
      }),
    );
  });

  it("refuses shares that leave no reserve", () => {
    expect(() => startBudgets(100, { inference: 0.96 })).toThrow("shares sum to 0.96");
  });
});

describe("floorBytes", () => {
  it.each([
    [0, 0],
    [100, 110],
    [101, 112],
  ])("of %d used is %d", (used, floor) => expect(floorBytes(used)).toBe(floor));
});

const use = (usedBySubsystem: BudgetTable = {}) => ({ usableBytes: 1_900, usedBySubsystem });
const baseline = { inference: 1_500, tts: 200, rendering: 200 };
const plan = (changes: BudgetTable, origin: BudgetPlan["origin"] = "governor"): BudgetPlan => ({
  origin,
  changes,
});

const applied = (budgets: Budgets, proposal: BudgetPlan): Budgets => {
  const outcome = applyPlan(budgets, proposal, use());
  if (outcome.kind !== "applied") throw new Error(outcome.problem.reason);
  return outcome.budgets;
};

describe("applyPlan", () => {
  it("bends the current table and leaves the baseline", () => {
    const after = applied(fixedBudgets(baseline), plan({ tts: 40, inference: 1_660 }));
    expect(after).toEqual({ baseline, current: { inference: 1_660, tts: 40, rendering: 200 } });
    expect(isModified(after)).toBe(true);
    expect(isModified(applied(after, plan(baseline)))).toBe(false);
  });

  it("changes the baseline for an operator and ends temporary changes", () => {
    const bent = applied(fixedBudgets(baseline), plan({ tts: 40, inference: 1_660 }));
    const after = applied(bent, plan({ rendering: 100 }, "operator"));
    expect(after).toEqual(fixedBudgets({ inference: 1_500, tts: 200, rendering: 100 }));
  });

  it("orders the steps shrink before grow", () => {
    const outcome = applyPlan(
      fixedBudgets(baseline),
      plan({ inference: 1_760, tts: 40, rendering: 100 }),
      use(),
    );
    expect(outcome).toMatchObject({
      steps: [
        { subsystem: "rendering", fromBytes: 200, toBytes: 100 },
        { subsystem: "tts", fromBytes: 200, toBytes: 40 },
        { subsystem: "inference", fromBytes: 1_500, toBytes: 1_760 },
      ],
    });
  });

  it.each([
    ["a subsystem nobody configured", { video: 1 }, { reason: "unknown-subsystem", subsystem: "video" }],
    ["an inherited name", { constructor: 1 }, { reason: "unknown-subsystem", subsystem: "constructor" }],
    ["a negative amount", { tts: -1 }, { reason: "invalid-amount", subsystem: "tts", bytes: -1 }],
    ["NaN", { tts: Number.NaN }, { reason: "invalid-amount", subsystem: "tts", bytes: Number.NaN }],
    ["one byte too many", { tts: 201 }, { reason: "over-usable", sumBytes: 1_901, usableBytes: 1_900 }],
    [
      "less than use plus 10 %",
      { tts: 109 },
      { reason: "below-floor", subsystem: "tts", bytes: 109, floorBytes: 110 },
    ],
  ])("refuses %s", (_name, changes, problem) => {
    const outcome = applyPlan(fixedBudgets(baseline), plan(changes as BudgetTable), use({ tts: 100 }));
    expect(outcome).toEqual({ kind: "refused", problem });
  });

  it("accepts a budget exactly at its floor, and any cut from an operator", () => {
    const budgets = fixedBudgets(baseline);
    expect(applyPlan(budgets, plan({ tts: 110 }), use({ tts: 100 })).kind).toBe("applied");
    expect(applyPlan(budgets, plan({ tts: 0 }, "operator"), use({ tts: 100 })).kind).toBe("applied");
  });

  it("lets others change while somebody holds more than his budget", () => {
    const outcome = applyPlan(fixedBudgets(baseline), plan({ tts: 40 }), use({ rendering: 900 }));
    expect(outcome.kind).toBe("applied");
  });

  it("promises no more than is usable at any step of any plan", () => {
    const table = fc.record({ inference: fc.nat(1_900), tts: fc.nat(1_900), rendering: fc.nat(1_900) });
    const fitting = table.filter((each) => sumOf(each) <= 1_900);
    const origin = fc.constantFrom("operator", "governor", "sentinel" as const);
    fc.assert(
      fc.property(fitting, table, origin, (before, changes, who) => {
        const outcome = applyPlan(fixedBudgets(before), plan(changes, who), use());
        expect(outcome.kind === "applied").toBe(sumOf(changes) <= 1_900);
        if (outcome.kind === "refused") return;
        const walk: Record<string, number> = { ...before };
        for (const step of outcome.steps) {
          walk[step.subsystem] = step.toBytes;
          expect(sumOf(walk)).toBeLessThanOrEqual(1_900);
        }
        expect(walk).toEqual(outcome.budgets.current);
      }),
    );
  });
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { applyPlan, type Budgets, type BudgetTable, fixedBudgets, floorBytes, sumOf } from "./budget.ts";
import type { Candidate } from "./eviction.ts";
import {
  activeLayer,
  createMechanicalStrategy,
  GOVERNOR_COOLDOWN_MS,
  type GovernorView,
  govern,
  type Rebalance,
} from "./governor.ts";
import { LEVELS } from "./pressure.ts";

const MIB = 1024 ** 2;
const mib = (table: BudgetTable): BudgetTable =>
  Object.fromEntries(Object.entries(table).map(([name, count]) => [name, count * MIB]));

const baseline = mib({ inference: 6_128, tts: 512, rendering: 2_048 });
const usable = 8_700 * MIB;
const strategy = createMechanicalStrategy();

const viewOf = (used: BudgetTable, more: Partial<GovernorView> = {}): GovernorView => ({
  level: "high",
  budgets: fixedBudgets(baseline),
  usedBySubsystem: mib(used),
  quietMsBySubsystem: {},
  ...more,
});

/** Plays the strategy against itself until it holds, and returns the budgets then. */
const settle = (view: GovernorView): Budgets => {
  let { budgets } = view;
  for (let round = 0; round < 10; round++) {
    const rebalance = strategy.rebalance({ ...view, budgets });
    if (rebalance === null) return budgets;
    const outcome = applyPlan(
      budgets,
      { origin: "governor", changes: rebalance.changes },
      { usableBytes: usable, usedBySubsystem: view.usedBySubsystem },
    );
    if (outcome.kind !== "applied") throw new Error(outcome.problem.reason);
    budgets = outcome.budgets;
  }
  throw new Error("does not settle");
};

describe("the mechanical strategy", () => {
  it.each<[string, GovernorView, Rebalance["rule"] | null]>([
    ["idle TTS under inference pressure", viewOf({ inference: 5_600, tts: 10, rendering: 900 }), "tts-idle"],
    ["both idle: TTS is first", viewOf({ inference: 5_600, tts: 0, rendering: 0 }), "tts-idle"],
    ["idle rendering, busy TTS", viewOf({ inference: 5_600, tts: 400, rendering: 100 }), "rendering-idle"],
    ["nobody idle", viewOf({ inference: 5_600, tts: 400, rendering: 900 }), null],
    ["no inference pressure", viewOf({ inference: 100, tts: 0, rendering: 0 }), null],
    ["a normal level, nothing modified", viewOf({ inference: 100 }, { level: "normal" }), null],
  ])("meets %s", (_name, view, rule) => {
    expect(strategy.rebalance(view)?.rule ?? null).toBe(rule);
  });

  it.each([
    ["TTS at exactly 10 % of its budget is not idle", { inference: 5_600, tts: 51.2, rendering: 900 }, null],
    ["TTS just below is", { inference: 5_600, tts: 51.1, rendering: 900 }, "tts-idle"],
    ["inference at exactly 90 % is not pressured", { inference: 5_515.2, tts: 0, rendering: 900 }, null],
    ["inference just above is", { inference: 5_515.3, tts: 0, rendering: 900 }, "tts-idle"],
  ])("draws its lines sharply: %s", (_name, used, rule) => {
    expect(strategy.rebalance(viewOf(used))?.rule ?? null).toBe(rule);
  });

  it("moves 80 % of the TTS baseline and 50 % of the rendering baseline", () => {
    const tts = Math.trunc(512 * MIB * 0.8);
    expect(strategy.rebalance(viewOf({ inference: 5_600 }))?.changes).toEqual({
      tts: 512 * MIB - tts,
      inference: 6_128 * MIB + tts,
    });
    expect(strategy.rebalance(viewOf({ inference: 5_600, tts: 400 }))?.changes).toEqual({
      rendering: 1_024 * MIB,
      inference: 7_152 * MIB,
    });
  });

  it("does not erode a budget when it is triggered again and again", () => {
    const budgets = settle(viewOf({ inference: 8_000 }));
    expect(budgets.current["tts"]).toBe(512 * MIB - Math.trunc(512 * MIB * 0.8));
    expect(budgets.current["rendering"]).toBe(1_024 * MIB);
    expect(sumOf(budgets.current)).toBe(sumOf(baseline));
  });

  it("restores the baseline at a normal level, and waits while that would break a floor", () => {
    const budgets = settle(viewOf({ inference: 8_000 }));
    const calm = viewOf({ inference: 1_000 }, { level: "normal", budgets });
    expect(strategy.rebalance(calm)).toMatchObject({ rule: "restore", changes: baseline });
    expect(strategy.rebalance({ ...calm, level: "warning" })).toBeNull();
    const busy = viewOf({ inference: 6_000, tts: 100, rendering: 900 }, { level: "normal", budgets });
    expect(strategy.rebalance(busy)).toBeNull();
  });

  it("never cuts below use plus 10 %, and a shift under 1 MiB is none", () => {
    const quietTts = (ttsMib: number): Rebalance | null =>
      createMechanicalStrategy({ idleAfterMs: 1_000 }).rebalance(
        viewOf({ inference: 5_600, tts: ttsMib, rendering: 900 }, { quietMsBySubsystem: { tts: 1_000 } }),
      );
    expect(quietTts(200)?.changes["tts"]).toBe(floorBytes(200 * MIB));
    expect(quietTts(464)?.changes["tts"]).toBe(floorBytes(464 * MIB));
    expect(quietTts(465)).toBeNull();
  });

  it("takes quiet for idle only when configured, and only from the set time on", () => {
    const view = viewOf({ inference: 5_600, tts: 200, rendering: 900 }, { quietMsBySubsystem: { tts: 999 } });
    const byActivity = createMechanicalStrategy({ idleAfterMs: 1_000 });
    expect(byActivity.rebalance(view)).toBeNull();
    expect(byActivity.rebalance({ ...view, quietMsBySubsystem: { tts: 1_000 } })?.rule).toBe("tts-idle");
    expect(strategy.rebalance({ ...view, quietMsBySubsystem: { tts: 1e9 } })).toBeNull();
  });

  it("proposes only plans that validation accepts", () => {
    const amount = fc.integer({ min: 0, max: 8_000 });
    const used = fc.record({ inference: amount, tts: amount, rendering: amount });
    fc.assert(
      fc.property(used, used, fc.constantFrom(...LEVELS), (bent, use, level) => {
        const current = mib(bent);
        const usableBytes = Math.max(sumOf(current), sumOf(baseline));
        const view = viewOf(use, { level, budgets: { baseline, current } });
        const rebalance = strategy.rebalance(view);
        if (rebalance === null) return;
        const plan = { origin: "governor", changes: rebalance.changes } as const;
        expect(
          applyPlan(view.budgets, plan, { usableBytes, usedBySubsystem: view.usedBySubsystem }).kind,
        ).toBe("applied");
      }),
    );
  });
});

describe("govern", () => {
  const view = viewOf({ inference: 5_600 });

  it("cools down for 5 s after an executed action, then answers what is still true", () => {
    const state = { lastActionAtMs: 1_000 };
    expect(govern(strategy, state, view, 5_999)).toEqual({ kind: "cooling", untilMs: 6_000 });
    expect(govern(strategy, state, view, 6_000)).toMatchObject({ kind: "rebalance" });
    expect(govern(strategy, state, viewOf({ inference: 1 }), 6_000)).toEqual({ kind: "hold" });
  });

  it("acts at once when it never acted", () => {
    expect(govern(strategy, { lastActionAtMs: null }, view, 0).kind).toBe("rebalance");
  });

  it("leaves at least the cooldown between two actions, whenever it is asked", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(3_000)), (gaps) => {
        const actions: number[] = [];
        let nowMs = 0;
        for (const gap of gaps) {
          nowMs += gap;
          const verdict = govern(strategy, { lastActionAtMs: actions.at(-1) ?? null }, view, nowMs);
          if (verdict.kind === "rebalance") actions.push(nowMs);
        }
        for (const [i, at] of actions.slice(1).entries()) {
          expect(at - (actions[i] ?? 0)).toBeGreaterThanOrEqual(GOVERNOR_COOLDOWN_MS);
        }
      }),
    );
  });
});

describe("recommendEvictions", () => {
  const candidate = (id: string, bytes: number): Candidate => ({
    id,
    label: id,
    subsystem: "inference",
    priority: "batch",
    bytes,
    idleSeconds: 60,
    score: 30,
  });
  const candidates = [candidate("a", 100), candidate("b", 0), candidate("c", 300), candidate("d", 50)];

  it.each([
    ["stops when the bytes are found", 350, ["a", "c"], 400, 0],
    ["needs nothing for nothing", 0, [], 0, 0],
    ["names what is missing", 500, ["a", "c", "d"], 450, 50],
  ])("%s", (_name, bytesNeeded, ids, freedBytes, shortfallBytes) => {
    const advice = strategy.recommendEvictions([], candidates, bytesNeeded);
    expect(advice.evictions.map((row) => row.id)).toEqual(ids);
    expect(advice).toMatchObject({ freedBytes, shortfallBytes });
  });

  it("spares what an active workload runs on", () => {
    const workloads = [
      { subsystem: "inference", status: "active", consumerId: "a" },
      { subsystem: "inference", status: "idle", consumerId: "c" },
    ] as const;
    const advice = strategy.recommendEvictions(workloads, candidates, 300);
    expect(advice.evictions.map((row) => row.id)).toEqual(["c"]);
  });
});

describe("activeLayer", () => {
  it.each([
    [4, "off", 2],
    [4, "mechanical", 3],
    [4, "shadow", 3],
    [4, "active", 4],
    [0, "active", 0],
    [2, "mechanical", 2],
  ] as const)("is, for maxLayer %d and %s, layer %d", (maxLayer, mode, layer) => {
    expect(activeLayer(maxLayer, mode)).toBe(layer);
  });
});

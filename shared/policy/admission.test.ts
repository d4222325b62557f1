import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PRIORITIES, type Priority } from "../model/priority.ts";
import { capacityBytes, headroomBytes, isStructurallyStarved, reserve } from "./admission.ts";
import { fixedBudgets } from "./budget.ts";
import {
  account,
  applySample,
  createLedger,
  LEDGER_CONFIG,
  type Ledger,
  type LedgerConfig,
  MAX_CONSUMERS,
  put,
  release,
  usageOf,
  type VramClaim,
} from "./ledger.ts";
import { usableBytes } from "./pressure.ts";

const MIB = 1024 ** 2;
const GIB = 1024 ** 3;
const TOTAL = 97_871 * MIB;

const claimOf = (
  id: string,
  priority: Priority,
  bytes: number,
  more: Partial<VramClaim> = {},
): VramClaim => ({
  id,
  label: id,
  subsystem: "inference",
  priority,
  bytes,
  evictable: true,
  resident: false,
  reloadMs: 0,
  ...more,
});

const openLedger = (config: Partial<LedgerConfig> = {}, totalBytes = TOTAL, usedBytes = 0): Ledger => {
  const ledger = createLedger(totalBytes, { inference: totalBytes }, { ...LEDGER_CONFIG, ...config });
  applySample(ledger, { usedBytes, byConsumer: new Map(), validForMs: 15_000 }, 0);
  return ledger;
};

describe("reserve at the gate", () => {
  it.each([
    ["realtime", 0.95],
    ["interactive", 0.8],
    ["background", 0.6],
    ["batch", 0.5],
  ] as const)("admits %s to the last byte below its gate and refuses the next", (priority, gate) => {
    const edge = Math.ceil(usableBytes(TOTAL) * gate);
    expect(reserve(openLedger(), claimOf("a", priority, edge - 1), 0).kind).toBe("admitted");
    expect(reserve(openLedger(), claimOf("a", priority, edge), 0)).toMatchObject({ reason: "gate", gate });
  });

  it("refuses equality, for a claim of zero bytes too", () => {
    const ledger = openLedger({}, 2_000);
    reserve(ledger, claimOf("a", "realtime", 950), 0);
    expect(reserve(ledger, claimOf("b", "batch", 0), 0)).toMatchObject({ reason: "gate", wouldBe: 0.5 });
    expect(reserve(ledger, claimOf("b", "background", 0), 0).kind).toBe("admitted");
  });

  it("rolls back: a refused claim changes nothing but the count of refusals", () => {
    const ledger = openLedger({}, 2_000);
    reserve(ledger, claimOf("a", "interactive", 500), 0);
    const before = usageOf(ledger);
    const refusal = reserve(ledger, claimOf("b", "batch", 450), 0);
    expect(usageOf(ledger)).toEqual(before);
    expect(ledger.refusals).toEqual({ realtime: 0, interactive: 0, background: 0, batch: 1 });
    expect(refusal).toEqual({
      kind: "refused",
      reason: "gate",
      gate: 0.5,
      pressure: 500 / 1900,
      wouldBe: 0.5,
      bytes: 450,
      headroomBytes: 449,
      capacityBytes: 949,
      shortfallBytes: 1,
    });
  });

  it("keeps the old reservation when its replacement is refused", () => {
    const ledger = openLedger({}, 2_000);
    reserve(ledger, claimOf("a", "batch", 500), 0);
    expect(reserve(ledger, claimOf("a", "batch", 950), 1).kind).toBe("refused");
    expect(ledger.consumers.get("a")).toMatchObject({ bytes: 500, lastUsedAtMs: 0 });
    expect(reserve(ledger, claimOf("a", "batch", 949), 1).kind).toBe("admitted");
    expect(usageOf(ledger).reservedBytes).toBe(949);
  });

  it("counts foreign VRAM against the gate", () => {
    const ledger = openLedger({}, 2_000, 900);
    expect(reserve(ledger, claimOf("a", "batch", 50), 0).kind).toBe("refused");
    expect(reserve(ledger, claimOf("a", "batch", 49), 0).kind).toBe("admitted");
  });
});

describe("reserve when it cannot know", () => {
  it("refuses every priority before the first sample and after nonsense", () => {
    const ledger = createLedger(TOTAL, {});
    const reasons = (): string[] =>
      PRIORITIES.map((priority) => {
        const answer = reserve(ledger, claimOf("a", priority, 1), 0);
        return answer.kind === "refused" ? answer.reason : answer.kind;
      });
    expect(new Set(reasons())).toEqual(new Set(["telemetry-unknown"]));
    applySample(ledger, { usedBytes: -1, byConsumer: null, validForMs: 15_000 }, 0);
    expect(new Set(reasons())).toEqual(new Set(["telemetry-unknown"]));
  });

  it("closes background and batch on stale telemetry and leaves realtime and interactive open", () => {
    const kinds = (nowMs: number): string[] =>
      PRIORITIES.map((priority) => reserve(openLedger(), claimOf("a", priority, 1), nowMs).kind);
    expect(kinds(15_000)).toEqual(["admitted", "admitted", "admitted", "admitted"]);
    expect(kinds(15_001)).toEqual(["admitted", "admitted", "refused", "refused"]);
  });

  it("admits no VRAM job on a node without a GPU, although its pressure is 0", () => {
    const ledger = openLedger({}, 0);
    expect(reserve(ledger, claimOf("a", "realtime", 0), 0)).toMatchObject({ reason: "no-gpu" });
  });

  it.each([-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53])(
    "refuses a claim of %d bytes",
    (bytes) => {
      expect(reserve(openLedger(), claimOf("a", "realtime", bytes), 0)).toMatchObject({
        reason: "invalid-claim",
      });
    },
  );

  it("is bounded", () => {
    const ledger = openLedger();
    for (let i = 0; i < MAX_CONSUMERS; i++) account(ledger, claimOf(`c${i}`, "batch", 0), 0, 0);
    expect(reserve(ledger, claimOf("one more", "batch", 0), 0)).toMatchObject({ reason: "ledger-full" });
    expect(reserve(ledger, claimOf("c0", "batch", 0), 0).kind).toBe("admitted");
  });
});

describe("reserve and budgets", () => {
  const withBudget = (config: Partial<LedgerConfig> = {}): Ledger => {
    const ledger = openLedger(config, 2_000);
    ledger.budgets = fixedBudgets({ inference: 100 });
    return ledger;
  };

  it("admits and flags a claim beyond a soft budget", () => {
    const ledger = withBudget();
    expect(reserve(ledger, claimOf("a", "interactive", 100), 0)).toMatchObject({ overBudget: false });
    expect(reserve(ledger, claimOf("b", "interactive", 1), 0)).toMatchObject({ overBudget: true });
  });

  it("refuses beyond a hard one, only for the priorities it is hard for", () => {
    const ledger = withBudget({ hardBudgetPriorities: ["batch"] });
    expect(reserve(ledger, claimOf("a", "batch", 101), 0)).toEqual({
      kind: "refused",
      reason: "budget",
      subsystem: "inference",
      budgetBytes: 100,
      wouldHoldBytes: 101,
    });
    expect(usageOf(ledger).reservedBytes).toBe(0);
    expect(reserve(ledger, claimOf("a", "background", 101), 0).kind).toBe("admitted");
  });

  it.each(["unheard-of", "__proto__", "constructor"])(
    "gives the subsystem %s no budget at all",
    (subsystem) => {
      const ledger = withBudget({ hardBudgetPriorities: ["batch"] });
      const answer = reserve(ledger, claimOf("a", "batch", 1, { subsystem }), 0);
      expect(answer).toMatchObject({ reason: "budget", budgetBytes: 0 });
    },
  );
});

describe("gate policies on a contested card", () => {
  const contested = (config: Partial<LedgerConfig>): Ledger => {
    const ledger = openLedger(config, 96 * GIB);
    account(ledger, claimOf("flux", "interactive", 34 * GIB, { resident: true }), 0, 0);
    account(ledger, claimOf("llm", "interactive", 30 * GIB, { resident: true }), 0, 0);
    return ledger;
  };

  it("starves batch under literal, and says so", () => {
    const ledger = contested({ gatePolicy: "literal" });
    expect(reserve(ledger, claimOf("render", "batch", GIB), 0)).toMatchObject({
      reason: "structurally-starved",
      capacityBytes: 0,
      shortfallBytes: null,
    });
    expect(PRIORITIES.filter((priority) => isStructurallyStarved(ledger, priority))).toEqual([
      "background",
      "batch",
    ]);
  });

  it("admits a small batch job under resident-aware and still refuses a large one", () => {
    const ledger = contested({ gatePolicy: "resident-aware" });
    expect(isStructurallyStarved(ledger, "batch")).toBe(false);
    expect(reserve(ledger, claimOf("small", "batch", 4 * GIB), 0).kind).toBe("admitted");
    expect(reserve(ledger, claimOf("large", "batch", 20 * GIB), 0)).toMatchObject({
      reason: "gate",
      shortfallBytes: null,
    });
  });

  it("says how many bytes would have to go", () => {
    const ledger = contested({ gatePolicy: "resident-aware" });
    reserve(ledger, claimOf("first", "batch", 10 * GIB), 0);
    const refusal = reserve(ledger, claimOf("second", "batch", 10 * GIB), 0);
    if (refusal.kind !== "refused" || refusal.reason !== "gate") throw new Error("not refused by its gate");
    account(ledger, claimOf("first", "batch", 10 * GIB - (refusal.shortfallBytes ?? 0) + 1), 0, 0);
    expect(reserve(ledger, claimOf("second", "batch", 10 * GIB), 0).kind).toBe("refused");
    account(ledger, claimOf("first", "batch", 10 * GIB - (refusal.shortfallBytes ?? 0)), 0, 0);
    expect(reserve(ledger, claimOf("second", "batch", 10 * GIB), 0).kind).toBe("admitted");
  });

  it("counts a resident's own bytes at its own admission", () => {
    const ledger = openLedger({}, 2_000);
    expect(reserve(ledger, claimOf("huge", "batch", 950, { resident: true }), 0).kind).toBe("refused");
  });

  it("is the same as literal, bit for bit, where nothing is resident", () => {
    const claims = fc.array(fc.tuple(fc.constantFrom(...PRIORITIES), fc.nat(1_000)), { maxLength: 12 });
    fc.assert(
      fc.property(claims, (list) => {
        const answers = (gatePolicy: "literal" | "resident-aware"): unknown => {
          const ledger = openLedger({ gatePolicy }, 2_000);
          return list.map(([priority, bytes], i) => reserve(ledger, claimOf(`${i}`, priority, bytes), 0));
        };
        expect(answers("resident-aware")).toEqual(answers("literal"));
      }),
    );
  });
});

interface Step {
  readonly op: "reserve" | "release" | "sample" | "account";
  readonly id: string;
  readonly priority: Priority;
  readonly bytes: number;
  readonly resident: boolean;
}

const steps = fc.array(
  fc.record<Step>({
    op: fc.constantFrom("reserve", "reserve", "reserve", "release", "sample", "account"),
    id: fc.constantFrom("a", "b", "c", "d", "e"),
    priority: fc.constantFrom(...PRIORITIES),
    bytes: fc.nat(900),
    resident: fc.boolean(),
  }),
  { maxLength: 40 },
);

const play = (ledger: Ledger, step: Step, check: () => void): void => {
  const claim = claimOf(step.id, step.priority, step.bytes, { resident: step.resident });
  switch (step.op) {
    case "reserve": {
      const before = usageOf(ledger);
      const headroom = headroomBytes(ledger, step.priority, 0);
      const isNew = !ledger.consumers.has(step.id);
      const answer = reserve(ledger, claim, 0);
      if (answer.kind === "refused") expect(usageOf(ledger)).toEqual(before);
      else check();
      if (isNew && step.bytes > 0) expect(answer.kind === "admitted").toBe(step.bytes <= headroom);
      return;
    }
    case "release":
      release(ledger, step.id, step.bytes);
      return;
    case "account":
      account(ledger, claim, Math.trunc(step.bytes / 2), 0);
      return;
    case "sample": {
      const byConsumer = step.resident ? new Map([[step.id, step.bytes]]) : null;
      applySample(ledger, { usedBytes: step.bytes, byConsumer, validForMs: 15_000 }, 0);
      return;
    }
  }
};

/** The same consumers, counted from nothing. */
const recounted = (ledger: Ledger): Ledger => {
  const fresh = createLedger(ledger.totalBytes, {});
  for (const [id, consumer] of ledger.consumers) put(fresh, id, consumer);
  return fresh;
};

describe("the ledger under any sequence of calls", () => {
  it("is never negative, keeps its sums, admits nothing above a gate, and headroom says what reserve does", () => {
    fc.assert(
      fc.property(steps, fc.constantFrom("literal", "resident-aware"), (list, gatePolicy) => {
        const ledger = openLedger({ gatePolicy }, 2_000);
        for (const step of list) {
          play(ledger, step, () => {
            const usage = usageOf(ledger);
            if (gatePolicy === "literal") {
              expect(usage.usedBytes / usage.usableBytes).toBeLessThan(
                ledger.config.gates[ledger.consumers.get(step.id)?.priority ?? "batch"],
              );
            }
          });
          const usage = usageOf(ledger);
          expect(Math.min(usage.usedBytes, usage.reservedBytes, usage.residentBytes)).toBeGreaterThanOrEqual(
            0,
          );
          expect(usage.usedBytes).toBeGreaterThanOrEqual(usage.reservedBytes);
          expect(usage.usedBytes).toBeGreaterThanOrEqual(usage.measuredBytes ?? 0);
          expect(ledger.tally).toEqual(recounted(ledger).tally);
        }
      }),
      { numRuns: 500 },
    );
  });

  it("never refuses realtime below 0.95", () => {
    fc.assert(
      fc.property(steps, fc.nat(1_900), (list, bytes) => {
        const ledger = openLedger({}, 2_000);
        for (const step of list) play(ledger, step, () => {});
        const wouldBe = (usageOf(ledger).usedBytes + bytes) / usableBytes(2_000);
        const answer = reserve(ledger, claimOf("render", "realtime", bytes), 0);
        expect(answer.kind === "admitted").toBe(wouldBe < 0.95);
      }),
    );
  });
});

describe("capacityBytes", () => {
  it("is what would fit with everything but the residents gone", () => {
    const ledger = openLedger({}, 2_000);
    reserve(ledger, claimOf("a", "interactive", 500), 0);
    reserve(ledger, claimOf("r", "interactive", 100, { resident: true }), 0);
    expect(capacityBytes(ledger, "batch")).toBe(899);
    expect(capacityBytes(ledger, "interactive")).toBe(1_419);
  });
});

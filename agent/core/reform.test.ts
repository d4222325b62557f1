import { describe, expect, it } from "vitest";
import { must } from "../../shared/invariant.ts";
import type { GpuStrategy } from "../../shared/policy/governor.ts";
import { account, LEDGER_CONFIG, type Ledger, type VramClaim } from "../../shared/policy/ledger.ts";
import { AgentWorld, CARD, GIB } from "../../test/helpers/agent-world.ts";
import { type DeclaredConsumer, GOVERNANCE, type Governance } from "./governance.ts";
import { recallBudgets, refuseDocument, takeGovernance } from "./reform.ts";
import { seekRoom } from "./room.ts";
import { useLearned } from "./strategy.ts";

const CLAIM: VramClaim = {
  id: "node/flux",
  label: "flux",
  subsystem: "rendering",
  priority: "background",
  bytes: 30 * GIB,
  evictable: true,
  resident: true,
  reloadMs: 0,
};

const FLUX: DeclaredConsumer = {
  claim: CLAIM,
  gpu: null,
  owner: null,
  pid: null,
  processName: null,
  idleMs: 0,
};

function worldWith(changes: Partial<Governance> = {}): AgentWorld {
  const world = new AgentWorld({ governance: { ...GOVERNANCE, ...changes } });
  world.sample(0, null);
  world.attach();
  return world;
}

function take(world: AgentWorld, changes: Partial<Governance>, waits: readonly string[] = []): boolean {
  return world.do((tx) => takeGovernance(tx, { ...tx.state.governance, ...changes }, waits));
}

function ledgerOf(world: AgentWorld): Ledger {
  return must(world.core.state.cards.get(CARD), "the card is seen");
}

function decisions(world: AgentWorld): readonly string[] {
  return world.sent("decision").map(({ decision }) => decision);
}

describe("an edit that holds", () => {
  it("changes gates, levels, budgets and what is declared, while what is booked stays booked", () => {
    const world = worldWith({ declared: [FLUX] });
    world.nowMs += 60_000;
    const llm = { ...FLUX, claim: { ...CLAIM, id: "node/llm", bytes: 20 * GIB } };
    const changes = {
      ledger: { ...LEDGER_CONFIG, gatePolicy: "literal" as const },
      budgets: { "*": { rendering: GIB } },
      declared: [{ ...FLUX, claim: { ...CLAIM, bytes: 34 * GIB } }, llm],
    };
    expect(take(world, changes, ["local"])).toBe(true);
    const { config, budgets, consumers } = ledgerOf(world);
    expect([config.gatePolicy, budgets.current["rendering"]]).toEqual(["literal", GIB]);
    expect(consumers.get("node/flux")).toMatchObject({
      bytes: 34 * GIB,
      allocatedAtMs: world.nowMs - 60_000,
    });
    expect(consumers.get("node/llm")?.bytes).toBe(20 * GIB);
    expect(world.sent("decision").at(-1)).toMatchObject({
      decision: "reconfigured",
      body: { sentence: expect.stringMatching(/at the next start: local$/), waits: ["local"] },
    });
    take(world, { declared: [llm] });
    expect([...ledgerOf(world).consumers.keys()]).toEqual(["node/llm"]);
  });

  it("leaves a governor's temporary budgets alone when the baseline stays", () => {
    const world = worldWith();
    const ledger = ledgerOf(world);
    const bent = { ...ledger.budgets.current, tts: 1 };
    ledger.budgets = { ...ledger.budgets, current: bent };
    take(world, { maxLayer: 3 });
    expect(ledger.budgets.current).toEqual(bent);
  });

  it("is no news when it says what an operator has set already", () => {
    const world = worldWith();
    world.do((tx) => recallBudgets(tx, CARD, { tts: GIB }));
    const before = decisions(world).length;
    take(world, { budgets: { [CARD]: { tts: GIB } } });
    expect(decisions(world)).toHaveLength(before);
  });
});

describe("an edit that is refused", () => {
  it("changes nothing and is told until it is mended", () => {
    const world = worldWith();
    world.do((tx) => refuseDocument(tx, "node.json:3: governance.maxLayer: too big"));
    expect(world.core.state.documentProblem).toMatch(/maxLayer/);
    expect(decisions(world)).toContain("reconfigure-refused");
    take(world, {});
    expect(world.core.state.documentProblem).toBeNull();
  });

  it("may fail at the cards that are here", () => {
    const world = worldWith();
    expect(take(world, { maxLayer: 1, budgets: { "*": { tts: 1_000 * GIB } } })).toBe(false);
    expect(world.core.state).toMatchObject({
      governance: { maxLayer: 4 },
      documentProblem: expect.stringMatching(/^budgetsMib: GPU-0: .*over-usable/),
    });
  });
});

describe("thresholds", () => {
  it("move the level at the next reading, and hysteresis holds it", () => {
    const world = worldWith();
    const gpu = { opensAt: { warning: 0.3, high: 0.5, critical: 0.9 }, hysteresisRatio: 0.1 };
    take(world, { pressure: { ...GOVERNANCE.pressure, gpu } });
    const levels = [50, 42, 30].map((used) => {
      world.sample(used * GIB, null);
      return world.core.state.pressure.level;
    });
    expect(levels).toEqual(["high", "high", "warning"]);
  });
});

describe("unified memory", () => {
  it("counts what the host holds as gone from the card, and closes while the host cannot be read", () => {
    const world = worldWith({
      memoryModel: "unified",
      ledger: { ...LEDGER_CONFIG, osFloorBytes: 16 * GIB },
    });
    world.memory({ totalBytes: 96 * GIB, availableBytes: 36 * GIB });
    world.sample(10 * GIB, null);
    expect(ledgerOf(world).reading).toMatchObject({ usedBytes: 60 * GIB });
    expect(world.core.state.pressure.level).toBe("warning");
    world.core.state.hostMemory = { ...world.core.state.hostMemory, reading: null };
    world.sample(10 * GIB, null);
    expect(world.core.state.pressure.level).toBe("critical");
  });
});

describe("each layer alone", () => {
  const HEAVY = { ...CLAIM, id: "heavy", label: "heavy", resident: false, bytes: 44 * GIB } as const;
  const acts = (maxLayer: number, strategy: Governance["strategy"] = "mechanical") => {
    const world = worldWith({ maxLayer, strategy });
    const ledger = ledgerOf(world);
    account(ledger, { ...HEAVY, priority: "batch", subsystem: "inference" }, 0, world.nowMs - 600_000);
    ledger.budgets = { ...ledger.budgets, current: { ...ledger.budgets.current, inference: 40 * GIB } };
    world.effects = [];
    world.sample(60 * GIB, null);
    const claim = { ...HEAVY, id: "chat", priority: "interactive" } as const;
    const room = world.do((tx) => seekRoom(tx, claim, null));
    world.sample(0, null);
    world.grant({ token: 1, vramBytes: 90 * GIB });
    return {
      gates: world.sent("decline").length === 1,
      room,
      crossings: world.sent("crossing").length > 0,
      updates: world.of("publish").length > 0,
      budgets: world.of("rebalanced").length > 0,
    };
  };

  it.each([
    [0, { gates: true, room: false, crossings: false, updates: false, budgets: false }],
    [1, { gates: true, room: true, crossings: false, updates: false, budgets: false }],
    [2, { gates: true, room: true, crossings: true, updates: true, budgets: false }],
    [3, { gates: true, room: true, crossings: true, updates: true, budgets: true }],
    [4, { gates: true, room: true, crossings: true, updates: true, budgets: true }],
  ])("maxLayer %i", (maxLayer, expected) => {
    expect(acts(maxLayer)).toEqual(expected);
  });

  it("strategy off stops below the governor", () => {
    expect(acts(4, "off")).toMatchObject({ crossings: true, budgets: false });
  });
});

describe("the strategy slot", () => {
  const EAGER: GpuStrategy = {
    name: "eager",
    rebalance: ({ budgets }) =>
      budgets.current["tts"] === GIB
        ? null
        : { rule: "learned", reason: "give tts one GiB", changes: { tts: GIB } },
    recommendEvictions: () => ({ evictions: [], freedBytes: 0, shortfallBytes: 0 }),
  };
  const FAULTY: GpuStrategy = {
    ...EAGER,
    name: "faulty",
    rebalance: () => {
      throw new Error("no model");
    },
  };
  const withLearned = (strategy: Governance["strategy"], learned: GpuStrategy | null, maxLayer = 4) => {
    const world = worldWith({ strategy, maxLayer });
    world.effects = [];
    world.do((tx) => useLearned(tx, learned));
    world.sample(0, null);
    world.pass(1_000);
    return world;
  };
  const tts = (world: AgentWorld): unknown => ledgerOf(world).budgets.current["tts"];

  it("asks a shadow, tells the difference once and does not act on it", () => {
    const world = withLearned("shadow", EAGER);
    expect(tts(world)).not.toBe(GIB);
    const told = world.sent("decision").filter(({ decision }) => decision === "shadowed");
    expect(told).toMatchObject([
      {
        body: { sentence: "eager would give tts one GiB; mechanical: hold", differs: true, mechanical: null },
      },
    ]);
  });

  it("lets an active one act, as far as the layers go", () => {
    expect(tts(withLearned("active", EAGER))).toBe(GIB);
    expect(tts(withLearned("active", EAGER, 3))).not.toBe(GIB);
    expect(tts(withLearned("mechanical", EAGER))).not.toBe(GIB);
  });

  it("goes on with the mechanical one when the learned one fails", () => {
    const world = withLearned("active", FAULTY);
    const errors = world.of("log").filter(({ level }) => level === "error");
    expect(errors[0]?.sentence).toBe("faulty failed: the mechanical strategy acts");
  });

  it.each(["shadow", "active"] as const)("says once that %s has nobody to ask", (strategy) => {
    const world = worldWith({ strategy });
    world.pass(2_000);
    expect(decisions(world).filter((decision) => decision === "strategy-missing")).toHaveLength(1);
  });
});

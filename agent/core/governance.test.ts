import { describe, expect, it } from "vitest";
import { must } from "../../shared/invariant.ts";
import { reserve } from "../../shared/policy/admission.ts";
import { GATE_POLICIES, type GatePolicy } from "../../shared/policy/gate.ts";
import { account, LEDGER_CONFIG, type VramClaim } from "../../shared/policy/ledger.ts";
import { AgentWorld, CARD, GIB, READING, readyWorld } from "../../test/helpers/agent-world.ts";
import { shrinkDeclared } from "./cards.ts";
import { baselineOf, type DeclaredConsumer, GOVERNANCE, type Governance } from "./governance.ts";
import { holdRoom, jobRequester, roomEnded, seekRoom, withRoom } from "./room.ts";
import { observeGpu } from "./telemetry.ts";

const CLAIM: VramClaim = {
  id: "claim",
  label: "a claim",
  subsystem: "inference",
  priority: "batch",
  bytes: GIB,
  evictable: true,
  resident: false,
  reloadMs: 0,
};

function declared(id: string, gib: number, changes: Partial<VramClaim> = {}, idleMs = 0): DeclaredConsumer {
  const claim = {
    ...CLAIM,
    id,
    label: id,
    priority: "interactive",
    resident: true,
    evictable: false,
  } as const;
  return {
    claim: { ...claim, bytes: gib * GIB, ...changes },
    gpu: null,
    pid: null,
    processName: null,
    owner: null,
    idleMs,
  };
}

function worldWith(changes: Partial<Governance>, usedGib = 0): AgentWorld {
  const world = new AgentWorld({ governance: { ...GOVERNANCE, ...changes } });
  world.sample(usedGib * GIB, null);
  world.attach();
  return world;
}

describe("a contested card: 96 GB with a FLUX of 34 and an LLM of 30 resident", () => {
  const contested = (gatePolicy: GatePolicy): AgentWorld =>
    worldWith(
      {
        ledger: { ...LEDGER_CONFIG, gatePolicy },
        declared: [declared("flux", 34, { subsystem: "rendering" }), declared("llm", 30)],
      },
      64,
    );

  it("starves batch under literal and says so", () => {
    const world = contested("literal");
    expect(world.of("log").map(({ sentence }) => sentence)).toContain(
      "structurally starved: the residents alone keep background and batch out",
    );
    expect(world.sent("decision")).toMatchObject([
      { decision: "starved", body: { starved: ["background", "batch"] } },
    ]);
    expect(world.of("telemetry").at(-1)?.frame.notes).toMatchObject([{ starved: ["background", "batch"] }]);
    world.grant({ token: 1, vramBytes: GIB });
    expect(world.sent("decline")[0]?.reason).toMatch(/^structurally-starved/);
  });

  it.each(GATE_POLICIES)("tells the hub what is resident and how it counts under %s", (policy) => {
    const rows = contested(policy).sent("claim").at(-1)?.headroom ?? [];
    const residents = { bytes: 64 * GIB, isLiteral: policy === "literal" };
    expect(rows.filter((row) => row.residents !== undefined)).toMatchObject([
      { priority: "background", residents },
      { priority: "batch", residents },
    ]);
  });

  it("admits a small batch job under resident-aware and refuses a large one", () => {
    const world = contested("resident-aware");
    expect(world.of("telemetry").at(-1)?.frame.notes).toEqual([]);
    const offered = world
      .sent("claim")
      .at(-1)
      ?.headroom.find(({ priority }) => priority === "batch");
    expect((offered?.bytes ?? 0) / GIB).toBeCloseTo(13.6, 1);
    world.grant({ token: 1, vramBytes: 10 * GIB });
    expect(world.sent("decline")).toEqual([]);
    expect(world.attempt(1).phase).toBe("starting");
    world.grant({ token: 2, vramBytes: 20 * GIB });
    expect(world.sent("decline")).toMatchObject([{ token: 2, reason: expect.stringMatching(/^gate/) }]);
  });
});

describe("the baseline of a card", () => {
  it("takes the operator's figures, of this card or of every card", () => {
    const budgets = { [CARD]: { tts: 1 }, "*": { tts: 2, video: 3 } };
    expect(baselineOf({ ...GOVERNANCE, budgets }, CARD, 100).budgets).toMatchObject({ tts: 1 });
    expect(baselineOf({ ...GOVERNANCE, budgets: { "*": { tts: 2, video: 1 } } }, CARD, 100)).toMatchObject({
      budgets: { tts: 2, video: 1, inference: 75 },
      problem: null,
    });
  });

  it("keeps the start budgets when the figures do not fit the card", () => {
    const budgets = { "*": { inference: 96 } };
    expect(baselineOf({ ...GOVERNANCE, budgets }, CARD, 100)).toMatchObject({
      budgets: { inference: 75 },
      problem: { reason: "over-usable" },
    });
  });
});

describe("two cards", () => {
  const OTHER = "GPU-1";
  const look = (world: AgentWorld, used: Readonly<Record<string, number | null>>): void => {
    const samples = Object.entries(used).map(([uuid, gib]) => ({
      reading: { ...READING, uuid, usedBytes: gib === null ? null : gib * GIB },
      byConsumer: null,
      foreign: [],
      unattributedBytes: null,
      condition: world.condition,
    }));
    world.do((tx) => observeGpu(tx, samples));
  };
  const crossings = (world: AgentWorld): unknown =>
    world.sent("crossing").map(({ seq, gpu, level }) => `${seq} ${gpu} ${level}`);

  it("cross each for itself, and the one that is worst off speaks for the node", () => {
    const world = readyWorld();
    look(world, { [CARD]: 60, [OTHER]: 80 });
    look(world, { [CARD]: 80, [OTHER]: 60 });
    expect(crossings(world)).toEqual([
      `1 ${CARD} warning`,
      `2 ${OTHER} high`,
      `3 ${CARD} high`,
      `4 ${OTHER} warning`,
    ]);
    expect(world.core.state.pressure.level).toBe("high");
  });

  it("make the node critical when one of them cannot be read or is not seen any more", () => {
    const world = readyWorld();
    look(world, { [CARD]: 10, [OTHER]: 10 });
    look(world, { [CARD]: 10, [OTHER]: null });
    expect(crossings(world)).toEqual([`1 ${OTHER} critical`]);
    world.pass(2_000);
    expect(world.of("telemetry").at(-1)?.frame).toMatchObject({ gpuPressure: 1, gpuLevel: "critical" });
    look(world, { [CARD]: 10, [OTHER]: 10 });
    for (let seconds = 0; seconds < 30; seconds++) {
      world.pass(1_000);
      look(world, { [CARD]: 10 });
    }
    expect(crossings(world)).toEqual([`1 ${OTHER} critical`, `2 ${OTHER} normal`, `3 ${OTHER} critical`]);
    expect(world.of("telemetry").at(-1)?.frame).toMatchObject({ gpuPressure: 1, gpuLevel: "critical" });
  });
});

describe("crossings", () => {
  it("are numbered, told to the hub and to whoever watches; an update is told on each poll", () => {
    const world = readyWorld();
    for (const used of [0, 60, 60, 80]) world.sample(used * GIB);
    expect(world.sent("crossing")).toMatchObject([
      { seq: 1, resource: "gpu", level: "warning" },
      { seq: 2, resource: "gpu", level: "high" },
    ]);
    expect(world.of("publish").map(({ name }) => name)).toEqual([
      "gpu:pressure:update",
      "gpu:pressure:warning",
      "gpu:pressure:update",
      "gpu:pressure:update",
      "gpu:pressure:high",
      "gpu:pressure:update",
    ]);
  });

  it("wait for the next session while there is none", () => {
    const world = readyWorld();
    world.detach();
    world.sample(60 * GIB);
    expect(world.sent("crossing")).toEqual([]);
    world.attach();
    expect(world.sent("crossing")).toMatchObject([{ seq: 1, level: "warning" }]);
  });

  it("come when the sensor falls silent", () => {
    const world = readyWorld();
    world.pass(16_000);
    expect(world.sent("crossing")).toMatchObject([{ level: "critical" }]);
  });
});

describe("the governor", () => {
  const pressured = (changes: Partial<Governance> = {}): AgentWorld => {
    const world = worldWith({ ...changes, declared: [declared("llm", 66, { resident: false })] }, 66);
    world.forgetEffects();
    return world;
  };
  const budget = (world: AgentWorld, subsystem: string): number =>
    must(world.core.state.cards.get(CARD), "a card").budgets.current[subsystem] ?? 0;

  it("moves idle TTS budget to inference once, and announces it with before and after", () => {
    const world = worldWith({ declared: [declared("llm", 66, { resident: false })] }, 66);
    const [moved, ...others] = world.of("rebalanced");
    expect(others).toEqual([]);
    expect(moved?.reason).toMatch(/tts is idle/);
    expect((moved?.before["tts"] ?? 0) * 0.2).toBeCloseTo(moved?.after["tts"] ?? 0, -1);
    expect(world.of("log").map(({ event }) => event)).toContain("gpu:budget:rebalanced");
    expect(world.sent("decision")).toMatchObject([{ decision: "rebalanced", body: { rule: "tts-idle" } }]);
  });

  it("restores the baseline when pressure is normal again, after the cooldown", () => {
    const world = pressured();
    const ledger = must(world.core.state.cards.get(CARD), "a card");
    account(ledger, { ...declared("llm", 1, { resident: false }).claim }, 0, world.nowMs);
    world.sample(GIB, null);
    expect(budget(world, "tts")).toBeLessThan(ledger.budgets.baseline["tts"] ?? 0);
    world.pass(5_200);
    expect(ledger.budgets.current).toEqual(ledger.budgets.baseline);
  });

  it.each([
    { why: "the strategy is off", changes: { strategy: "off" } as const },
    { why: "layer 3 is not reached", changes: { maxLayer: 2 } },
  ])("does nothing when $why", ({ changes }) => {
    const world = pressured(changes);
    world.pass(10_000);
    expect(world.of("rebalanced")).toEqual([]);
  });
});

describe("room", () => {
  const HOUR = 3_600_000;
  const voice = declared("voice", 20, { resident: false, evictable: true, subsystem: "tts" }, HOUR);
  const claim = { ...CLAIM, bytes: 40 * GIB };

  it("is made by consumers that have been idle for long, and only when they suffice", () => {
    const world = worldWith({ declared: [voice] }, 20);
    expect(world.do((tx) => seekRoom(tx, claim, null))).toBe(true);
    expect(world.of("makeRoom")).toMatchObject([{ request: { requester: "claim", gpu: CARD } }]);
    const hopeless = worldWith({ declared: [voice, declared("llm", 30, { resident: false })] }, 50);
    expect(hopeless.do((tx) => seekRoom(tx, claim, null))).toBe(false);
    expect(hopeless.of("makeRoom")).toEqual([]);
  });

  it.each([
    { who: "a consumer of the same priority in use", idleMs: 0, priority: "batch" as const, helps: false },
    { who: "an interactive one in use", idleMs: 0, priority: "interactive" as const, helps: false },
    { who: "a realtime one idle for ever", idleMs: HOUR, priority: "realtime" as const, helps: false },
    {
      who: "an interactive one idle for an hour",
      idleMs: HOUR,
      priority: "interactive" as const,
      helps: true,
    },
  ])("is not taken from those who need it: $who", ({ idleMs, priority, helps }) => {
    const each = {
      ...voice,
      idleMs,
      claim: { ...voice.claim, priority, evictable: priority !== "realtime" },
    };
    const world = worldWith({ declared: [each] }, 20);
    expect(world.do((tx) => seekRoom(tx, claim, null))).toBe(helps);
  });

  it("is taken from less important work that has been there for half a minute", () => {
    const job = declared("job", 60, { resident: false, evictable: true, priority: "batch" });
    const world = worldWith({ declared: [job] }, 60);
    world.nowMs += 29_000;
    expect(world.do((tx) => seekRoom(tx, { ...claim, priority: "interactive" }, null))).toBe(false);
    world.nowMs += 1_000;
    expect(world.do((tx) => seekRoom(tx, { ...claim, priority: "interactive" }, null))).toBe(true);
  });

  it("is held for the one who asked, against everybody else, until its time is over", () => {
    const world = worldWith({ declared: [voice] }, 20);
    world.do((tx) => seekRoom(tx, claim, null));
    const { request } = must(world.of("makeRoom")[0], "room is sought");
    const ledger = must(world.core.state.cards.get(CARD), "a card");
    world.sample(0, null);
    world.do((tx) => shrinkDeclared(tx, CARD, "voice", 20 * GIB));
    world.do((tx) => holdRoom(tx, request, 20 * GIB));
    world.do((tx) => roomEnded(tx, request, { kind: "freed", freedBytes: 20 * GIB, reason: "" }));
    expect(reserve(ledger, { ...claim, id: "other" }, world.nowMs).kind).toBe("refused");
    const taken = world.do((tx) => withRoom(tx, "claim", () => reserve(ledger, claim, tx.nowMs)));
    expect(taken.kind).toBe("admitted");
    expect([...ledger.consumers.keys()]).toEqual(["voice", "claim"]);
    world.do((tx) => holdRoom(tx, request, 20 * GIB));
    world.pass(61_000);
    expect([...ledger.consumers.keys()]).toEqual(["voice", "claim"]);
  });

  it("is offered to the hub, so that a job may come for which it has to be made", () => {
    const world = worldWith({ declared: [voice] }, 20);
    const offered = world
      .sent("claim")
      .at(-1)
      ?.headroom.find(({ priority }) => priority === "batch");
    expect((offered?.bytes ?? 0) / GIB).toBeGreaterThan(40);
    world.grant({ token: 1, vramBytes: 40 * GIB });
    expect(world.sent("decline")[0]?.reason).toMatch(/room is being made/);
    expect(world.of("makeRoom")).toMatchObject([{ request: { requester: jobRequester("j_000001") } }]);
  });
});

describe("main memory", () => {
  it("refuses work at its own gates, with the figures", () => {
    const world = readyWorld();
    world.memory({ availableBytes: 12 * GIB });
    world.grant({ token: 1 });
    expect(world.sent("decline")[0]?.reason).toBe("main memory is 81 % full, the gate is 80 %");
    world.memory({ availableBytes: 60 * GIB, psiFullPercent: 15 });
    world.grant({ token: 2 });
    expect(world.sent("decline")[1]?.reason).toMatch(/stalls for memory 15 %/);
  });

  it("ends batch before background, one job at a time, and says why", () => {
    const world = readyWorld();
    world.run({ token: 1, priority: "background", vramBytes: GIB });
    world.run({ token: 2, priority: "batch", vramBytes: GIB });
    world.forgetEffects();
    world.memory({ availableBytes: 3 * GIB });
    world.memory({ availableBytes: 3 * GIB });
    expect(world.of("stop").map(({ token }) => token)).toEqual([2]);
    expect(world.attempt(2).cause).toMatchObject({ outcome: "preempted" });
    world.ended(2, null, "SIGTERM");
    world.memory({ availableBytes: 3 * GIB });
    expect(world.of("stop").map(({ token }) => token)).toEqual([2, 1]);
    expect(world.sent("decision")).toMatchObject([{ decision: "relieved" }, { decision: "relieved" }]);
  });
});

describe("VRAM of an ended job", () => {
  it("is named as leaked when 90 % of it are not back in time, and as returned when they are", () => {
    const world = readyWorld();
    world.run({ token: 1, vramBytes: 10 * GIB });
    world.sample(10 * GIB, new Map([[1, 10 * GIB]]));
    world.forgetEffects();
    world.ended(1);
    world.pass(9_000);
    world.sample(5 * GIB, new Map([[1, 5 * GIB]]));
    expect(world.sent("decision")).toEqual([]);
    world.pass(2_000);
    world.sample(5 * GIB, new Map([[1, 5 * GIB]]));
    expect(world.sent("decision")).toMatchObject([{ decision: "leaked", body: { owedBytes: 5 * GIB } }]);
    world.pass(1_000);
    expect(world.of("telemetry").at(-1)?.frame.notes).toMatchObject([{ leakedBytes: 5 * GIB }]);
    world.sample(0);
    expect(world.sent("decision").at(-1)).toMatchObject({ decision: "returned" });
  });

  it("is not spoken of when it comes back", () => {
    const world = readyWorld();
    world.run({ token: 1, vramBytes: 10 * GIB });
    world.sample(10 * GIB, new Map([[1, 10 * GIB]]));
    world.ended(1);
    world.sample(GIB / 2, new Map([[1, GIB / 2]]));
    world.pass(30_000);
    world.sample(0);
    expect(world.sent("decision")).toEqual([]);
  });
});

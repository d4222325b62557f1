import { describe, expect, it } from "vitest";
import { PRIORITIES } from "../../shared/model/priority.ts";
import { AgentWorld, CARD, GIB, readyWorld } from "../../test/helpers/agent-world.ts";
import { shutDown } from "./lease.ts";

describe("a session", () => {
  it("begins with a hello that says what is held, and with the first beat after the welcome", () => {
    const world = new AgentWorld();
    world.sample(0);
    const hello = world.attach();
    expect(hello).toMatchObject({ kind: "hello", node: "alpha", inventory: [], isLatchedDown: false });
    expect(hello.gpus.map(({ uuid }) => uuid)).toEqual([CARD]);
    const kinds = world.of("send").map(({ message }) => message.kind);
    expect(kinds).toEqual(["standing", "heartbeat", "claim"]);
    expect(world.of("telemetry")).toHaveLength(1);
  });

  it("beats every three seconds and tells telemetry every second", () => {
    const world = readyWorld();
    world.pass(30_000, 100);
    expect(world.sent("heartbeat")).toHaveLength(10);
    expect(world.of("telemetry")).toHaveLength(30);
    const seqs = world.of("telemetry").map(({ frame }) => frame.seq);
    expect(seqs).toEqual([...seqs].sort((a, b) => a - b));
  });

  it("says nothing while there is none", () => {
    const world = readyWorld();
    world.detach();
    world.pass(30_000);
    expect(world.of("send")).toEqual([]);
    expect(world.of("telemetry")).toEqual([]);
  });

  it("does not listen to a hub that has not welcomed it, or no longer", () => {
    const world = readyWorld();
    world.detach();
    world.grant({ token: 1 });
    expect(world.core.state.attempts.size).toBe(0);
  });

  it("refuses to go on with a hub whose time runs at another scale", () => {
    const world = new AgentWorld();
    world.attach({ timingScale: 0.1 });
    expect(world.of("fatal")[0]?.message).toMatch(/scale 0.1, this agent at 1/);
    expect(world.core.state.session.kind).not.toBe("attached");
  });

  it("renews what the hub keeps from the hello on", () => {
    const world = readyWorld();
    world.run({ token: 1 });
    world.detach();
    world.pass(20_000);
    const helloMs = world.nowMs;
    world.attach({ verdicts: [{ token: 1, isKept: true }] });
    expect(world.of("extend").at(-1)).toEqual({ kind: "extend", token: 1, deadlineBootMs: helloMs + 30_000 });
  });

  it("remembers the youngest epoch and the highest token for the next hello", () => {
    const world = readyWorld();
    world.run({ token: 41 });
    world.detach();
    world.attach({ epoch: 5 });
    world.detach();
    expect(world.attach()).toMatchObject({ maxTokenSeen: 41, hubEpochSeen: 5 });
  });
});

describe("the claim", () => {
  it("offers free slots and the headroom of each priority", () => {
    const world = new AgentWorld();
    world.sample(0);
    world.attach();
    const claim = world.sent("claim").at(-1);
    expect(claim).toMatchObject({ gpuSlots: 2, cpuSlots: 2 });
    expect(claim?.headroom.map(({ priority }) => priority)).toEqual(PRIORITIES);
    expect(claim?.headroom.find(({ priority }) => priority === "batch")?.bytes).toBeGreaterThan(45 * GIB);
  });

  it("stands without being repeated", () => {
    const world = readyWorld();
    world.pass(9_000);
    expect(world.sent("claim")).toEqual([]);
  });

  it("is spent by the grants that answer it and made anew with what is left, were it only room", () => {
    const world = readyWorld();
    world.grant({ token: 1 });
    expect(world.sent("claim")).toMatchObject([{ gpuSlots: 1, cpuSlots: 2 }]);
    world.grant({ token: 2 });
    world.grant({ token: 3, lane: "cpu" });
    world.grant({ token: 4, lane: "cpu" });
    world.forgetEffects();
    world.pass(5_000);
    const room = expect.arrayContaining([expect.objectContaining({ priority: "batch" })]);
    expect(world.sent("claim")).toMatchObject([{ gpuSlots: 0, cpuSlots: 0, headroom: room }]);
  });

  it("is made again when a slot falls free, under a new id", () => {
    const world = readyWorld();
    world.run({ token: 1 });
    const ids = world.sent("claim").map(({ claimId }) => claimId);
    world.ended(1);
    world.pass(200);
    const last = world.sent("claim").at(-1);
    expect(last?.gpuSlots).toBe(2);
    expect(ids).not.toContain(last?.claimId);
  });

  it("is made anew after any grants, an older claim's too: the hub holds none after them", () => {
    const world = readyWorld();
    world.hear({ kind: "grants", claimId: 999, heartbeatSeq: 0, grants: [] });
    expect(world.sent("claim")).toMatchObject([{ gpuSlots: 2, maxTokenSeen: 0 }]);
    world.grant({ token: 7 });
    expect(world.sent("claim").at(-1)).toMatchObject({ gpuSlots: 1, maxTokenSeen: 7 });
  });

  it("tells moving headroom once a second and not with every sample", () => {
    const world = readyWorld();
    world.pass(2_000);
    for (let sample = 1; sample <= 10; sample++) {
      world.sample(sample * GIB);
      world.pass(200);
    }
    expect(world.sent("claim").length).toBeGreaterThanOrEqual(2);
    expect(world.sent("claim").length).toBeLessThanOrEqual(3);
  });

  it.each([
    { when: "the fleet goes down", act: (world: AgentWorld) => world.desire("down", 2) },
    { when: "the agent stops", act: (world: AgentWorld) => world.do(shutDown) },
    { when: "the GPU truth is a minute old", act: (world: AgentWorld) => world.pass(60_200) },
  ])("is withdrawn when $when", ({ act }) => {
    const world = readyWorld();
    act(world);
    world.pass(200);
    expect(world.sent("claim").at(-1)).toMatchObject({ gpuSlots: 0, cpuSlots: 0 });
    world.forgetEffects();
    world.pass(3_000);
    expect(world.sent("claim")).toEqual([]);
  });

  it("offers no room behind a gate that staleness has closed, but the CPU lane goes on", () => {
    const world = readyWorld();
    world.pass(16_000);
    const claim = world.sent("claim").at(-1);
    const bytes = Object.fromEntries(claim?.headroom.map((row) => [row.priority, row.bytes]) ?? []);
    expect(bytes).toMatchObject({ batch: 0, background: 0 });
    expect(bytes["realtime"]).toBeGreaterThan(0);
    expect(claim?.cpuSlots).toBe(2);
  });
});

describe("telemetry", () => {
  it("publishes the age of the reading and calls it stale when the next one is overdue", () => {
    const world = readyWorld();
    world.pass(15_000);
    expect(world.of("telemetry").at(-1)?.frame).toMatchObject({ gpuAgeMs: 15_000, isGpuStale: false });
    world.pass(1_000);
    expect(world.of("telemetry").at(-1)?.frame).toMatchObject({ isGpuStale: true, gpuLevel: "critical" });
  });

  it("calls a sensor stale that has never spoken, and a node without one never", () => {
    const waiting = new AgentWorld();
    waiting.attach();
    expect(waiting.of("telemetry")[0]?.frame).toMatchObject({ isGpuStale: true, gpus: [] });
    const none = new AgentWorld();
    none.core.state.gpu = { kind: "none" };
    none.attach();
    expect(none.of("telemetry")[0]?.frame).toMatchObject({ isGpuStale: false, gpuLevel: "normal" });
    expect(none.sent("claim")[0]).toMatchObject({ gpuSlots: 0, cpuSlots: 2 });
  });

  it("believes a reading for as long as the next may take at its own level", () => {
    const world = readyWorld();
    world.sample(80 * GIB);
    expect(world.core.state.pressure.level).toBe("high");
    world.pass(6_000, 100);
    expect(world.of("telemetry").at(-1)?.frame.isGpuStale).toBe(false);
    world.pass(1_000, 100);
    expect(world.of("telemetry").at(-1)?.frame.isGpuStale).toBe(true);
  });
});

import { describe, expect, it } from "vitest";
import { AgentWorld, readyWorld, WELCOME } from "../../test/helpers/agent-world.ts";
import { adopt } from "./agent.ts";
import { latchObserved, latchSaved, recallLatch } from "./down.ts";

const DOWN = { ...WELCOME.desired, generation: 2, state: "down" } as const;

describe("down from the hub", () => {
  it("stops everything with the grace it names", () => {
    const world = readyWorld();
    world.run({ token: 1 });
    world.run({ token: 2, lane: "cpu" });
    world.desire("down", 2, 3_000);
    expect(world.of("stop")).toEqual([
      { kind: "stop", token: 1, graceMs: 3_000 },
      { kind: "stop", token: 2, graceMs: 3_000 },
    ]);
    world.ended(1, null, "SIGTERM");
    expect(world.attempt(1).completion).toMatchObject({ outcome: "preempted", detail: "down" });
  });

  it("is acknowledged only when the latch is on the disk", () => {
    const world = readyWorld();
    world.desire("down", 2);
    expect(world.of("setLatch")).toEqual([{ kind: "setLatch", generation: 2 }]);
    expect(world.sent("latchAck")).toEqual([]);
    world.do((tx) => latchSaved(tx, 2));
    expect(world.sent("latchAck")).toEqual([{ kind: "latchAck", generation: 2 }]);
  });

  it("that is repeated before the disk has answered is not acknowledged early", () => {
    const world = readyWorld();
    world.desire("down", 2);
    world.detach();
    world.attach({ desired: DOWN });
    expect(world.sent("latchAck")).toEqual([]);
  });

  it("stays down over a restart until the hub says up, and then lifts its own latch", () => {
    const world = new AgentWorld();
    world.do((tx) => recallLatch(tx, "hub"));
    world.sample(0);
    expect(world.attach({ desired: { ...DOWN, generation: 5, state: "up" } }).isLatchedDown).toBe(true);
    expect(world.of("clearLatch")).toEqual([{ kind: "clearLatch", generation: 5 }]);
    world.do((tx) => latchSaved(tx, 5));
    expect(world.sent("latchAck")).toEqual([{ kind: "latchAck", generation: 5 }]);
    expect(world.sent("claim").at(-1)?.gpuSlots).toBe(2);
  });

  it.each([
    { state: "disabled", isStopped: true },
    { state: "paused", isStopped: false },
  ] as const)("$state stops running work: $isStopped", ({ state, isStopped }) => {
    const world = readyWorld();
    world.run({ token: 1 });
    world.desire(state, 2);
    expect(world.of("stop").length > 0).toBe(isStopped);
  });

  it("is lifted by an up of the same number: a hub that was killed had said it before it was durable", () => {
    const world = readyWorld();
    world.desire("down", 2);
    world.do((tx) => latchSaved(tx, 2));
    world.detach();
    world.attach({ desired: { ...DOWN, state: "up" } });
    expect(world.of("clearLatch")).toEqual([{ kind: "clearLatch", generation: 2 }]);
  });

  it("that a newer word has overtaken is not acknowledged", () => {
    const world = readyWorld();
    world.desire("down", 2);
    world.desire("up", 3);
    world.do((tx) => latchSaved(tx, 2));
    expect(world.sent("latchAck")).toEqual([]);
    world.do((tx) => latchSaved(tx, 3));
    expect(world.sent("latchAck")).toEqual([{ kind: "latchAck", generation: 3 }]);
  });
});

describe("down on the box", () => {
  it("stops everything without a hub and says so in the next hello", () => {
    const world = readyWorld();
    world.run({ token: 1 });
    world.detach();
    world.do((tx) => latchObserved(tx, "local", 0));
    expect(world.of("stop")).toEqual([{ kind: "stop", token: 1, graceMs: 0 }]);
    expect(world.attach().isLatchedDown).toBe(true);
  });

  it("is told with the next heartbeat, and its end by an acknowledgement", () => {
    const world = readyWorld();
    world.do((tx) => latchObserved(tx, "local", 1_000));
    world.pass(world.core.timing.heartbeatMs);
    expect(world.sent("heartbeat").at(-1)).toMatchObject({ isLatchedDown: true });
    world.do((tx) => latchObserved(tx, "none", 0));
    world.do((tx) => latchSaved(tx, 1));
    world.pass(world.core.timing.heartbeatMs);
    expect(world.sent("latchAck").at(-1)).toEqual({ kind: "latchAck", generation: 1 });
    expect(world.sent("heartbeat").at(-1)).toMatchObject({ isLatchedDown: false });
  });

  it("is done once, however often the file is seen", () => {
    const world = readyWorld();
    world.run({ token: 1 });
    world.do((tx) => latchObserved(tx, "local", 100));
    world.do((tx) => latchObserved(tx, "local", 100));
    expect(world.of("stop")).toHaveLength(1);
  });

  it("is not lifted by the hub, whose up is not acknowledged", () => {
    const world = readyWorld();
    world.do((tx) => latchObserved(tx, "local", 0));
    world.forgetEffects();
    world.desire("up", 2);
    world.grant({ token: 1 });
    expect(world.of("clearLatch")).toEqual([]);
    expect(world.sent("latchAck")).toEqual([]);
    expect(world.sent("decline")[0]?.reason).toMatch(/spiral-agent up/);
  });

  it("gives way to the hub's word when it is lifted", () => {
    const up = readyWorld();
    up.do((tx) => latchObserved(tx, "local", 0));
    up.do((tx) => latchObserved(tx, "none", 0));
    up.do((tx) => latchSaved(tx, 1));
    expect(up.sent("latchAck").at(-1)).toEqual({ kind: "latchAck", generation: 1 });
    up.pass(200);
    expect(up.sent("claim").at(-1)?.gpuSlots).toBe(2);
    const down = readyWorld();
    down.do((tx) => latchObserved(tx, "local", 0));
    down.desire("down", 2);
    down.forgetEffects();
    down.do((tx) => latchObserved(tx, "none", 0));
    expect(down.of("setLatch")).toEqual([{ kind: "setLatch", generation: 2 }]);
  });

  it("that came and went between two looks took the hub's latch with it, which is set again", () => {
    const world = readyWorld();
    world.desire("down", 2);
    world.do((tx) => latchSaved(tx, 2));
    world.do((tx) => latchObserved(tx, "hub", 0));
    world.forgetEffects();
    world.do((tx) => latchObserved(tx, "none", 0));
    world.do((tx) => latchObserved(tx, "none", 0));
    expect(world.of("setLatch")).toEqual([{ kind: "setLatch", generation: 2 }]);
  });

  it("ends what an earlier agent left running", () => {
    const world = new AgentWorld();
    const job = { ...readyWorldJob(), token: 7 };
    const left = {
      job,
      startedBootMs: 0,
      deadlineBootMs: 2_000_000,
      pid: 7,
      cause: null,
      completion: null,
      service: null,
    };
    world.do((tx) => adopt(tx, { ...left, processState: "running" }));
    world.do((tx) => recallLatch(tx, "local"));
    expect(world.of("stop")).toHaveLength(1);
  });
});

function readyWorldJob(): ReturnType<AgentWorld["attempt"]>["job"] {
  const world = readyWorld();
  return world.run({ token: 7 }).job;
}

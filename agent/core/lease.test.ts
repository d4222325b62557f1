import { describe, expect, it } from "vitest";
import { type AgentWorld, readyWorld } from "../../test/helpers/agent-world.ts";
import { tick } from "./agent.ts";
import { delivered } from "./attempt.ts";

/** Renews every live lease at once, as the hub's answer would. */
function answerRenewal(world: ReturnType<typeof readyWorld>, tokens?: readonly number[]): void {
  const asked = world.sent("renew").at(-1);
  if (asked === undefined) throw new Error("nothing was asked");
  world.hear({ kind: "renewed", seq: asked.seq, tokens: tokens ?? asked.tokens, ttlMs: 30_000 });
}

describe("a deadline", () => {
  it("counts from when the heartbeat was sent that the grant names", () => {
    const world = readyWorld();
    const sentMs = world.nowMs;
    const seq = world.core.state.lastHeartbeatSeq;
    world.pass(2_000);
    world.grant({ token: 1 }, seq);
    expect(world.of("launch")[0]?.deadlineBootMs).toBe(sentMs + 30_000);
  });

  it("counts from the hello when the heartbeat is unknown", () => {
    const world = readyWorld();
    const helloMs = world.nowMs;
    world.pass(4_000);
    world.grant({ token: 1 }, 999);
    expect(world.of("launch")[0]?.deadlineBootMs).toBe(helloMs + 30_000);
  });

  it("moves to the sending of a renewal plus its ttl, however late the answer comes", () => {
    const world = readyWorld();
    world.run({ token: 1 });
    world.pass(11_000);
    const sentMs = world.nowMs;
    const asked = world.sent("renew").at(-1);
    world.forgetEffects();
    world.pass(5_000);
    world.hear({ kind: "renewed", seq: asked?.seq ?? 0, tokens: [1], ttlMs: 30_000 });
    const deadline = world.of("extend").at(-1)?.deadlineBootMs ?? 0;
    expect(deadline).toBeLessThanOrEqual(sentMs + 30_000);
    expect(deadline).toBeGreaterThan(sentMs + 28_000);
  });

  it("never moves back when answers arrive out of order", () => {
    const world = readyWorld();
    world.run({ token: 1 });
    world.pass(11_000);
    const first = world.sent("renew").at(-1);
    world.pass(11_000);
    answerRenewal(world);
    const { deadlineBootMs } = world.attempt(1);
    world.hear({ kind: "renewed", seq: first?.seq ?? 0, tokens: [1], ttlMs: 30_000 });
    expect(world.attempt(1).deadlineBootMs).toBe(deadlineBootMs);
  });

  it("ignores an answer to a question that was never asked", () => {
    const world = readyWorld();
    world.run({ token: 1 });
    const { deadlineBootMs } = world.attempt(1);
    world.hear({ kind: "renewed", seq: 77, tokens: [1], ttlMs: 300_000 });
    expect(world.attempt(1).deadlineBootMs).toBe(deadlineBootMs);
  });

  it("ends the job when it passes without a renewal", () => {
    const world = readyWorld();
    world.run({ token: 1 });
    world.detach();
    world.pass(29_800);
    expect(world.of("stop")).toEqual([]);
    world.pass(400);
    expect(world.of("stop")).toEqual([{ kind: "stop", token: 1, graceMs: 10_000 }]);
    world.ended(1, null, "SIGTERM");
    expect(world.attempt(1).completion).toMatchObject({ outcome: "infra-lost" });
  });

  it("leaves no grace to a job of a machine that slept through it: it may run elsewhere by now", () => {
    const world = readyWorld();
    world.run({ token: 1 });
    world.detach();
    world.pass(600_000, 600_000);
    expect(world.of("stop")).toEqual([{ kind: "stop", token: 1, graceMs: 0 }]);
  });

  it("lets a job that may finish without the hub go on for its offline grace and no longer", () => {
    const world = readyWorld();
    world.run({ token: 1, onHubLoss: "finish", offlineGraceMs: 60_000 });
    expect(world.of("launch")[0]?.deadlineBootMs).toBe(world.nowMs + 90_000);
    world.detach();
    world.pass(89_800);
    expect(world.of("stop")).toEqual([]);
    world.pass(400);
    expect(world.of("stop")).toHaveLength(1);
  });

  it("keeps the offline grace when it is renewed", () => {
    const world = readyWorld();
    world.run({ token: 1, onHubLoss: "finish", offlineGraceMs: 60_000 });
    world.pass(11_000);
    const before = world.attempt(1).deadlineBootMs;
    answerRenewal(world);
    expect(world.attempt(1).deadlineBootMs - before).toBeGreaterThan(8_000);
  });

  it("is always over before the hub may grant the job again", () => {
    const { core } = readyWorld();
    const { leaseTtlMs, shimTickMs, termGraceMs, proofMs, regrantAfterMs } = core.timing;
    const world = readyWorld();
    world.grant({ token: 1, onHubLoss: "finish", offlineGraceMs: 60_000 });
    const holderEndsMs = world.attempt(1).deadlineBootMs - world.nowMs + shimTickMs + termGraceMs + proofMs;
    expect(holderEndsMs).toBeLessThan(regrantAfterMs + 60_000);
    expect(world.attempt(1).deadlineBootMs - world.nowMs).toBe(leaseTtlMs + 60_000);
  });

  it("does not throw away outputs of finished work: their fate is the hub's word", () => {
    const world = readyWorld();
    world.run({ token: 1 });
    world.ended(1);
    world.detach();
    world.pass(120_000);
    expect(world.attempt(1).phase).toBe("finalising");
  });
});

describe("renewal", () => {
  it("asks for everything that is not completed, every ten seconds give or take one", () => {
    const world = readyWorld();
    world.run({ token: 1 });
    world.run({ token: 2 });
    world.ended(1);
    world.forgetEffects();
    world.pass(60_000, 100);
    const asked = world.sent("renew");
    expect(asked.length).toBeGreaterThanOrEqual(5);
    expect(asked.length).toBeLessThanOrEqual(7);
    expect(asked[0]?.tokens).toEqual([1, 2]);
  });

  it("is asked for until the end is on the disk, so that finished work outlives a disk that is full", () => {
    const world = readyWorld();
    world.run({ token: 1 });
    world.ended(1);
    world.do((tx) => delivered(tx, 1, { manifestSha256: null, result: {} }));
    const { deadlineBootMs } = world.attempt(1);
    for (let minute = 0; minute < 5; minute++) {
      world.forgetEffects();
      world.pass(60_000);
      expect(world.sent("renew").at(-1)?.tokens).toEqual([1]);
      answerRenewal(world);
    }
    expect(world.attempt(1).deadlineBootMs).toBeGreaterThan(deadlineBootMs);
    expect(world.of("extend")).toEqual([]);
    world.saved(1);
    world.forgetEffects();
    world.pass(60_000);
    expect(world.sent("renew")).toEqual([]);
  });

  it.each([
    [
      "that was ended on purpose",
      (world: AgentWorld) => {
        world.desire("down", 2);
        world.ended(1, 0);
      },
    ],
    [
      "that is cancelled meanwhile",
      (world: AgentWorld) => {
        world.ended(1, 1);
        world.hear({ kind: "stop", token: 1, reason: "by the operator", graceMs: 0 });
      },
    ],
    [
      "whose lease the hub has given up",
      (world: AgentWorld) => {
        world.ended(1, 1);
        world.detach();
        world.attach({ verdicts: [{ token: 1, isKept: false }] });
      },
    ],
  ])("is not asked for where work waits for the disk %s", (_what, end) => {
    const world = readyWorld();
    world.run({ token: 1 });
    end(world);
    expect(world.attempt(1).phase).toBe("completing");
    world.forgetEffects();
    world.pass(60_000);
    expect(world.sent("renew")).toEqual([]);
  });

  it("says nothing while nothing is held", () => {
    const world = readyWorld();
    world.pass(30_000);
    expect(world.sent("renew")).toEqual([]);
  });

  it("stops what the hub has given up", () => {
    const world = readyWorld();
    world.run({ token: 1 });
    world.run({ token: 2 });
    world.pass(11_000);
    answerRenewal(world, [2]);
    expect(world.of("stop")).toEqual([{ kind: "stop", token: 1, graceMs: 10_000 }]);
    expect(world.attempt(1).cause?.outcome).toBe("infra-lost");
    expect(world.attempt(2).cause).toBe(null);
  });

  it("leaves alone what was granted after the question", () => {
    const world = readyWorld();
    world.run({ token: 1 });
    world.pass(11_000);
    world.run({ token: 2 });
    answerRenewal(world, [1]);
    expect(world.of("stop")).toEqual([]);
  });

  it("does not hurt a completion that is on its way", () => {
    const world = readyWorld();
    world.run({ token: 1 });
    world.pass(11_000);
    world.ended(1, 3);
    answerRenewal(world, []);
    expect(world.attempt(1).completion?.outcome).toBe("own-failure");
  });
});

describe("max runtime", () => {
  it("ends the job as its own failure", () => {
    const world = readyWorld();
    world.run({ token: 1, maxRuntimeMs: 5_000, offlineGraceMs: 600_000 });
    world.pass(4_800);
    expect(world.of("stop")).toEqual([]);
    world.pass(200);
    expect(world.of("stop")).toHaveLength(1);
    world.ended(1, null, "SIGTERM");
    expect(world.attempt(1).completion).toMatchObject({
      outcome: "own-failure",
      detail: "maxRuntime exceeded: it ran for 5 s",
    });
  });

  it("counts neither the fetching of inputs nor anything twice", () => {
    const world = readyWorld();
    world.grant({
      token: 1,
      maxRuntimeMs: 5_000,
      inputs: [{ path: "a", sha256: "00".repeat(32), bytes: 1 }],
    });
    world.pass(9_000);
    expect(world.of("stop")).toEqual([]);
    world.do(tick);
    expect(world.attempt(1).phase).toBe("fetching");
  });
});

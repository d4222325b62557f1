import { describe, expect, it } from "vitest";
import { must } from "../../shared/invariant.ts";
import { PRIORITIES, PRIORITY_GATE } from "../../shared/model/priority.ts";
import { usageOf } from "../../shared/policy/ledger.ts";
import { usableBytes } from "../../shared/policy/pressure.ts";
import { GIB, readyWorld } from "../../test/helpers/agent-world.ts";
import { delivered } from "./attempt.ts";
import { shutDown } from "./lease.ts";
import { HELD_MAX } from "./state.ts";

const USABLE = usableBytes(96 * GIB);

function reserved(world: ReturnType<typeof readyWorld>): number {
  return usageOf(must(world.core.state.cards.get("GPU-0"), "no card")).reservedBytes;
}

describe("a grant", () => {
  it("is booked, started and told in this order", () => {
    const world = readyWorld();
    world.grant({ token: 1 });
    expect(reserved(world)).toBe(GIB);
    expect(world.of("launch")).toMatchObject([{ job: { token: 1, gpu: "GPU-0", vramBytes: GIB } }]);
    expect(world.sent("started")).toEqual([]);
    world.started(1);
    expect(world.sent("started")).toMatchObject([{ kind: "started", token: 1 }]);
  });

  it("fetches inputs before it starts", () => {
    const world = readyWorld();
    const inputs = [{ path: "a", sha256: "00".repeat(32), bytes: 1 }];
    world.grant({ token: 1, inputs });
    expect(world.of("launch")).toEqual([]);
    expect(world.of("fetch")).toEqual([{ kind: "fetch", token: 1, inputs }]);
  });

  it("that comes twice is taken once", () => {
    const world = readyWorld();
    world.grant({ token: 1 });
    world.grant({ token: 1 });
    expect(world.of("launch")).toHaveLength(1);
    expect(world.sent("decline")).toEqual([]);
  });

  it("that cannot be read is declined, and its token counts as seen", () => {
    const world = readyWorld();
    const unreadable = [{ token: 9, reason: "grant.inputs: must hold at most 512 items, got 600" }];
    world.hear({ kind: "grants", claimId: 1, heartbeatSeq: 0, grants: [], unreadable });
    expect(world.sent("decline")).toMatchObject([
      { token: 9, reason: expect.stringContaining("cannot be read here: grant.inputs") },
    ]);
    expect(world.sent("claim").at(-1)).toMatchObject({ maxTokenSeen: 9 });
  });

  it("is declined where a hello could not name it: the hub would take it for lost while it runs", () => {
    const world = readyWorld();
    for (let token = 1; token <= HELD_MAX; token++) {
      world.grant({ token, vramBytes: 0 });
      world.started(token);
      world.ended(token);
    }
    world.grant({ token: 999 });
    expect(world.sent("decline")).toMatchObject([
      { token: 999, reason: `${HELD_MAX} attempts are held already` },
    ]);
  });

  it.each(PRIORITIES)("of %s passes its gate one byte below and not at it", (priority) => {
    const gate = PRIORITY_GATE[priority];
    const edge = Math.ceil(gate * USABLE);
    const at = readyWorld();
    at.grant({ token: 1, priority, vramBytes: edge });
    expect(at.sent("decline")[0]?.reason).toMatch(`gate: ${priority} is admitted below ${gate}`);
    expect(reserved(at)).toBe(0);
    const below = readyWorld();
    below.grant({ token: 1, priority, vramBytes: edge - 1 });
    expect(below.sent("decline")).toEqual([]);
  });

  it("shares no byte with another of the same message", () => {
    const world = readyWorld();
    world.grant({ token: 1, vramBytes: 30 * GIB });
    world.grant({ token: 2, vramBytes: 30 * GIB });
    expect(world.sent("decline").map(({ token }) => token)).toEqual([2]);
  });

  it("counts VRAM that nobody here answers for", () => {
    const world = readyWorld();
    world.sample(45 * GIB);
    world.grant({ token: 1, vramBytes: 2 * GIB });
    expect(world.sent("decline")).toHaveLength(1);
  });

  it("of the CPU lane books nothing", () => {
    const world = readyWorld();
    world.grant({ token: 1, lane: "cpu", vramBytes: 90 * GIB });
    expect(reserved(world)).toBe(0);
    expect(world.of("launch")).toMatchObject([{ job: { gpu: null, vramBytes: 0 } }]);
  });

  it("books what the runner needs at least, whatever the job says", () => {
    const judge = (): { kind: "runnable"; vramBytes: number; maxRuntimeMs: number } => ({
      kind: "runnable",
      vramBytes: 8 * GIB,
      maxRuntimeMs: 1_000,
    });
    const world = readyWorld({ judge });
    world.grant({ token: 1, vramBytes: 0 });
    expect(reserved(world)).toBe(8 * GIB);
    expect(world.attempt(1).job.maxRuntimeMs).toBe(1_000);
  });

  it("gives its bytes back when its process has ended, before the outputs are delivered", () => {
    const world = readyWorld();
    world.run({ token: 1 });
    world.ended(1);
    expect(reserved(world)).toBe(0);
    expect(world.attempt(1).phase).toBe("finalising");
  });

  it("with parameters that no node can run burns an attempt and says which", () => {
    const world = readyWorld();
    world.grant({ token: 1, params: { bad: 1 } });
    world.saved(1);
    expect(world.completions()).toMatchObject([
      { token: 1, outcome: "own-failure", detail: "parameter bad of runner sleep is bad", ranMs: 0 },
    ]);
    expect(world.of("launch")).toEqual([]);
  });
});

describe("a grant is declined", () => {
  const cases: readonly {
    readonly why: string;
    readonly reason: RegExp;
    readonly act: (world: ReturnType<typeof readyWorld>) => void;
  }[] = [
    {
      why: "when too little of its lease is left",
      reason: /only 14900 ms of the lease are left/,
      act: (world) => {
        const seq = world.core.state.lastHeartbeatSeq;
        world.pass(15_100, 50_000);
        world.grant({ token: 1 }, seq);
      },
    },
    {
      why: "when its runner is unknown here",
      reason: /no runner "render" here/,
      act: (world) => world.grant({ token: 1, runner: "render" }),
    },
    {
      why: "when every slot of the lane is taken",
      reason: /no free gpu slot/,
      act: (world) => {
        world.grant({ token: 2 });
        world.grant({ token: 3 });
        world.grant({ token: 1 });
      },
    },
    {
      why: "when a job that still fetches its inputs has the last slot",
      reason: /no free cpu slot/,
      act: (world) => {
        const inputs = [{ path: "a", sha256: "00".repeat(32), bytes: 1 }];
        for (const token of [2, 3, 1]) world.grant({ token, lane: "cpu", inputs });
      },
    },
    {
      why: "when the fleet is down",
      reason: /the fleet is down/,
      act: (world) => {
        world.desire("down", 2);
        world.grant({ token: 1 });
      },
    },
    {
      why: "when the agent is stopping",
      reason: /the agent is stopping/,
      act: (world) => {
        world.do(shutDown);
        world.grant({ token: 1 });
      },
    },
    {
      why: "when the GPU truth is stale",
      reason: /telemetry-stale/,
      act: (world) => {
        world.pass(15_200);
        world.grant({ token: 1 });
      },
    },
    {
      why: "when the reading made no sense",
      reason: /telemetry-unknown: used VRAM is missing/,
      act: (world) => {
        world.sample(null);
        world.grant({ token: 1 });
      },
    },
  ];

  it.each(cases)("$why", ({ reason, act }) => {
    const world = readyWorld();
    act(world);
    const declined = world.sent("decline").find(({ token }) => token === 1);
    expect(declined?.reason).toMatch(reason);
    expect(world.core.state.attempts.has(1)).toBe(false);
  });

  it("when the node has no GPU", () => {
    const world = readyWorld();
    world.core.state.cards.clear();
    world.grant({ token: 1 });
    expect(world.sent("decline")[0]?.reason).toBe("this node has no GPU");
  });
});

describe("start limits", () => {
  /** Fails the job of one token on its own account, `waitMs` after the last. */
  function fail(world: ReturnType<typeof readyWorld>, token: number, waitMs: number): void {
    world.pass(waitMs, waitMs);
    world.sample(0);
    world.attach();
    world.run({ token });
    world.ended(token, 1);
  }

  it("make a runner wait after its own failures and give it up loudly after six", () => {
    const world = readyWorld();
    fail(world, 1, 1);
    world.grant({ token: 2 });
    expect(world.sent("decline").at(-1)?.reason).toBe('runner "sleep" has failed and waits 1 s');
    for (const [index, waitMs] of [1_001, 4_001, 16_001, 64_001, 256_001].entries()) {
      fail(world, 10 + index, waitMs);
    }
    expect(world.of("log").filter(({ event }) => event === "runner.refused")).toHaveLength(1);
    world.grant({ token: 20 });
    expect(world.sent("decline").at(-1)?.reason).toMatch(/is given up after 6 failures/);
  });

  it("are forgiven by one success", () => {
    const world = readyWorld();
    fail(world, 1, 1);
    fail(world, 2, 1_001);
    expect(world.core.state.startLimits.get("sleep")?.strikesAtMs).toHaveLength(2);
    world.pass(4_001, 4_001);
    world.run({ token: 3 });
    world.ended(3);
    world.do((tx) => delivered(tx, 3, { manifestSha256: null, result: {} }));
    expect(world.core.state.startLimits.get("sleep")?.strikesAtMs).toEqual([]);
  });

  it("do not count work that was taken away", () => {
    const world = readyWorld();
    world.run({ token: 1 });
    world.desire("down", 2);
    world.ended(1, null, "SIGTERM");
    expect(world.core.state.startLimits.get("sleep")).toMatchObject({
      strikesAtMs: [],
      failures: { preempted: 1, own: 0 },
    });
  });
});

import { describe, expect, it } from "vitest";
import { AgentWorld, readyWorld } from "../../test/helpers/agent-world.ts";
import { adopt, type LeftAttempt } from "./agent.ts";
import { delivered } from "./attempt.ts";

function failed(token = 1): AgentWorld {
  const world = readyWorld();
  world.run({ token });
  world.ended(token, 1);
  return world;
}

describe("a completion", () => {
  it("is not told before it is on the disk", () => {
    const world = failed();
    world.detach();
    world.attach();
    expect(world.completions()).toEqual([]);
    world.saved(1);
    expect(world.completions()).toHaveLength(1);
  });

  it("is told once in a session and again in the next until the hub answers", () => {
    const world = failed();
    world.saved(1);
    world.pass(30_000);
    expect(world.completions()).toHaveLength(1);
    world.detach();
    world.attach({ verdicts: [{ token: 1, isKept: true }] });
    expect(world.completions()).toHaveLength(2);
    world.hear({ kind: "completeAck", verdicts: [{ token: 1, status: "accepted" }] });
    world.detach();
    world.attach();
    expect(world.completions()).toHaveLength(2);
  });

  it("is not told again because another one is", () => {
    const world = failed();
    world.saved(1);
    world.pass(2_000);
    world.run({ token: 2, lane: "cpu" });
    world.ended(2, 1);
    world.saved(2);
    expect(world.completions().map(({ token }) => token)).toEqual([1, 2]);
  });

  it("waits for a hub that is away", () => {
    const world = failed();
    world.detach();
    world.saved(1);
    world.pass(3_600_000, 60_000);
    expect(world.completions()).toEqual([]);
    expect(world.attach().inventory).toEqual([{ token: 1, state: "completing" }]);
    expect(world.completions()).toHaveLength(1);
  });

  it.each(["accepted", "stale"] as const)("is forgotten when it is %s", (status) => {
    const world = failed();
    world.saved(1);
    world.hear({ kind: "completeAck", verdicts: [{ token: 1, status }] });
    expect(world.of("discard")).toEqual([{ kind: "discard", token: 1 }]);
    expect(world.core.state.attempts.size).toBe(0);
  });

  it("whose outputs the hub lacks is delivered and told again", () => {
    const world = readyWorld();
    world.run({ token: 1 });
    world.ended(1);
    const outputs = { manifestSha256: "ab".repeat(32), result: {} };
    world.do((tx) => delivered(tx, 1, outputs));
    world.saved(1);
    world.hear({ kind: "completeAck", verdicts: [{ token: 1, status: "unstaged" }] });
    expect(world.of("deliver")).toHaveLength(2);
    world.do((tx) => delivered(tx, 1, outputs));
    world.saved(1);
    expect(world.completions()).toHaveLength(2);
  });

  it("is sent even for a token that the hub has given up: its answer ends it", () => {
    const world = readyWorld();
    world.run({ token: 1 });
    world.detach();
    world.attach({ verdicts: [{ token: 1, isKept: false }] });
    expect(world.of("stop")).toHaveLength(1);
    world.ended(1, null, "SIGTERM");
    world.saved(1);
    expect(world.completions()).toMatchObject([{ token: 1, outcome: "infra-lost", manifestSha256: null }]);
    world.hear({ kind: "completeAck", verdicts: [{ token: 1, status: "stale" }] });
    expect(world.core.state.attempts.size).toBe(0);
  });
});

const LEFT: LeftAttempt = {
  job: {
    token: 7,
    jobId: "j_000007",
    runner: "sleep",
    lane: "gpu",
    priority: "batch",
    subsystem: "rendering",
    gpu: "GPU-0",
    vramBytes: 4e9,
    ttlMs: 30_000,
    maxRuntimeMs: 600_000,
    offlineGraceMs: 0,
    service: null,
  },
  startedBootMs: 990_000,
  deadlineBootMs: 1_020_000,
  pid: 70,
  processState: "running",
  cause: null,
  completion: null,
  service: null,
};

describe("adoption", () => {
  it.each([
    { signal: "SIGTERM", outcome: "infra-lost" },
    { signal: "SIGKILL", outcome: "infra-lost" },
    { signal: "SIGSEGV", outcome: "own-failure" },
  ])("calls an end by $signal $outcome: who sent a TERM may have died before it said why", (row) => {
    const world = new AgentWorld();
    world.do((tx) => adopt(tx, LEFT));
    world.ended(7, null, row.signal);
    expect(world.attempt(7).completion?.outcome).toBe(row.outcome);
  });

  it("takes running work over: inventory, bytes, deadline, runtime; and starts nothing", () => {
    const world = new AgentWorld();
    world.do((tx) => adopt(tx, LEFT));
    world.sample(4e9, new Map([[7, 4e9]]));
    const hello = world.attach({ verdicts: [{ token: 7, isKept: true }] });
    expect(hello).toMatchObject({ inventory: [{ token: 7, state: "running" }], maxTokenSeen: 7 });
    expect(world.of("launch")).toEqual([]);
    expect(world.attempt(7).deadlineBootMs).toBe(world.nowMs + 30_000);
    expect(world.core.state.cards.get("GPU-0")?.consumers.get("attempt/7")).toMatchObject({ bytes: 4e9 });
    world.pass(11_000);
    expect(world.sent("renew")[0]?.tokens).toEqual([7]);
    world.ended(7);
    expect(world.of("deliver")).toHaveLength(1);
  });

  it("says again that it has started, in case nobody heard", () => {
    const world = new AgentWorld();
    world.do((tx) => adopt(tx, LEFT));
    world.attach({ verdicts: [{ token: 7, isKept: true }] });
    expect(world.sent("started")).toMatchObject([{ kind: "started", token: 7 }]);
  });

  it("ends what is past its deadline although the hub is away", () => {
    const world = new AgentWorld();
    world.do((tx) => adopt(tx, LEFT));
    world.pass(20_000);
    expect(world.of("stop")).toHaveLength(1);
  });

  it("finishes a stop that an earlier agent began, with its cause", () => {
    const world = new AgentWorld();
    world.do((tx) => adopt(tx, { ...LEFT, cause: { outcome: "preempted", detail: "down" } }));
    expect(world.of("stop")).toEqual([{ kind: "stop", token: 7, graceMs: 10_000 }]);
    world.ended(7, null, "SIGTERM");
    expect(world.attempt(7).completion).toMatchObject({ outcome: "preempted", detail: "down" });
  });

  it("tells a completion that is on the disk, also when nothing else is left", () => {
    const completion = {
      token: 7,
      outcome: "ok",
      exitCode: 0,
      detail: "",
      manifestSha256: null,
      result: {},
      peakVramBytes: 5,
      ranMs: 1,
    } as const;
    const world = new AgentWorld();
    world.do((tx) => adopt(tx, { ...LEFT, processState: "none", pid: null, completion }));
    expect(world.attach().inventory).toEqual([{ token: 7, state: "completing" }]);
    expect(world.completions()).toEqual([completion]);
    world.hear({ kind: "completeAck", verdicts: [{ token: 7, status: "accepted" }] });
    expect(world.core.state.attempts.size).toBe(0);
  });

  it("waits for the report of an ended process before its directory goes", () => {
    const completion = { ...LEFT.job, outcome: "ok", exitCode: 0, detail: "", manifestSha256: null } as const;
    const world = new AgentWorld();
    const told = { ...completion, result: {}, peakVramBytes: 0, ranMs: 0 };
    world.do((tx) => adopt(tx, { ...LEFT, processState: "ended", completion: told }));
    world.attach();
    world.hear({ kind: "completeAck", verdicts: [{ token: 7, status: "accepted" }] });
    expect(world.of("discard")).toEqual([]);
    world.ended(7);
    expect(world.of("discard")).toHaveLength(1);
  });
});

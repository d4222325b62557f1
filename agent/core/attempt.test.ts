import { describe, expect, it } from "vitest";
import { CARD, readyWorld } from "../../test/helpers/agent-world.ts";
import {
  delivered,
  deliveryFailed,
  inputsReady,
  prepareFailed,
  processEnded,
  processWedged,
  progressed,
  stopAttempt,
} from "./attempt.ts";

const RESULT = { manifestSha256: "ab".repeat(32), result: { scores: { d: 0.5 } } };
const INPUTS = [{ path: "a", sha256: "00".repeat(32), bytes: 1 }];
const CAUSE = { outcome: "cancelled", detail: "by the operator" } as const;

describe("an attempt that exits with 0", () => {
  it("is delivered first and told when its completion is on the disk", () => {
    const world = readyWorld();
    world.run({ token: 1 });
    world.pass(2_000);
    world.ended(1);
    expect(world.of("deliver")).toEqual([{ kind: "deliver", token: 1 }]);
    world.pass(3_000);
    world.do((tx) => delivered(tx, 1, RESULT));
    expect(world.completions()).toEqual([]);
    world.saved(1);
    expect(world.completions()).toEqual([
      { token: 1, outcome: "ok", exitCode: 0, detail: "", peakVramBytes: 0, ranMs: 2_000, ...RESULT },
    ]);
  });

  it("is its own failure when what it left may not be published", () => {
    const world = readyWorld();
    world.run({ token: 1 });
    world.ended(1);
    world.do((tx) => deliveryFailed(tx, 1, "own-failure", "outputs: a link"));
    expect(world.attempt(1).completion).toMatchObject({ outcome: "own-failure", detail: "outputs: a link" });
  });
});

describe("an attempt that ends otherwise", () => {
  it.each([
    {
      end: { code: 3, signal: null, reason: "exited" },
      outcome: "own-failure",
      detail: /^exit status 3; last output:\nbye$/,
    },
    {
      end: { code: null, signal: "SIGSEGV", reason: "exited" },
      outcome: "own-failure",
      detail: /^ended by SIGSEGV/,
    },
    {
      end: { code: null, signal: "SIGTERM", reason: "deadline" },
      outcome: "infra-lost",
      detail: /lease ran out/,
    },
    { end: { code: 0, signal: null, reason: "deadline" }, outcome: "infra-lost", detail: /lease ran out/ },
    { end: null, outcome: "infra-lost", detail: /nobody saw/ },
  ] as const)("is $outcome for $end", ({ end: exit, outcome, detail }) => {
    const world = readyWorld();
    world.run({ token: 1 });
    world.do((tx) =>
      processEnded(tx, 1, { exit, logTail: "bye", isOomLikely: false, breach: null, endedBootMs: null }),
    );
    const { completion } = world.attempt(1);
    expect(completion?.outcome).toBe(outcome);
    expect(completion?.detail).toMatch(detail);
  });

  it.each([
    { isOomLikely: true, outcome: "oom" },
    { isOomLikely: false, outcome: "own-failure" },
  ])("by SIGKILL is $outcome when memory ran out: $isOomLikely", ({ isOomLikely, outcome }) => {
    const world = readyWorld();
    world.run({ token: 1 });
    const exit = { code: null, signal: "SIGKILL", reason: "exited" } as const;
    world.do((tx) =>
      processEnded(tx, 1, { exit, logTail: "", isOomLikely, breach: null, endedBootMs: null }),
    );
    expect(world.attempt(1).completion?.outcome).toBe(outcome);
  });
});

describe("a job whose end is learned late", () => {
  const MAX_RUNTIME = { token: 1, maxRuntimeMs: 5_000, offlineGraceMs: 600_000 };

  it("is what it was by itself when it had ended before its time was over", () => {
    const world = readyWorld();
    world.run(MAX_RUNTIME);
    const endedBootMs = world.nowMs + 2_000;
    world.pass(60_000);
    expect(world.attempt(1).cause?.outcome).toBe("own-failure");
    world.ended(1, 0, null, endedBootMs);
    expect(world.of("deliver")).toHaveLength(1);
    world.do((tx) => delivered(tx, 1, RESULT));
    expect(world.attempt(1).completion).toMatchObject({ outcome: "ok", ranMs: 2_000 });
  });

  it("keeps the cause when it ended after it, or nobody saw when", () => {
    for (const endedBootMs of [1_005_500, null]) {
      const world = readyWorld();
      world.run(MAX_RUNTIME);
      world.pass(6_000);
      world.ended(1, 0, null, endedBootMs);
      expect(world.attempt(1).completion?.detail).toBe("maxRuntime exceeded: it ran for 5 s");
    }
  });

  it("keeps the cause of who cancels, and of whom a signal has ended", () => {
    const world = readyWorld();
    world.run({ token: 1 });
    world.run({ token: 2 });
    const endedBootMs = world.nowMs;
    world.pass(1_000);
    world.do((tx) => stopAttempt(tx, world.attempt(1), CAUSE, 0));
    world.do((tx) => stopAttempt(tx, world.attempt(2), { outcome: "preempted", detail: "down" }, 0));
    world.ended(1, 0, null, endedBootMs);
    world.ended(2, null, "SIGTERM", endedBootMs);
    expect(world.attempt(1).completion).toMatchObject(CAUSE);
    expect(world.attempt(2).completion?.outcome).toBe("preempted");
  });
});

describe("a job that was ended for the sake of a limit", () => {
  it.each([
    { limit: "memory", outcome: "oom" },
    { limit: "disk", outcome: "own-failure" },
  ])("is $outcome for $limit, with the limit as its reason", ({ limit, outcome }) => {
    const world = readyWorld();
    world.run({ token: 1 });
    const exit = { code: null, signal: "SIGTERM", reason: "exited" } as const;
    const breach = { limit, detail: `took more ${limit} than it may` };
    world.do((tx) =>
      processEnded(tx, 1, { exit, logTail: "", isOomLikely: false, breach, endedBootMs: null }),
    );
    expect(world.attempt(1).completion).toMatchObject({ outcome, detail: breach.detail });
  });
});

describe("a job that cannot be started", () => {
  it("is declined and forgotten when another node might", () => {
    const world = readyWorld();
    world.grant({ token: 1, inputs: INPUTS });
    world.do((tx) => prepareFailed(tx, 1, "declined", "disk full"));
    expect(world.sent("decline")).toEqual([{ kind: "decline", token: 1, reason: "disk full" }]);
    expect(world.of("discard")).toEqual([{ kind: "discard", token: 1 }]);
    expect(world.core.state.attempts.size).toBe(0);
  });

  it("burns its attempt when nobody can", () => {
    const world = readyWorld();
    world.grant({ token: 1, inputs: INPUTS });
    world.do((tx) => prepareFailed(tx, 1, "own-failure", "no such input"));
    expect(world.attempt(1).completion).toMatchObject({ outcome: "own-failure", detail: "no such input" });
    expect(world.core.state.startLimits.size).toBe(0);
  });

  it("ends as it was told to when it was stopped while starting", () => {
    const world = readyWorld();
    world.grant({ token: 1 });
    world.hear({ kind: "stop", token: 1, reason: "by the operator", graceMs: 500 });
    world.do((tx) => prepareFailed(tx, 1, "declined", "killed"));
    expect(world.attempt(1).completion).toMatchObject(CAUSE);
  });
});

describe("a stop", () => {
  it("while inputs arrive breaks the fetch off and starts nothing", () => {
    const world = readyWorld();
    world.grant({ token: 1, inputs: INPUTS });
    world.hear({ kind: "stop", token: 1, reason: "by the operator", graceMs: 500 });
    world.do((tx) => inputsReady(tx, 1));
    expect(world.of("abandon")).toHaveLength(1);
    expect(world.of("launch")).toEqual([]);
    expect(world.attempt(1).completion).toMatchObject(CAUSE);
  });

  it("of a running job remembers why before it stops it, and decides the outcome whatever it exits with", () => {
    const world = readyWorld();
    world.run({ token: 1 });
    world.forgetEffects();
    world.hear({ kind: "stop", token: 1, reason: "by the operator", graceMs: 500 });
    const kinds = world.effects.map(({ kind }) => kind).filter((kind) => kind !== "log");
    expect(kinds).toEqual(["saveCause", "stop"]);
    world.ended(1, 0);
    expect(world.attempt(1).completion).toMatchObject({ ...CAUSE, exitCode: 0 });
    expect(world.of("deliver")).toEqual([]);
  });

  it("keeps its first cause and takes the shorter grace", () => {
    const world = readyWorld();
    world.run({ token: 1 });
    world.hear({ kind: "stop", token: 1, reason: "by the operator", graceMs: 10_000 });
    world.desire("down", 2, 0);
    expect(world.of("stop").map(({ graceMs }) => graceMs)).toEqual([10_000, 0]);
    world.ended(1, null, "SIGKILL");
    expect(world.attempt(1).completion).toMatchObject(CAUSE);
  });

  it("of finished work cancels its delivery, but going down or making room does not", () => {
    const cancelled = readyWorld();
    cancelled.run({ token: 1 });
    cancelled.ended(1);
    cancelled.hear({ kind: "stop", token: 1, reason: "by the operator", graceMs: 500 });
    expect(cancelled.of("abandon")).toHaveLength(1);
    expect(cancelled.attempt(1).completion).toMatchObject(CAUSE);
    const down = readyWorld();
    down.run({ token: 1 });
    down.ended(1);
    down.desire("down", 2);
    expect(down.attempt(1).phase).toBe("finalising");
    const preempted = readyWorld();
    preempted.run({ token: 1 });
    preempted.ended(1);
    preempted.hear({ kind: "stop", token: 1, reason: "for j_2", graceMs: 500, isPreemption: true });
    expect(preempted.of("abandon")).toEqual([]);
    preempted.do((tx) => delivered(tx, 1, { manifestSha256: null, result: {} }));
    expect(preempted.attempt(1).completion?.outcome).toBe("ok");
  });

  it("of running work that has to make room ends it as preempted, and a cancellation after it takes nothing back", () => {
    const world = readyWorld();
    world.run({ token: 1 });
    world.hear({ kind: "stop", token: 1, reason: "for j_2", graceMs: 500, isPreemption: true });
    world.hear({ kind: "stop", token: 1, reason: "by the operator", graceMs: 0, isPreemption: false });
    expect(world.of("stop").map(({ graceMs }) => graceMs)).toEqual([500, 0]);
    world.ended(1, null, "SIGTERM");
    expect(world.attempt(1).completion).toMatchObject({ outcome: "preempted", detail: "for j_2" });
  });

  it("for a token that is not held does nothing", () => {
    const world = readyWorld();
    world.hear({ kind: "stop", token: 9, reason: "x", graceMs: 0 });
    expect(world.of("stop")).toEqual([]);
  });
});

describe("a wedged job", () => {
  it("is told at once and keeps its slot and its bytes until it is gone", () => {
    const world = readyWorld({ gpuSlots: 1 });
    world.run({ token: 1 });
    world.do((tx) => processWedged(tx, 1, [77]));
    world.saved(1);
    expect(world.completions()).toMatchObject([{ outcome: "wedged", detail: expect.stringContaining("77") }]);
    world.hear({ kind: "completeAck", verdicts: [{ token: 1, status: "accepted" }] });
    expect(world.of("discard")).toEqual([]);
    expect(world.core.state.cards.get(CARD)?.consumers.size).toBe(1);
    world.grant({ token: 2 });
    expect(world.sent("decline")[0]?.reason).toMatch(/no free gpu slot/);
    world.ended(1, null, "SIGKILL");
    expect(world.of("discard")).toEqual([{ kind: "discard", token: 1 }]);
    world.grant({ token: 3 });
    expect(world.of("launch").map(({ job }) => job.token)).toEqual([1, 3]);
  });
});

describe("progress", () => {
  it("is told of running jobs only", () => {
    const world = readyWorld();
    world.run({ token: 1 });
    world.do((tx) => progressed(tx, 1, 0.5));
    world.ended(1);
    world.do((tx) => progressed(tx, 1, 0.6));
    expect(world.sent("progress")).toEqual([{ kind: "progress", token: 1, ratio: 0.5 }]);
  });
});

describe("peak VRAM", () => {
  it("is the most that a sample has seen", () => {
    const world = readyWorld();
    world.run({ token: 1 });
    world.sample(5e9, new Map([[1, 3e9]]));
    world.sample(5e9, new Map([[1, 2e9]]));
    world.ended(1, 1);
    expect(world.attempt(1).completion?.peakVramBytes).toBe(3e9);
  });
});

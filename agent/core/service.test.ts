import { describe, expect, it } from "vitest";
import { must } from "../../shared/invariant.ts";
import { START_LIMIT_POLICY } from "../../shared/policy/start-limit.ts";
import { type AgentWorld, CARD, GIB, GRANT, readyWorld } from "../../test/helpers/agent-world.ts";
import { adopt } from "./agent.ts";
import { prepareFailed, processEnded } from "./attempt.ts";
import { latchObserved } from "./down.ts";
import { shutDown } from "./lease.ts";
import type { ServiceRun } from "./state.ts";
import { observeActivity } from "./stuck-watch.ts";

const SERVICE = { token: 1, restarts: START_LIMIT_POLICY, maxRuntimeMs: null } as const;
/** So that the lease never runs out in a test about something else. */
const LONG = { ...SERVICE, ttlMs: 10_000_000 };

/** Lets time pass with fresh readings of card and main memory, without which nothing starts. */
function pass(world: AgentWorld, ms: number): void {
  for (const endsMs = world.nowMs + ms; world.nowMs < endsMs; ) {
    world.pass(Math.min(1_000, endsMs - world.nowMs));
    world.memory();
    world.sample(0);
  }
}

function starts(world: AgentWorld): readonly boolean[] {
  return world.of("launch").map(({ isRestart }) => isRestart);
}

function reserved(world: AgentWorld): number | undefined {
  return world.core.state.cards.get(CARD)?.consumers.get("attempt/1")?.bytes;
}

/** Ends the process and brings the next one up; `backoffMs` is how long that takes. */
function crash(world: AgentWorld, backoffMs: number): void {
  world.ended(1, 3);
  pass(world, backoffMs);
  world.started(1);
}

describe("a service whose process ends by itself", () => {
  it.each([
    { end: "exit status 0", code: 0, signal: null },
    { end: "exit status 3", code: 3, signal: null },
    { end: "ended by SIGSEGV", code: null, signal: "SIGSEGV" },
  ])("is started again under its token after $end", ({ end, code, signal }) => {
    const world = readyWorld();
    world.run(LONG);
    world.ended(1, code, signal);
    expect(world.attempt(1).phase).toBe("waiting");
    expect(reserved(world)).toBe(GIB);
    pass(world, 800);
    expect(starts(world)).toEqual([false]);
    pass(world, 400);
    expect(starts(world)).toEqual([false, true]);
    expect(world.of("launch").at(-1)).toMatchObject({ params: GRANT.params, job: { token: 1 } });
    expect(world.sent("restart")).toMatchObject([
      { token: 1, restart: 1, strikes: 1, burst: 5, exitCode: code ?? -1, afterMs: 1_000 },
    ]);
    expect(world.sent("restart")[0]?.detail).toMatch(new RegExp(`^${end}`));
    expect(world.completions()).toEqual([]);
  });

  it("waits 1, 4, 16, 64 and 256 s and is given up at the sixth end, as the hub's to decide", () => {
    const world = readyWorld();
    world.run(LONG);
    for (const seconds of [1, 4, 16, 64, 256]) crash(world, seconds * 1_000 + 400);
    expect(starts(world)).toHaveLength(6);
    world.ended(1, 3);
    world.saved(1);
    expect(world.attempt(1).phase).toBe("completing");
    expect(reserved(world)).toBeUndefined();
    expect(world.completions()).toMatchObject([{ outcome: "own-failure", exitCode: 3 }]);
    expect(world.completions()[0]?.detail).toMatch(
      /^given up: it has ended 6 times within 600 s; last: exit/,
    );
    expect(world.of("log").some(({ event, level }) => event === "service.givenUp" && level === "error")).toBe(
      true,
    );
    expect(world.core.state.startLimits.get("sleep")?.strikesAtMs).toHaveLength(1);
  });

  it("is forgiven after five minutes of health, and its runner with it", () => {
    const world = readyWorld();
    world.run(LONG);
    crash(world, 1_400);
    expect(world.attempt(1).service?.limit.strikesAtMs).toHaveLength(1);
    pass(world, 299_000);
    expect(world.attempt(1).service?.limit.strikesAtMs).toHaveLength(1);
    pass(world, 1_000);
    expect(world.attempt(1).service?.limit.strikesAtMs).toEqual([]);
    expect(world.sent("restart").at(-1)).toMatchObject({ restart: 1, strikes: 0 });
    world.ended(1, 3);
    expect(world.sent("restart").at(-1)).toMatchObject({ restart: 2, strikes: 1, afterMs: 1_000 });
  });

  it("fails at once with the status of bad parameters", () => {
    const world = readyWorld();
    world.run(LONG);
    world.ended(1, 64);
    expect(world.attempt(1).completion).toMatchObject({ outcome: "own-failure", exitCode: 64 });
  });

  it.each([
    { what: "the lease's deadline", reason: "deadline", breach: null },
    { what: "a limit", reason: "exited", breach: { limit: "disk", detail: "fills the disk" } },
  ] as const)("is not restarted when $what has ended it", ({ reason, breach }) => {
    const world = readyWorld();
    world.run(LONG);
    const exit = { code: null, signal: "SIGTERM", reason };
    world.do((tx) =>
      processEnded(tx, 1, { exit, logTail: "", isOomLikely: false, breach, endedBootMs: null }),
    );
    expect(world.attempt(1).phase).toBe("completing");
  });

  it("is not restarted while main memory is short", () => {
    const world = readyWorld();
    world.run(LONG);
    world.ended(1, 3);
    world.memory({ availableBytes: GIB });
    world.pass(2_000);
    expect(starts(world)).toEqual([false]);
  });

  it("is not restarted on a card that takes no new work, but goes to another node", () => {
    const world = readyWorld();
    world.run(LONG);
    world.ended(1, 3);
    const ledger = must(world.core.state.cards.get(CARD), "the card was read");
    ledger.closure = { reason: "throttled", detail: "hot", cure: null };
    world.pass(2_000);
    expect(starts(world)).toEqual([false]);
    expect(world.attempt(1).phase).toBe("waiting");
    ledger.closure = { reason: "card-fault", detail: "it is drained", cure: null };
    world.pass(200);
    expect(world.attempt(1).completion).toMatchObject({ outcome: "infra-lost" });
  });

  it("may idle for as long as it likes: only its runner's own word makes it stuck", () => {
    const world = readyWorld();
    world.run(LONG);
    const idle = new Map([[1, { output: null, cpuMs: 0, processes: 1 }]]);
    for (const _ of [1, 2, 3, 4]) {
      pass(world, 600_000);
      world.do((tx) => observeActivity(tx, idle));
    }
    expect(world.of("stop")).toEqual([]);
  });

  it("is lost, not failed, when it cannot be started again", () => {
    const world = readyWorld();
    world.run(LONG);
    world.ended(1, 3);
    pass(world, 1_400);
    world.do((tx) => prepareFailed(tx, 1, "declined", "no process"));
    expect(world.attempt(1).completion).toMatchObject({ outcome: "infra-lost" });
  });
});

describe("a task", () => {
  it.each([0, 3])("is never restarted, whatever it exits with (%i)", (code) => {
    const world = readyWorld();
    world.run({ token: 1 });
    world.ended(1, code);
    pass(world, 10_000);
    expect(starts(world)).toEqual([false]);
  });
});

describe("a service that waits to be started", () => {
  const ends: readonly (readonly [string, string, (world: AgentWorld) => void])[] = [
    [
      "a cancel",
      "cancelled",
      (world) => world.hear({ kind: "stop", token: 1, reason: "enough", graceMs: 0 }),
    ],
    ["down", "preempted", (world) => world.desire("down", 2)],
    ["down on the box", "preempted", (world) => world.do((tx) => latchObserved(tx, "local", 0))],
    ["the end of the agent", "preempted", (world) => world.do(shutDown)],
    [
      "a hub that has given the lease up",
      "infra-lost",
      (world) => {
        world.detach();
        world.attach({ verdicts: [{ token: 1, isKept: false }] });
      },
    ],
  ];
  it.each(ends)("is ended for good by %s", (_what, outcome, end) => {
    const world = readyWorld();
    world.run(LONG);
    world.ended(1, 3);
    end(world);
    expect(world.attempt(1).completion).toMatchObject({ outcome });
    expect(reserved(world)).toBeUndefined();
    pass(world, 5_000);
    expect(starts(world)).toEqual([false]);
  });

  it("keeps its slot, renews its lease and has its deadline moved", () => {
    const world = readyWorld();
    world.run({ ...SERVICE, ttlMs: 30_000 });
    world.ended(1, 3);
    world.forgetEffects();
    world.pass(200);
    world.do(
      (tx) => tx.state.session.kind === "attached" && Object.assign(tx.state.session, { nextRenewMs: 0 }),
    );
    world.pass(200);
    const [renewal] = world.sent("renew");
    expect(renewal?.tokens).toEqual([1]);
    world.hear({ kind: "renewed", seq: renewal?.seq ?? 0, tokens: [1], ttlMs: 30_000 });
    expect(world.of("extend")).toHaveLength(1);
  });

  it("ends when its lease does", () => {
    const world = readyWorld();
    world.run({ ...SERVICE, ttlMs: 30_000 });
    for (const seconds of [1, 4, 16]) crash(world, seconds * 1_000 + 400);
    world.ended(1, 3);
    world.detach();
    world.pass(30_000);
    expect(world.attempt(1).completion).toMatchObject({ outcome: "infra-lost" });
  });

  it("is told again on the next attach", () => {
    const world = readyWorld();
    world.run(LONG);
    world.detach();
    world.ended(1, 3);
    expect(world.sent("restart")).toEqual([]);
    world.attach({ verdicts: [{ token: 1, isKept: true }] });
    expect(world.sent("restart")).toMatchObject([{ restart: 1, strikes: 1 }]);
    expect(world.sent("started")).toHaveLength(1);
  });
});

describe("a service that another agent has left", () => {
  const run = (countedRunBootMs: number | null): ServiceRun => ({
    limit: {
      strikesAtMs: [999_000],
      notBeforeMs: 1_003_000,
      gaveUpAtMs: null,
      failures: { own: 1, oom: 0, infra: 0, preempted: 0 },
    },
    restarts: 1,
    countedRunBootMs,
    ranMs: 500,
    lastEnd: { exitCode: 3, detail: "exit status 3" },
  });
  const leave = (processState: "running" | "ended" | "waiting", service: ServiceRun): AgentWorld => {
    const world = readyWorld();
    const { job } = readyWorld().run(LONG);
    const left = { job, service, processState, startedBootMs: 998_500, deadlineBootMs: 9e6 };
    world.do((tx) => adopt(tx, { ...left, pid: 7, cause: null, completion: null }));
    return world;
  };

  it("waiting goes on waiting, counts no end twice and starts nothing before the last one is proved gone", () => {
    const world = leave("waiting", run(998_500));
    pass(world, 6_000);
    expect(starts(world)).toEqual([]);
    world.ended(1, 3);
    expect(world.attempt(1)).toMatchObject({ phase: "waiting", service: { restarts: 1 } });
    pass(world, 400);
    expect(starts(world)).toEqual([true]);
  });

  it("running goes on with what it has spent", () => {
    const world = leave("running", run(990_000));
    world.ended(1, 3);
    expect(world.attempt(1)).toMatchObject({ phase: "waiting", service: { restarts: 2 } });
    expect(world.sent("restart").at(-1)).toMatchObject({ strikes: 2, afterMs: 4_000 });
  });
});

import { describe, expect, it } from "vitest";
import type { JobSpec } from "../../../shared/model/job.ts";
import { PRIORITIES } from "../../../shared/model/priority.ts";
import { START_LIMIT_POLICY } from "../../../shared/policy/start-limit.ts";
import { HubWorld, specOf, upWorld } from "../../../test/helpers/hub-world.ts";
import { apply } from "../apply.ts";
import { setDesired } from "../arbiter/desired.ts";
import type { HubEvent } from "../event.ts";
import { cordon } from "../nodes/cordon.ts";
import { decodeHubState, encodeHubState } from "../snapshot.ts";
import { createHubState, type Job } from "../state.ts";
import { whyJob } from "../why/why.ts";
import { cancelJob, submitJob } from "./queue.ts";

const RESTART = {
  kind: "restart",
  restart: 1,
  strikes: 1,
  burst: 5,
  exitCode: 3,
  detail: "exit status 3; last output:\nbye",
  afterMs: 1_000,
} as const;
const BY = { actor: "operator", reason: "test" };

/** A fleet that is up, with one service running on alpha. */
function serving(changes: Parameters<typeof specOf>[0] = {}): { world: HubWorld; job: Job; token: number } {
  const world = new HubWorld();
  world.attach("alpha");
  world.do((tx) => setDesired(tx, { verb: "up", isForced: true, isNow: false, ...BY }));
  world.do((tx) => submitJob(tx, "one", specOf({ kind: "service", maxRuntimeMs: null, ...changes })));
  world.claim("alpha");
  const [grant] = world.grants("alpha");
  const token = grant?.token ?? 0;
  world.say("alpha", { kind: "started", token });
  return { world, job: jobOf(world), token };
}

function jobOf(world: HubWorld): Job {
  const [job] = world.core.state.jobs.values();
  if (job === undefined) throw new Error("no job");
  return job;
}

describe("the grant of a service", () => {
  it("carries the restart allowance, no bound and, with finish, an hour of offline grace", () => {
    const { world } = serving({ onHubLoss: "finish" });
    expect(world.grants("alpha")[0]).toMatchObject({
      restarts: START_LIMIT_POLICY,
      maxRuntimeMs: null,
      offlineGraceMs: 3_600_000,
    });
  });

  it("has none for a task", () => {
    const { world } = serving({ kind: "task", maxRuntimeMs: 60_000 });
    expect(world.grants("alpha")[0]).toMatchObject({ restarts: null, maxRuntimeMs: 60_000 });
  });
});

describe("why of a service that runs", () => {
  it("says of how many starts none was used, before one was", () => {
    const { world, job } = serving();
    const { evidence } = whyJob(world.core, job, world.now());
    expect(evidence).toContainEqual(
      expect.objectContaining({ name: "starts", value: "0 of 5 used, 0 restart(s) under this lease" }),
    );
  });
});

describe("a restart that the holder tells", () => {
  it("is journaled once with exit and starts, and the lease goes on", () => {
    const { world, job, token } = serving();
    for (const _ of [1, 2]) world.say("alpha", { ...RESTART, token });
    expect(world.events.filter(({ kind }) => kind === "service.restarted")).toMatchObject([
      { jobId: job.id, token, node: "alpha", restart: 1, strikes: 1, burst: 5, exitCode: 3, afterMs: 1_000 },
    ]);
    expect(job).toMatchObject({ state: "running", token, attempts: 0 });
    expect(job.service).toMatchObject({
      strikes: 1,
      lastExit: "exit status 3; last output:",
      isRestarting: true,
    });
    expect(whyJob(world.core, job, { bootMs: world.nowMs, journalMs: world.nowMs })).toMatchObject({
      rule: "restarting",
    });
    world.say("alpha", { kind: "started", token });
    expect(job.service).toMatchObject({ isRestarting: false });
    expect(world.grants("alpha")).toHaveLength(1);
  });

  it("is forgiven when the holder says so", () => {
    const { world, job, token } = serving();
    world.say("alpha", { ...RESTART, token });
    world.say("alpha", { ...RESTART, token, strikes: 0 });
    expect(job.service?.strikes).toBe(0);
    expect(world.kinds()).toContain("service.forgiven");
  });

  it.each([
    { what: "of another node", node: "beta", shift: 0 },
    { what: "under a token that is over", node: "alpha", shift: 7 },
  ])("changes nothing when it is $what", ({ node, shift }) => {
    const { world, job, token } = serving();
    world.attach("beta");
    world.say(node, { ...RESTART, token: token + shift });
    expect(job.service?.restarts).toBe(0);
  });
});

describe("a service", () => {
  it("whose allowance is spent burns an attempt, waits and may be granted again with a fresh one", () => {
    const { world, job, token } = serving();
    world.say("alpha", { ...RESTART, token });
    world.complete("alpha", { token, outcome: "own-failure", exitCode: 3, detail: "given up: 6 times" });
    expect(job).toMatchObject({ state: "pending", attempts: 1, service: { lastExit: "given up: 6 times" } });
    world.claim("alpha");
    world.pass(1_200);
    expect(job).toMatchObject({ state: "leased", service: { restarts: 0, strikes: 0 } });
    expect(world.grants("alpha").at(-1)?.restarts).toEqual(START_LIMIT_POLICY);
  });

  it("is quarantined when its attempts are spent, and stays in the list", () => {
    const { world, job, token } = serving({ maxAttempts: 1 });
    world.complete("alpha", { token, outcome: "own-failure", exitCode: 3 });
    expect(job.state).toBe("quarantined");
    expect([...world.core.state.index.services]).toEqual([job.id]);
  });

  it("never succeeds, even where an older agent takes it for a task", () => {
    const { world, job, token } = serving();
    world.complete("alpha", { token, outcome: "ok" });
    expect(job).toMatchObject({ state: "pending", attempts: 1 });
  });

  it.each(["preempted", "infra-lost"] as const)(
    "goes back to the queue unburned when it was %s",
    (outcome) => {
      const { world, job, token } = serving();
      world.complete("alpha", { token, outcome, exitCode: -1 });
      expect(job).toMatchObject({ state: "pending", attempts: 0 });
    },
  );

  it("is ended for good by a cancel, also between two processes", () => {
    const { world, job, token } = serving();
    world.say("alpha", { ...RESTART, token });
    world.do((tx) => cancelJob(tx, job, BY));
    world.complete("alpha", { token, outcome: "cancelled", exitCode: -1 });
    expect(job.state).toBe("cancelled");
    expect([...world.core.state.index.services]).toEqual([]);
  });
});

describe("a journal from before there were services", () => {
  it("loads with every job a task, from events and from a snapshot", () => {
    const { kind: _, ...spec } = specOf();
    const at = { journalMs: 1, wallMs: 1 };
    const event = { kind: "job.submitted", jobId: "j_000001", key: "test/one", spec, slot: null, at };
    const state = createHubState();
    apply(state, event as unknown as HubEvent);
    expect(state.jobs.get("j_000001")).toMatchObject({ spec: { kind: "task" }, service: null });
    const snapshot = JSON.parse(encodeHubState(state));
    for (const job of snapshot.jobs) {
      delete job.spec.kind;
      delete job.service;
    }
    const loaded = decodeHubState(JSON.stringify(snapshot));
    expect(loaded.jobs.get("j_000001")).toMatchObject({ spec: { kind: "task" }, service: null });
  });
});

describe("a service that a job uses", () => {
  const uses = (world: HubWorld, key = "user") =>
    world.do((tx) => submitJob(tx, key, specOf({ uses: "sleep", producer: "zoe" })));

  it("is started again when it was cancelled before, and not a second time", () => {
    const { world, job, token } = serving();
    world.do((tx) => cancelJob(tx, job, BY));
    world.complete("alpha", { token, outcome: "cancelled" });
    expect(job.state).toBe("cancelled");
    uses(world);
    uses(world, "another");
    expect(job.state).toBe("pending");
    expect(world.kinds().filter((kind) => kind === "job.requeued")).toHaveLength(1);
    expect(world.events.find(({ kind }) => kind === "job.requeued")).toMatchObject({
      ...{ jobId: job.id, actor: "hub", reason: "j_000002 uses it" },
    });
  });

  it("stays as it is when it was given up, and why names the cure", () => {
    const { world, job, token } = serving({ maxAttempts: 1 });
    world.complete("alpha", { token, outcome: "own-failure", exitCode: 3 });
    expect(job.state).toBe("quarantined");
    uses(world);
    expect(job.state).toBe("quarantined");
    const user = [...world.core.state.jobs.values()].at(-1) ?? job;
    world.claim("alpha");
    world.frame("alpha");
    expect(whyJob(world.core, user, world.now()).evidence).toContainEqual({
      ...{ name: "service sleep", ageMs: 0 },
      value: `${job.id} is quarantined: \`spiral requeue ${job.id}\``,
    });
  });

  it("is told to end at the deadline of a drain only when its users have gone", () => {
    const { world, token } = serving();
    uses(world);
    world.claim("alpha");
    const user = world.grants("alpha").at(-1)?.token ?? 0;
    world.say("alpha", { kind: "started", token: user });
    world.do((tx) => cordon(tx, { node: "alpha", isDrain: true, deadlineMs: 1_000, ...BY }));
    world.pass(2_000);
    const stopped = () => world.sent("alpha", "stop").map((message) => message.token);
    expect(stopped()).toEqual([user]);
    world.complete("alpha", { token: user, outcome: "cancelled" });
    world.pass(1_000);
    expect(stopped()).toEqual([user, token]);
  });
});

describe("a service that others wait for", () => {
  /** Two batch jobs of before, the service and whoever uses it; nothing of it is granted yet. */
  function queued(user: Partial<JobSpec> = {}) {
    const world = upWorld();
    const submit = (key: string, changes: Partial<JobSpec>): Job => {
      world.do((tx) => submitJob(tx, key, specOf(changes)));
      return [...world.core.state.jobs.values()].at(-1) ?? jobOf(world);
    };
    const before = ["one", "two"].map((key) => submit(key, {}));
    const service = submit("service", { kind: "service", runner: "render", maxRuntimeMs: null });
    const waiting = submit("user", { uses: "render", priority: "interactive", ...user });
    return { world, submit, before, service, waiting };
  }
  const granted = (world: HubWorld) => world.grants("alpha").map(({ jobId }) => jobId);

  it.each(["gpu", "cpu"] as const)(
    "is granted before other work of its priority when more important work of the %s lane waits for it",
    (lane) => {
      const { world, service, waiting } = queued({ lane });
      world.claim("alpha", 1, 0);
      expect(world.grants("alpha")).toMatchObject([{ jobId: service.id, priority: "batch" }]);
      world.say("alpha", { kind: "started", token: world.grants("alpha")[0]?.token ?? 0 });
      world.claim("alpha");
      expect(granted(world)).toContain(waiting.id);
    },
  );

  it("has its turn as before when nobody of more importance waits, or when he has gone", () => {
    for (const { world, before } of [queued({ priority: "batch" }), queued({ delayMs: 60_000 })]) {
      world.claim("alpha", 1, 0);
      expect(granted(world)).toEqual([before[0]?.id]);
    }
    const { world, before, waiting } = queued();
    world.pass(1_000);
    world.do((tx) => cancelJob(tx, waiting, BY));
    world.claim("alpha", 1, 0);
    expect(granted(world)).toEqual([before[0]?.id]);
  });

  it("waits for its own gate, and holds up nobody of another one who asks for the same", () => {
    const { world, submit, service } = queued();
    world.pass(1_000);
    const other = submit("other", { runner: "render", priority: "interactive" });
    const headroom = PRIORITIES.map((priority) => ({
      ...{ gpu: "GPU-0", priority, bytes: priority === "batch" ? 0 : 2 ** 36 },
    }));
    const { lastToken: maxTokenSeen } = world.core.state;
    const claim = { claimId: 1, gpuSlots: 1, cpuSlots: 0, headroom, warm: [], maxTokenSeen };
    world.say("alpha", { kind: "claim", ...claim });
    expect(granted(world)).toEqual([other.id]);
    world.frame("alpha");
    expect(whyJob(world.core, service, world.now()).evidence).toContainEqual({
      ...{ name: "queued as", ageMs: 0 },
      value: "interactive, which waits for it; its gate is that of batch",
    });
  });

  it("passes it on to the one that it uses itself", () => {
    const { world, submit, service } = queued({ uses: "evaluate" });
    const kind = { kind: "service", maxRuntimeMs: null } as const;
    submit("front", { ...kind, runner: "evaluate", uses: "render" });
    world.claim("alpha", 1, 0);
    expect(granted(world)).toEqual([service.id]);
  });

  it("is queued the same by a hub that starts from a snapshot", () => {
    const { world, service } = queued();
    world.pass(1_000);
    const text = encodeHubState(world.core.state);
    Object.assign(world.core.state, decodeHubState(text));
    world.claim("alpha", 1, 0);
    expect(granted(world)).toEqual([service.id]);
  });
});

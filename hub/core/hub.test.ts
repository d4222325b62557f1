import { describe, expect, it } from "vitest";
import { HubWorld, helloOf, specOf, submit, upWorld } from "../../test/helpers/hub-world.ts";
import { arbitrate } from "./arbiter/arbiter.ts";
import { setDesired } from "./arbiter/desired.ts";
import { armCampaign } from "./campaign.ts";
import { published, tick } from "./hub.ts";
import { markStaged } from "./lease.ts";
import { attach } from "./nodes/session.ts";
import { cancelJob, submitJob } from "./queue/queue.ts";
import { whyJob } from "./why/why.ts";

const HUMAN = { actor: "operator", reason: "test" };

describe("a node that is held down on its box", () => {
  it("is free again with the heartbeat that says so, also where its acknowledgement was lost", () => {
    const world = upWorld();
    const isLatched = (): boolean | undefined => world.core.soft.sessions.get("alpha")?.isLatchedDown;
    world.say("alpha", { kind: "heartbeat", seq: 1, isLatchedDown: true });
    expect(isLatched()).toBe(true);
    world.say("alpha", { kind: "heartbeat", seq: 2, isLatchedDown: false });
    expect(isLatched()).toBe(false);
  });

  it("stays latched by what its hello said until it acknowledges", () => {
    const world = upWorld();
    world.attach("alpha", { isLatchedDown: true });
    world.say("alpha", { kind: "heartbeat", seq: 1, isLatchedDown: false });
    expect(world.core.soft.sessions.get("alpha")?.isLatchedDown).toBe(true);
  });
});

describe("submitJob", () => {
  it("answers a repeated key with the job it made the first time", () => {
    const world = upWorld();
    const first = submit(world, "k");
    expect(world.do((tx) => submitJob(tx, "k", specOf()))).toEqual({ kind: "duplicate", jobId: first });
    expect(world.core.state.jobs.size).toBe(1);
  });

  it("refuses another job under a key that is taken, naming the job and what differs", () => {
    const world = upWorld();
    const first = submit(world, "k");
    const asked = specOf({ params: { other: 1 }, maxAttempts: 9 });
    expect(world.do((tx) => submitJob(tx, "k", asked))).toEqual({
      kind: "refused",
      code: "alreadyExists",
      reason: `key: it names ${first} already, which differs in params, maxAttempts: use another key`,
    });
    expect(world.core.state.jobs.size).toBe(1);
  });

  it("refuses a runner that no attached node has, naming those it knows", () => {
    const world = upWorld();
    const result = world.do((tx) => submitJob(tx, "k", specOf({ runner: "nope" })));
    expect(result).toMatchObject({ kind: "refused", reason: expect.stringContaining("evaluate, render") });
  });

  it.each(["refill", "master", "refill/demo"])(
    "refuses the producer %s, so that nobody takes a key of a campaign",
    (producer) => {
      const world = upWorld();
      const key = producer === "refill/demo" ? "1/1/0/render" : "demo/1/1/0/render";
      const result = world.do((tx) => submitJob(tx, key, specOf({ producer })));
      expect(result).toMatchObject({ kind: "refused", reason: expect.stringMatching(/^producer: .* own/) });
      world.do((tx) => armCampaign(tx, "demo", false, HUMAN));
      world.do(tick);
      expect(world.core.state.campaigns.get("demo")?.slots[0]?.renderJob).toBe("j_000001");
    },
  );
});

describe("leases", () => {
  it("grants a waiting job to an open claim with a token that only grows", () => {
    const world = upWorld();
    submit(world, "a");
    submit(world, "b");
    world.do(tick);
    world.claim("alpha");
    world.claim("alpha");
    const tokens = world.grants("alpha").map((grant) => grant.token);
    expect(tokens).toEqual([1, 2]);
  });

  it("ignores an offer that was made before its last grants arrived", () => {
    const world = upWorld();
    submit(world, "a");
    submit(world, "b");
    world.claim("alpha");
    const headroom = [{ gpu: "GPU-0", priority: "batch", bytes: 40 * 1024 ** 3 }] as const;
    const late = { kind: "claim", claimId: 2, gpuSlots: 1, cpuSlots: 0, headroom, warm: [] } as const;
    world.say("alpha", { ...late, maxTokenSeen: 0 });
    expect(world.grants("alpha")).toHaveLength(1);
    world.say("alpha", { ...late, maxTokenSeen: 1 });
    expect(world.grants("alpha")).toHaveLength(2);
  });

  it("keeps a job whose VRAM its gate would refuse in the queue and says so", () => {
    const world = upWorld();
    const id = submit(world, "big", { vramBytes: 43 * 1024 ** 3 });
    world.claim("alpha");
    expect(world.grants("alpha")).toEqual([]);
    const job = world.core.state.jobs.get(id);
    if (job === undefined) throw new Error("no job");
    const now = { bootMs: world.nowMs, journalMs: world.nowMs };
    expect(whyJob(world.core, job, now).rule).toBe("no-headroom");
    const tooBig = world.core.state.jobs.get(submit(world, "bigger", { vramBytes: 46 * 1024 ** 3 }));
    if (tooBig === undefined) throw new Error("no job");
    expect(whyJob(world.core, tooBig, now).rule).toBe("too-big");
  });

  it("does not give a silent holder's job away before the holder must have ended it", () => {
    const world = upWorld();
    const id = submit(world, "a");
    world.claim("alpha");
    world.do((tx) => tx.soft.sessions.delete("alpha"));
    world.pass(world.core.timing.regrantAfterMs - 1);
    expect(world.core.state.jobs.get(id)?.state).toBe("leased");
    world.pass(1);
    expect(world.core.state.jobs.get(id)).toMatchObject({ state: "pending", attempts: 0 });
  });

  it("waits out the grace of work that may outlive its hub, and what its clock may have lost meanwhile", () => {
    const world = upWorld();
    const id = submit(world, "a", { onHubLoss: "finish", maxRuntimeMs: 600_000 });
    world.claim("alpha");
    world.do((tx) => tx.soft.sessions.delete("alpha"));
    world.pass(world.core.timing.regrantAfterMs + 612_000);
    expect(world.core.state.jobs.get(id)?.state).toBe("leased");
    world.pass(1_000);
    expect(world.core.state.jobs.get(id)?.state).toBe("pending");
  });

  it("refuses a stale token after the job went to somebody else", () => {
    const world = upWorld();
    submit(world, "a");
    world.claim("alpha");
    world.pass(60_000);
    world.attach("beta");
    world.claim("beta");
    expect(world.grants("beta").map((grant) => grant.token)).toEqual([2]);
    world.attach("alpha");
    world.complete("alpha", { token: 1 });
    expect(world.sent("alpha", "completeAck").at(-1)?.verdicts).toEqual([{ token: 1, status: "stale" }]);
    world.complete("beta", { token: 2 });
    world.complete("beta", { token: 2 });
    expect(world.kinds().filter((kind) => kind === "job.succeeded")).toHaveLength(1);
  });

  it("does not hear a hello that a newer one of the same agent has overtaken", () => {
    const world = upWorld();
    const id = submit(world, "a");
    world.attach("alpha", { helloSeq: 2 });
    world.claim("alpha");
    expect(world.core.state.jobs.get(id)?.state).toBe("leased");
    world.attach("alpha", { helloSeq: 1, inventory: [] });
    expect(world.core.state.jobs.get(id)?.state).toBe("leased");
    world.attach("alpha", { helloSeq: 3, inventory: [] });
    expect(world.core.state.jobs.get(id)).toMatchObject({ state: "pending", losses: 1 });
  });

  it("frees at once what an attaching agent no longer holds, and keeps what it does", () => {
    const world = upWorld();
    submit(world, "a");
    submit(world, "b");
    world.claim("alpha", 2);
    world.do((tx) =>
      attach(tx, "session-alpha", { ...helloOf("alpha"), inventory: [{ token: 1, state: "running" }] }),
    );
    expect(world.sent("alpha", "welcome").at(-1)?.verdicts).toEqual([{ token: 1, isKept: true }]);
    expect([...world.core.state.leases.keys()]).toEqual([1]);
  });

  it("grants nothing that cannot become durable, and goes on once there is room", () => {
    const world = upWorld();
    const id = submit(world, "a");
    world.core.soft.isJournalFull = true;
    world.claim("alpha");
    expect(world.grants("alpha")).toEqual([]);
    const verdict = arbitrate(world.core, { campaign: null, node: null }, world.nowMs);
    expect(verdict).toMatchObject({ isYes: false, rule: "disk-full" });
    world.core.soft.isJournalFull = false;
    world.claim("alpha");
    expect(world.core.state.jobs.get(id)?.state).toBe("leased");
  });

  it("keeps nothing that another hub has granted, even where its token equals one of ours", () => {
    const world = upWorld();
    const id = submit(world, "a");
    world.claim("alpha");
    world.attach("alpha", { hubId: "another", inventory: [{ token: 1, state: "running" }] });
    expect(world.sent("alpha", "welcome").at(-1)?.verdicts).toEqual([{ token: 1, isKept: false }]);
    expect(world.core.state.jobs.get(id)).toMatchObject({ state: "pending", losses: 1 });
  });

  it("refuses a second living agent of the same node", () => {
    const world = upWorld();
    const second = { ...helloOf("alpha"), agentInstance: "clone" };
    expect(world.do((tx) => attach(tx, "s2", second))).toMatchObject({ kind: "refused" });
  });
});

describe("placement", () => {
  it("does not let jobs that fit nowhere hold up those behind them", () => {
    const world = upWorld();
    for (let i = 0; i < 600; i++) submit(world, `ghost-${i}`, { node: "ghost", vramBytes: i });
    const gpu = submit(world, "gpu");
    const cpu = submit(world, "cpu", { lane: "cpu", vramBytes: 0 });
    world.claim("alpha");
    expect(world.grants("alpha").map((grant) => grant.jobId)).toEqual([gpu, cpu]);
  });

  it("offers a declined job to another node, and again to the first only after a while", () => {
    const world = upWorld();
    world.attach("beta");
    const id = submit(world, "a");
    world.claim("alpha");
    world.say("alpha", { kind: "decline", token: 1, reason: "runner backs off" });
    world.claim("alpha");
    world.do(tick);
    expect(world.grants("alpha")).toHaveLength(1);
    world.claim("beta");
    expect(world.grants("beta").map((grant) => grant.jobId)).toEqual([id]);
    world.say("beta", { kind: "decline", token: 2, reason: "no slot" });
    world.nowMs += 1_000;
    world.do(tick);
    expect(world.grants("alpha")).toHaveLength(2);
  });
});

describe("attempts", () => {
  it("backs off 1, 4, 16 s after own failures and quarantines when they are spent", () => {
    const world = upWorld();
    const id = submit(world, "a");
    const waits: number[] = [];
    for (let attempt = 0; attempt < 4; attempt++) {
      world.claim("alpha");
      const token = world.grants("alpha").at(-1)?.token ?? 0;
      world.complete("alpha", { token, outcome: "own-failure", detail: "exit 1" });
      const job = world.core.state.jobs.get(id);
      if (job?.state === "pending") waits.push(job.notBeforeMs - world.nowMs);
      world.nowMs += 17_000;
      world.frame("alpha");
    }
    expect(waits).toEqual([1_000, 4_000, 16_000]);
    expect(world.core.state.jobs.get(id)?.state).toBe("quarantined");
  });

  it("gives up at once on parameters that no try can make good", () => {
    const world = upWorld();
    const id = submit(world, "a");
    world.claim("alpha");
    world.complete("alpha", { token: 1, outcome: "own-failure", exitCode: 64, detail: "seconds: -1" });
    expect(world.core.state.jobs.get(id)).toMatchObject({ state: "failed", lastDetail: "seconds: -1" });
  });

  it("lets a job that keeps losing its node wait longer each time", () => {
    const world = upWorld();
    const id = submit(world, "a");
    const waits: number[] = [];
    for (let loss = 0; loss < 4; loss++) {
      world.claim("alpha");
      const token = world.grants("alpha").at(-1)?.token ?? 0;
      world.complete("alpha", { token, outcome: "infra-lost", detail: "shim gone" });
      const job = world.core.state.jobs.get(id);
      waits.push((job?.notBeforeMs ?? 0) - world.nowMs);
      world.nowMs += 5_000;
      world.frame("alpha");
    }
    expect(waits).toEqual([0, 1_000, 2_000, 4_000]);
  });

  it("burns nothing when an agent declines", () => {
    const world = upWorld();
    const id = submit(world, "a");
    world.claim("alpha");
    world.say("alpha", { kind: "decline", token: 1, reason: "gate batch" });
    expect(world.core.state.jobs.get(id)).toMatchObject({ state: "pending", attempts: 0 });
  });

  it("offers a runner elsewhere once a node has declined three jobs of it in a row", () => {
    const world = upWorld();
    for (const key of ["a", "b", "c", "d"]) submit(world, key);
    const declined = [1, 2, 3].map((token) => {
      world.claim("alpha");
      world.say("alpha", { kind: "decline", token, reason: "the runner is given up" });
      return world.core.state.leases.size;
    });
    expect(declined).toEqual([0, 0, 0]);
    world.claim("alpha");
    expect(world.core.state.leases.size).toBe(0);
    world.nowMs += 1_001;
    world.claim("alpha");
    expect(world.core.state.leases.size).toBe(1);
    world.say("alpha", { kind: "started", token: 4 });
    const runner = world.core.state.jobs.get("j_000001")?.spec.runner;
    expect(world.core.soft.declines.get(`runner ${runner}`)?.size).toBe(0);
  });

  it("cancels a running job through its holder", () => {
    const world = upWorld();
    const id = submit(world, "a");
    world.claim("alpha");
    const job = world.core.state.jobs.get(id);
    if (job === undefined) throw new Error("no job");
    expect(world.do((tx) => cancelJob(tx, job, HUMAN))).toEqual({ kind: "stopping" });
    expect(world.sent("alpha", "stop")).toMatchObject([{ token: 1, isPreemption: false }]);
    world.complete("alpha", { token: 1, outcome: "cancelled" });
    expect(job.state).toBe("cancelled");
  });

  it("publishes only outputs that were staged under the very manifest", () => {
    const world = upWorld();
    const id = submit(world, "a");
    world.claim("alpha");
    world.complete("alpha", { token: 1, manifestSha256: "ab" });
    expect(world.sent("alpha", "completeAck").at(-1)?.verdicts[0]?.status).toBe("unstaged");
    world.do((tx) => markStaged(tx, { token: 1, manifestSha256: "ab", outputs: [] }));
    world.complete("alpha", { token: 1, manifestSha256: "ab" });
    expect(world.effects.at(-2)).toEqual({ kind: "publish", jobId: id, token: 1 });
    world.do((tx) => published(tx, id));
    expect(world.core.state.jobs.get(id)?.isPublished).toBe(true);
  });
});

describe("desired state", () => {
  it("refuses up on a fresh root and names every guardrail that is missing", () => {
    const world = new HubWorld();
    const request = { verb: "up", isForced: false, isNow: false, ...HUMAN } as const;
    const result = world.do((tx) => setDesired(tx, request));
    expect(result).toMatchObject({ kind: "refused" });
    const reason = result.kind === "refused" ? result.reason : "";
    for (const name of ["convergence-stop", "gpu-hour-budget", "start-limits", "telemetry-fresh"])
      expect(reason).toContain(name);
    expect(world.events).toEqual([]);
  });

  it("waives by name exactly what is red when forced, and only with a reason", () => {
    const world = new HubWorld();
    const forced = { verb: "up", isForced: true, isNow: false, actor: "operator" } as const;
    expect(world.do((tx) => setDesired(tx, { ...forced, reason: " " })).kind).toBe("refused");
    world.do((tx) => setDesired(tx, { ...forced, reason: "night run" }));
    expect(world.core.state.desired).toMatchObject({
      state: "up",
      waived: ["convergence-stop", "gpu-hour-budget", "start-limits", "telemetry-fresh"],
    });
  });

  it("ends a waiver when its guardrail turns green, so that it protects again", () => {
    const world = new HubWorld();
    const forced = { verb: "up", isForced: true, isNow: false, actor: "operator", reason: "try" } as const;
    world.do((tx) => setDesired(tx, forced));
    world.attach("alpha");
    world.do(tick);
    expect(world.core.state.desired.waived).toEqual(["convergence-stop", "gpu-hour-budget"]);
  });

  it("grants nothing after down and sends the stop at once", () => {
    const world = upWorld();
    submit(world, "a");
    world.do((tx) => setDesired(tx, { verb: "down", isForced: false, isNow: true, ...HUMAN }));
    world.claim("alpha");
    expect(world.grants("alpha")).toEqual([]);
    expect(world.sent("alpha", "desired").at(-1)).toMatchObject({ state: "down", graceMs: 0 });
  });

  it("stops granting when a guardrail turns red while up", () => {
    const world = upWorld();
    submit(world, "a");
    world.nowMs += world.core.timing.telemetryStaleMs + 1;
    world.claim("alpha");
    expect(world.grants("alpha")).toEqual([]);
    world.frame("alpha");
    world.do(tick);
    expect(world.grants("alpha")).toHaveLength(1);
  });
});

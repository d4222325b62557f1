import { describe, expect, it } from "vitest";
import { CONTROL, type HubWorld, jobOf, submit, upWorld } from "../../../test/helpers/hub-world.ts";
import { setDesired } from "../arbiter/desired.ts";
import { type OverrideRequest, setOverride } from "../arbiter/override.ts";
import { tick } from "../hub.ts";
import { cordon } from "../nodes/cordon.ts";
import { cancelJob } from "../queue/queue.ts";
import { whyJob } from "./why.ts";

const BY = { actor: "ada", reason: "test" };
const GIB = 1024 ** 3;

function order(world: HubWorld, request: Partial<OverrideRequest>): void {
  const asked = { effect: "hold", subject: "fleet", name: "", until: "", forMs: 60_000, ...BY } as const;
  const result = world.do((tx) => setOverride(tx, { ...asked, ...request }));
  if ("refusal" in result) throw new Error(result.refusal);
}

const desire = (world: HubWorld, verb: "pause" | "down"): unknown =>
  world.do((tx) => setDesired(tx, { verb, isForced: false, isNow: false, ...BY }));
const control = (world: HubWorld, changes: object): void => {
  world.do((tx) => tx.emit({ kind: "control.loaded", document: { ...CONTROL, ...changes } }));
  world.do(tick);
};
const then = (_done: unknown, jobId: string): string => jobId;
const WINDOW = {
  name: "night",
  days: [],
  fromMinute: 0,
  toMinute: 1_439,
  utcOffsetMinutes: 0,
  nodes: [],
  priorities: [],
} as const;

interface Case {
  readonly what: string;
  readonly rule: string;
  /** Part of what would change it. */
  readonly cure: string;
  readonly make: (world: HubWorld) => string;
}

const CASES: readonly Case[] = [
  {
    what: "its only node is held by hand",
    rule: "override",
    cure: "spiral override clear",
    make: (world) => then(order(world, { subject: "node", name: "alpha" }), submit(world, "j")),
  },
  {
    what: "its only node is latched on the box",
    rule: "latched",
    cure: "spiral-agent up",
    make: (world) => then(world.attach("alpha", { isLatchedDown: true }), submit(world, "j")),
  },
  {
    what: "its only node was latched on the box while it was attached",
    rule: "latched",
    cure: "spiral-agent up",
    make: (world) =>
      then(world.say("alpha", { kind: "heartbeat", seq: 1, isLatchedDown: true }), submit(world, "j")),
  },
  {
    what: "no node is attached",
    rule: "no-node",
    cure: "spiral agent",
    make: (world) => {
      world.do((tx) =>
        tx.emit({
          kind: "desired.changed",
          state: "up",
          generation: 99,
          waived: ["start-limits", "telemetry-fresh", "convergence-stop", "gpu-hour-budget"],
          ...BY,
        }),
      );
      world.do((tx) => tx.soft.sessions.clear());
      return submit(world, "j");
    },
  },
  {
    what: "no node can ever take it",
    rule: "too-big",
    cure: "a larger card",
    make: (world) => {
      world.claim("alpha");
      return submit(world, "j", { vramBytes: 90 * GIB });
    },
  },
  {
    what: "its gate has no room",
    rule: "no-headroom",
    cure: "VRAM is freed",
    make: (world) => {
      world.claim("alpha", 1, 1, GIB);
      return submit(world, "j", { vramBytes: 2 * GIB });
    },
  },
  {
    what: "the fleet is down",
    rule: "down",
    cure: "spiral up",
    make: (world) => then(desire(world, "down"), submit(world, "j")),
  },
  {
    what: "the fleet is paused",
    rule: "paused",
    cure: "spiral up",
    make: (world) => then(desire(world, "pause"), submit(world, "j")),
  },
  {
    what: "the installation is DISABLED",
    rule: "disabled",
    cure: "spiral enable",
    make: (world) => {
      world.core.state.desired = {
        state: "disabled",
        generation: 0,
        waived: [],
        actor: "installation",
        reason: "fresh root",
      };
      return submit(world, "j");
    },
  },
  {
    what: "its node is cordoned",
    rule: "cordoned",
    cure: "uncordoned",
    make: (world) => {
      world.do((tx) => cordon(tx, { node: "alpha", isDrain: false, deadlineMs: null, ...BY }));
      world.claim("alpha");
      return submit(world, "j");
    },
  },
  {
    what: "it backs off",
    rule: "backing-off",
    cure: "time",
    make: (world) => {
      const jobId = submit(world, "j");
      world.claim("alpha");
      world.complete("alpha", { token: 1, outcome: "own-failure", detail: "no", exitCode: 1 });
      return jobId;
    },
  },
  {
    what: "it comes after another",
    rule: "dependency",
    cure: "succeeds",
    make: (world) => submit(world, "j", { after: [submit(world, "a")] }),
  },
  {
    what: "its owner is at its bound",
    rule: "owner-budget",
    cure: "owners.test in control.json",
    make: (world) => {
      control(world, { owners: { test: { weight: 10, maxSlots: 1, maxVramMib: null } } });
      submit(world, "a");
      world.claim("alpha");
      return submit(world, "j");
    },
  },
  {
    what: "the fleet is held",
    rule: "override",
    cure: "spiral override clear o_1",
    make: (world) => then(order(world, {}), submit(world, "j")),
  },
  {
    what: "the job itself is held",
    rule: "override",
    cure: "spiral override clear o_1",
    make: (world) => then(order(world, { subject: "job", name: "j_000001" }), submit(world, "j")),
  },
  {
    what: "its priority is deferred until pressure falls",
    rule: "deferral",
    cure: "gpu_pressure_below_0.5",
    make: (world) => {
      world.frame("alpha", { gpuPressure: 0.7 });
      order(world, { effect: "defer", subject: "priority", name: "batch", until: "gpu_pressure_below_0.5" });
      return submit(world, "j");
    },
  },
  {
    what: "a window is on",
    rule: "window",
    cure: "23:59",
    make: (world) => then(control(world, { windows: [WINDOW] }), submit(world, "j")),
  },
  {
    what: "the service that it uses runs nowhere",
    rule: "no-service",
    cure: "the service that it uses",
    make: (world) => {
      world.claim("alpha");
      return submit(world, "j", { uses: "render" });
    },
  },
];

describe("whyJob", () => {
  it.each(CASES)("says $rule when $what, with evidence and what would change it", ({ rule, cure, make }) => {
    const world = upWorld();
    const job = jobOf(world, make(world));
    world.do(tick);
    expect(job.state).toBe("pending");
    const answer = whyJob(world.core, job, world.now());
    expect(answer.rule).toBe(rule);
    expect(answer.wouldChange.join("; ")).toContain(cure);
    if (rule !== "no-node") expect(answer.evidence.length).toBeGreaterThan(0);
    for (const { ageMs } of answer.evidence) expect(ageMs).toBeGreaterThanOrEqual(0);
  });
});

describe("why a deferred job waits", () => {
  it("tells the pressure that is too high, its age, and how to let just this job pass", () => {
    const world = upWorld();
    world.frame("alpha", { gpuPressure: 0.71 });
    order(world, { effect: "defer", until: "gpu_pressure_below_0.5" });
    const jobId = submit(world, "j");
    world.pass(2_000);
    const answer = whyJob(world.core, jobOf(world, jobId), world.now());
    expect(answer.evidence).toMatchObject([
      { name: "override o_1", value: expect.stringContaining("until gpu_pressure_below_0.5 by ada") },
      { name: "gpu pressure of alpha", value: "0.71", ageMs: 2_000 },
    ]);
    expect(answer.wouldChange).toEqual([
      "gpu_pressure_below_0.5, or its end",
      `let it pass: \`spiral override set allow job ${jobId} --for 1h --reason "…"\``,
      "`spiral override clear o_1`",
    ]);
  });

  it("counts down to a moment instead of printing its milliseconds", () => {
    const world = upWorld();
    order(world, { effect: "defer", until: `at:${world.nowMs + 30_000}` });
    const jobId = submit(world, "j");
    world.pass(2_000);
    const answer = whyJob(world.core, jobOf(world, jobId), world.now());
    expect(answer.wouldChange[0]).toBe("a moment in 28 s, or its end");
    expect(answer.evidence[0]?.value).toMatch(/^defer the fleet until a moment in 28 s by ada/);
  });
});

describe("an override", () => {
  const granted = (world: HubWorld): number => world.grants("alpha").length;

  it("ends by itself, and work goes on", () => {
    const world = upWorld();
    order(world, { forMs: 3_000 });
    submit(world, "j");
    world.claim("alpha");
    world.pass(2_800);
    expect(granted(world)).toBe(0);
    world.frame("alpha");
    world.pass(400);
    expect(granted(world)).toBe(1);
    expect(world.core.state.overrides.size).toBe(0);
  });

  it("lets work of the owner that it allows pass a window, and nobody else's", () => {
    const world = upWorld();
    control(world, { windows: [{ ...WINDOW, priorities: ["batch"] }] });
    order(world, { effect: "allow", subject: "owner", name: "ada" });
    submit(world, "other", { producer: "bob" });
    const mine = submit(world, "mine", { producer: "ada" });
    world.claim("alpha", 2);
    expect(world.grants("alpha").map(({ jobId }) => jobId)).toEqual([mine]);
  });

  it("that defers ends when its condition holds on every node", () => {
    const world = upWorld();
    world.frame("alpha", { gpuPressure: 0.7 });
    order(world, { effect: "defer", until: "gpu_pressure_below_0.5" });
    submit(world, "j");
    world.claim("alpha");
    world.pass(1_000);
    expect(granted(world)).toBe(0);
    world.frame("alpha", { gpuPressure: 0.4 });
    world.pass(200);
    expect(granted(world)).toBe(1);
  });

  it.each(["idle", "gpu_pressure_below_7", "activity_ended:call"])("refuses the condition %s", (until) => {
    const world = upWorld();
    expect(() => order(world, { effect: "defer", until })).toThrow("until: must be gpu_pressure_below_0.5");
  });

  it("does not lift down", () => {
    const world = upWorld();
    order(world, { effect: "allow" });
    desire(world, "down");
    const jobId = submit(world, "j");
    world.claim("alpha");
    expect(granted(world)).toBe(0);
    const job = world.core.state.jobs.get(jobId);
    if (job !== undefined) world.do((tx) => cancelJob(tx, job, BY));
  });
});

import { describe, expect, it } from "vitest";
import type { CardStanding } from "../../../shared/model/health.ts";
import type { Completion } from "../../../shared/model/messages.ts";
import { CONTROL, HubWorld, specOf } from "../../../test/helpers/hub-world.ts";
import { setDesired } from "../arbiter/desired.ts";
import { submitJob } from "../queue/queue.ts";
import { decodeHubState, encodeHubState } from "../snapshot.ts";
import type { Job } from "../state.ts";
import { whyJob, whyNode } from "../why/why.ts";
import { giveBack, HOLE_POLICY } from "./health.ts";

const HUMAN = { actor: "operator", reason: "test", isForced: false, isNow: false };
const CARD = "GPU-0";
const FAILED: Partial<Completion> = { outcome: "own-failure", exitCode: 1, ranMs: 200 };

class FleetWorld extends HubWorld {
  #keys = 0;
  #seq = 0;

  constructor(...nodes: readonly string[]) {
    super();
    for (const node of nodes) this.attach(node);
    this.do((tx) => tx.emit({ kind: "control.loaded", document: CONTROL }));
    const dimensions = [
      { name: "d", min: 0, max: 1, direction: "match", target: 0.3, tolerance: 0, weight: 1 },
    ] as const;
    this.do((tx) => tx.emit({ kind: "calibration.loaded", document: { dimensions } }));
    this.do((tx) => setDesired(tx, { verb: "enable", ...HUMAN }));
    this.do((tx) => setDesired(tx, { verb: "up", ...HUMAN }));
  }

  submit(changes = {}): Job {
    const result = this.do((tx) =>
      submitJob(tx, `k${++this.#keys}`, specOf({ maxAttempts: 16, ...changes })),
    );
    if (result.kind === "refused") throw new Error(result.reason);
    return this.core.state.jobs.get(result.jobId) as Job;
  }

  /** A new job that only this node may take is run there and ends like this. */
  runOn(node: string, end: Partial<Completion> = {}, changes = {}): Job {
    const job = this.submit({ node, maxAttempts: 1, ...changes });
    this.offer(node);
    if (job.node === node && job.token !== null) this.complete(node, { token: job.token, ...end });
    return job;
  }

  /** Fresh telemetry and an open claim. */
  offer(node: string, gpuSlots = 1): void {
    this.frame(node);
    this.pass(this.core.timing.tickMs);
    this.claim(node, gpuSlots);
  }

  /** Time in which the nodes go on beating. */
  wait(ms: number): void {
    for (const endsMs = this.nowMs + ms; this.nowMs < endsMs; ) {
      for (const node of this.core.soft.sessions.keys()) {
        this.frame(node);
        this.say(node, { kind: "heartbeat", seq: 1 });
      }
      this.pass(Math.min(2_000, endsMs - this.nowMs));
    }
  }

  stand(node: string, standing: CardStanding, seq = ++this.#seq): void {
    const about = { gpu: CARD, standing, reason: "Xid 79: GPU has fallen off the bus", cure: "reboot" };
    this.say(node, { kind: "standing", seq, ...about });
  }

  why(job: Job): { readonly rule: string; readonly evidence: readonly string[] } {
    const now = { bootMs: this.nowMs, journalMs: this.nowMs };
    const { rule, evidence } = whyJob(this.core, job, now);
    return { rule, evidence: evidence.map(({ name, value }) => `${name}: ${value}`) };
  }

  standings(): readonly (readonly [string, string | null])[] {
    return this.events.flatMap((event) =>
      event.kind === "node.throttled" ||
      event.kind === "node.drained" ||
      event.kind === "node.quarantined" ||
      event.kind === "node.returned"
        ? [[event.kind, event.gpu] as const]
        : [],
    );
  }
}

describe("a card that is not well", () => {
  it.each([
    ["quarantined", "batch", false],
    ["quarantined", "realtime", false],
    ["drained", "interactive", false],
    ["throttled", "batch", false],
    ["throttled", "background", false],
    ["throttled", "interactive", true],
  ] as const)("%s: %s work is granted: %s", (standing, priority, isGranted) => {
    const world = new FleetWorld("alpha");
    world.stand("alpha", standing);
    const job = world.submit({ priority });
    world.frame("alpha");
    const headroom = [{ gpu: CARD, priority, bytes: 2 ** 36 }];
    const { lastToken: maxTokenSeen } = world.core.state;
    world.do(() => {});
    world.say("alpha", {
      kind: "claim",
      claimId: 1,
      gpuSlots: 1,
      cpuSlots: 0,
      headroom,
      warm: [],
      maxTokenSeen,
    });
    expect(job.state).toBe(isGranted ? "leased" : "pending");
    if (isGranted) return;
    expect(world.why(job)).toEqual({
      rule: "unhealthy",
      evidence: [`alpha: unhealthy: ${standing}: Xid 79: GPU has fallen off the bus`],
    });
  });

  it("sends work to another node and takes it again when it is back", () => {
    const world = new FleetWorld("alpha", "beta");
    world.stand("alpha", "quarantined");
    const first = world.submit();
    world.offer("alpha");
    expect(first.state).toBe("pending");
    world.offer("beta");
    expect(first.node).toBe("beta");
    const second = world.submit();
    world.stand("alpha", "well");
    expect(second.node).toBe("alpha");
    expect(world.standings()).toEqual([
      ["node.quarantined", CARD],
      ["node.returned", CARD],
    ]);
  });

  it("is journaled once, however often it is said, and forgotten when a new agent begins", () => {
    const world = new FleetWorld("alpha");
    world.stand("alpha", "drained", 5);
    world.stand("alpha", "drained", 6);
    world.stand("alpha", "well", 6);
    expect(world.standings()).toEqual([["node.drained", CARD]]);
    world.attach("alpha");
    expect(world.core.state.health.get("alpha")?.cards).toHaveProperty(CARD);
    world.nowMs += 60_000;
    world.attach("alpha", { agentInstance: "another" });
    expect(world.core.state.health.get("alpha")?.cards).toEqual({});
  });

  it("tells faults with how many reports before them were lost", () => {
    const world = new FleetWorld("alpha");
    const fault = {
      kind: "fault",
      gpu: CARD,
      cause: "xid-31",
      action: "app-fault",
      detail: "",
      jobId: null,
    } as const;
    for (const seq of [1, 4, 4]) world.say("alpha", { ...fault, seq });
    const faults = world.events.filter((event) => event.kind === "node.fault");
    expect(faults.map(({ cause, missed }) => [cause, missed])).toEqual([
      ["xid-31", 0],
      ["xid-31", 2],
    ]);
  });

  it("is shown by why node with its age and its cure", () => {
    const world = new FleetWorld("alpha");
    world.stand("alpha", "quarantined");
    world.nowMs += 5_000;
    const why = whyNode(world.core, "alpha", { bootMs: world.nowMs, journalMs: world.nowMs });
    const row = { name: "quarantined", value: `${CARD}: Xid 79: GPU has fallen off the bus`, ageMs: 5_000 };
    expect(why?.evidence).toContainEqual(row);
    expect(why?.wouldChange).toContain("reboot");
  });

  it("survives a snapshot", () => {
    const world = new FleetWorld("alpha");
    world.stand("alpha", "quarantined");
    expect(decodeHubState(encodeHubState(world.core.state)).health).toEqual(world.core.state.health);
  });
});

describe("a node on which everything fails fast", () => {
  /** Alpha swallows three jobs while beta does the same work well. */
  function holeWorld(): FleetWorld {
    const world = new FleetWorld("alpha", "beta");
    world.runOn("beta");
    for (let each = 0; each < HOLE_POLICY.jobs; each++) world.runOn("alpha", FAILED);
    return world;
  }

  it("is given nothing more, and the reason is told", () => {
    const world = holeWorld();
    expect(world.standings()).toEqual([["node.quarantined", null]]);
    const job = world.submit({ node: "alpha" });
    world.offer("alpha");
    expect(job.state).toBe("pending");
    const { rule, evidence } = world.why(job);
    expect(rule).toBe("quarantined");
    expect(evidence[0]).toMatch(/3 jobs in a row failed within 0\.2 s .* the same work succeeds on beta/);
    const now = { bootMs: world.nowMs, journalMs: world.nowMs };
    expect(whyNode(world.core, "alpha", now)?.rule).toBe("quarantined");
  });

  it.each([
    [
      "nobody else succeeds",
      () => {
        const world = new FleetWorld("alpha", "beta");
        for (let each = 0; each < 5; each++) world.runOn("alpha", FAILED);
        return world;
      },
    ],
    [
      "only the node itself has done such work well",
      () => {
        const world = new FleetWorld("alpha", "beta");
        world.runOn("alpha");
        for (let each = 0; each < 5; each++) world.runOn("alpha", FAILED);
        return world;
      },
    ],
    [
      "what succeeds elsewhere is other work",
      () => {
        const world = new FleetWorld("alpha", "beta");
        world.runOn("beta", {}, { runner: "render" });
        for (let each = 0; each < 5; each++) world.runOn("alpha", FAILED);
        return world;
      },
    ],
    [
      "one job fails again and again",
      () => {
        const world = new FleetWorld("alpha", "beta");
        world.runOn("beta");
        const job = world.submit({ node: "alpha" });
        for (let each = 0; each < 5; each++) {
          world.wait(70_000);
          world.offer("alpha");
          world.complete("alpha", { token: job.token ?? 0, ...FAILED });
        }
        return world;
      },
    ],
    [
      "a success lies between the failures",
      () => {
        const world = new FleetWorld("alpha", "beta");
        world.runOn("beta");
        for (const end of [FAILED, FAILED, {}, FAILED, FAILED]) world.runOn("alpha", end);
        return world;
      },
    ],
    [
      "they took their time",
      () => {
        const world = new FleetWorld("alpha", "beta");
        world.runOn("beta");
        for (let each = 0; each < 5; each++)
          world.runOn("alpha", { ...FAILED, ranMs: HOLE_POLICY.fastMs + 1 });
        return world;
      },
    ],
    [
      "the parameters were bad",
      () => {
        const world = new FleetWorld("alpha", "beta");
        world.runOn("beta");
        for (let each = 0; each < 5; each++) world.runOn("alpha", { ...FAILED, exitCode: 64 });
        return world;
      },
    ],
    [
      "they were lost, not failed",
      () => {
        const world = new FleetWorld("alpha", "beta");
        world.runOn("beta");
        for (let each = 0; each < 5; each++) world.runOn("alpha", { ...FAILED, outcome: "infra-lost" });
        return world;
      },
    ],
  ])("is left alone when %s", (_, make) => {
    expect(make().standings()).toEqual([]);
  });

  it("gets one job at a time after its pause, and is back when that succeeds", () => {
    const world = holeWorld();
    const jobs = [world.submit({ node: "alpha" }), world.submit({ node: "alpha" })];
    world.wait(HOLE_POLICY.pauseMs + 2_000);
    world.offer("alpha", 4);
    expect(jobs.map(({ state }) => state)).toEqual(["leased", "pending"]);
    world.offer("alpha", 4);
    expect(jobs[1]?.state).toBe("pending");
    world.complete("alpha", { token: jobs[0]?.token ?? 0 });
    expect(world.standings().at(-1)).toEqual(["node.returned", null]);
    world.offer("alpha", 4);
    expect(jobs[1]?.state).toBe("leased");
  });

  it("waits twice as long when the job that was tried fails too", () => {
    const world = holeWorld();
    world.wait(HOLE_POLICY.pauseMs + 2_000);
    world.runOn("alpha", FAILED);
    expect(world.standings()).toEqual([
      ["node.quarantined", null],
      ["node.quarantined", null],
    ]);
    const job = world.submit({ node: "alpha" });
    world.wait(HOLE_POLICY.pauseMs + 2_000);
    world.offer("alpha");
    expect(job.state).toBe("pending");
    world.wait(HOLE_POLICY.pauseMs);
    world.offer("alpha");
    expect(job.state).toBe("leased");
  });

  it("tries another job when the first was lost without anybody's fault", () => {
    const world = holeWorld();
    world.wait(HOLE_POLICY.pauseMs + 2_000);
    world.runOn("alpha", { ...FAILED, outcome: "preempted" });
    world.offer("alpha");
    expect([...world.core.state.leases.values()].map(({ node }) => node)).toEqual(["alpha"]);
    expect(world.standings()).toHaveLength(1);
  });

  it("can be given back by hand", () => {
    const world = holeWorld();
    world.do((tx) => giveBack(tx, "alpha", "operator", "the disk was full"));
    expect(world.standings().at(-1)).toEqual(["node.returned", null]);
    const job = world.submit({ node: "alpha" });
    world.offer("alpha");
    expect(job.state).toBe("leased");
  });
});

describe("VRAM that jobs were seen to hold", () => {
  const GIB = 1024 ** 3;

  it.each([
    [true, 6 * GIB],
    [false, GIB],
  ])(
    "is what the next of its kind is granted where its runner asks for that: %s",
    (isVramLearned, granted) => {
      const world = new FleetWorld("alpha");
      world.attach("alpha", { runners: [{ name: "sleep", sha256: "00", isVramLearned }] });
      const first = world.runOn("alpha", { peakVramBytes: 6 * GIB });
      expect(first.peakVramBytes).toBe(6 * GIB);
      const next = world.submit({ vramBytes: GIB });
      expect(world.why(next).evidence.at(-1)).toMatch(
        /^VRAM: declared 1024 MiB; one of the latest jobs of its kind \(sleep\) held 6144 MiB/,
      );
      world.offer("alpha");
      expect(world.grants("alpha").at(-1)?.vramBytes).toBe(granted);
    },
  );

  it("is learned from a job that ran out of it too", () => {
    const world = new FleetWorld("alpha");
    expect(world.runOn("alpha", { ...FAILED, outcome: "oom", peakVramBytes: 3 * GIB }).peakVramBytes).toBe(
      3 * GIB,
    );
  });
});

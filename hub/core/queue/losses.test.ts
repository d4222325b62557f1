import { describe, expect, it } from "vitest";
import { type HubWorld, specOf, upWorld } from "../../../test/helpers/hub-world.ts";
import { setDesired } from "../arbiter/desired.ts";
import { startHub, tick } from "../hub.ts";
import { noteUpload } from "../lease.ts";
import { cordon } from "../nodes/cordon.ts";
import { acceptLoss } from "../nodes/panic.ts";
import { decodeHubState, encodeHubState } from "../snapshot.ts";
import type { Job } from "../state.ts";
import { ledgerLine } from "../why/ledger.ts";
import { whyJob } from "../why/why.ts";
import { LOSS_POLICY } from "./losses.ts";
import { submitJob } from "./queue.ts";
import { requeueJob } from "./requeue.ts";

const BY = { actor: "ada", reason: "test" };
/** More than the longest pause after a loss. */
const PAUSE_MS = 61_000;
const LOST = { outcome: "infra-lost", detail: "nobody saw how its process ended", exitCode: -1 } as const;

function submit(world: HubWorld, changes = {}): Job {
  const result = world.do((tx) => submitJob(tx, "a", specOf({ maxRuntimeMs: null, ...changes })));
  const job = result.kind === "refused" ? undefined : world.core.state.jobs.get(result.jobId);
  if (job === undefined) throw new Error("not submitted");
  return job;
}

/** Grants the job to a node that attaches for it, and starts its process. */
function begin(world: HubWorld, node = "alpha"): number {
  world.nowMs += PAUSE_MS;
  world.attach(node);
  world.claim(node);
  const token = world.core.state.lastToken;
  world.say(node, { kind: "started", token });
  return token;
}

/** One attempt on a node that dies under it and tells so when it is back. */
function lose(world: HubWorld, node = "alpha", ranMs = 1_000): void {
  const token = begin(world, node);
  world.complete(node, { ...LOST, token, ranMs });
}

const loseAll = (world: HubWorld, times: number): void => {
  for (let loss = 0; loss < times; loss++) lose(world, `node-${loss}`);
};
const why = (world: HubWorld, job: Job) => whyJob(world.core, job, world.now());

describe("a job that takes its nodes with it", () => {
  it("is quarantined with its eighth loss, burns no attempt by it, and `why` counts them", () => {
    const world = upWorld();
    const job = submit(world);
    loseAll(world, LOSS_POLICY.suspectMax - 1);
    expect(job).toMatchObject({ state: "pending", suspectLosses: 7 });
    const evidence = (count: number) =>
      expect.objectContaining({
        name: "losses that may be its doing",
        value: expect.stringMatching(`^${count} of 8`),
      });
    expect(why(world, job).evidence).toContainEqual(evidence(7));
    lose(world);
    expect(job).toMatchObject({ state: "quarantined", attempts: 0, failedNodes: [] });
    expect(why(world, job)).toMatchObject({
      rule: "quarantined",
      evidence: expect.arrayContaining([evidence(8)]),
      wouldChange: ["`spiral requeue` gives it another start"],
    });
    const end = world.events.findLast(({ kind }) => kind === "attempt.ended");
    expect(end && ledgerLine(end, world.core.state)).toMatchObject({
      ...{ rule: "infra-lost-quarantined", inputs: { suspectLosses: 8, isBurned: false } },
    });
  });

  it("is counted alike whether its nodes fall silent, forget it, cannot end it or say that it is gone", () => {
    const world = upWorld();
    const job = submit(world);
    begin(world);
    world.pass(world.core.timing.regrantAfterMs + 1_000);
    expect(job.suspectLosses).toBe(1);
    begin(world);
    world.attach("alpha", { inventory: [] });
    expect(job.suspectLosses).toBe(2);
    world.complete("alpha", { token: begin(world), outcome: "wedged", detail: "pid 7" });
    expect(job.suspectLosses).toBe(3);
    lose(world);
    expect(job.suspectLosses).toBe(4);
  });

  it("keeps its count over a restart of the hub, and begins anew when it is requeued", () => {
    const world = upWorld();
    const job = submit(world);
    loseAll(world, LOSS_POLICY.suspectMax);
    const copy = decodeHubState(encodeHubState(world.core.state)).jobs.get(job.id);
    expect(copy).toMatchObject({ state: "quarantined", suspectLosses: 8 });
    expect(world.do((tx) => requeueJob(tx, job, BY))).toBeNull();
    expect(job.suspectLosses).toBeUndefined();
    lose(world);
    expect(job).toMatchObject({ state: "pending", suspectLosses: 1 });
  });

  it("that is a service begins anew after an hour of service, a task does not", () => {
    const counts = (["service", "task"] as const).map((kind) => {
      const world = upWorld();
      const job = submit(world, { kind });
      loseAll(world, 5);
      lose(world, "alpha", LOSS_POLICY.servedMs);
      return job.suspectLosses;
    });
    expect(counts).toEqual([1, 6]);
  });
});

const INNOCENT: readonly (readonly [string, (world: HubWorld, token: number) => void])[] = [
  ["to a hub that is SAFE", (world) => rollBack(world)],
  ["while the fleet goes down", (world) => desire(world)],
  ["on a node that is cordoned", (world) => keepOff(world, false)],
  ["on a node that is drained", (world) => keepOff(world, true)],
  ["of work that had to leave", (world, token) => preempt(world, token)],
  [
    "of work whose outputs are on their way",
    (world, token) => world.do((tx) => noteUpload(tx, "alpha", token)),
  ],
  [
    "within a re-grant window after the hub has started",
    (world) => world.do((tx) => startHub(tx, "0", "hub")),
  ],
  ["within a re-grant window after the hub has stood still", (world) => standStill(world)],
  ["while much of the fleet is silent", (world) => panic(world)],
  [
    "after a person has given the silent nodes up",
    (world) => {
      panic(world);
      world.do((tx) => acceptLoss(tx, BY));
    },
  ],
];

const desire = (world: HubWorld): unknown =>
  world.do((tx) => setDesired(tx, { verb: "down", isForced: false, isNow: false, ...BY }));
const keepOff = (world: HubWorld, isDrain: boolean): void =>
  world.do((tx) => cordon(tx, { node: "alpha", isDrain, deadlineMs: null, ...BY }));
const preempt = (world: HubWorld, token: number): void => {
  const order = { claimant: null, holdUntilMs: null, ...BY };
  world.do((tx) => tx.emit({ kind: "job.preempted", jobId: "j_000001", token, node: "alpha", ...order }));
};
const panic = (world: HubWorld): void => {
  world.core.soft.panic = { fleet: 4 };
};
const rollBack = (world: HubWorld): void =>
  world.do((tx) =>
    tx.emit({ kind: "rollback.suspected", node: "x", tokenSeen: 9, jobSeen: 9, epochSeen: 9 }),
  );
const standStill = (world: HubWorld): void => {
  world.do(tick);
  world.nowMs += 600_000;
  world.do(tick);
};

describe("a loss that is nobody's doing", () => {
  it("is none after a standstill of the hub that was too short to cost a lease", () => {
    const world = upWorld();
    const job = submit(world);
    const token = begin(world);
    world.do(tick);
    world.nowMs += world.core.timing.suspectMs;
    world.do(tick);
    world.complete("alpha", { ...LOST, token });
    expect(job.suspectLosses).toBe(1);
  });

  it.each(INNOCENT)("is one %s", (_what, happen) => {
    const world = upWorld();
    const job = submit(world);
    const token = begin(world);
    happen(world, token);
    world.attach("alpha", { inventory: [{ token, state: "running" }] });
    world.complete("alpha", { ...LOST, token });
    expect(job).toMatchObject({ state: "pending", losses: 1 });
    expect(job.suspectLosses).toBeUndefined();
  });

  it("is one of a node that never came back to a hub that has started, however long its grace", () => {
    const world = upWorld();
    const job = submit(world, { onHubLoss: "finish", maxRuntimeMs: 600_000 });
    begin(world);
    world.do((tx) => tx.soft.sessions.delete("alpha"));
    world.do((tx) => startHub(tx, "0", "hub"));
    world.pass(700_000);
    expect(job).toMatchObject({ state: "pending", losses: 1 });
    expect(job.suspectLosses).toBeUndefined();
  });

  it("is one of a grant that began no process", () => {
    const world = upWorld();
    const job = submit(world);
    world.claim("alpha");
    world.attach("alpha", { inventory: [] });
    expect(job).toMatchObject({ state: "pending", losses: 1 });
    expect(job.suspectLosses).toBeUndefined();
  });
});

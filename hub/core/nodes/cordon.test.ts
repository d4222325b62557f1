import { describe, expect, it } from "vitest";
import { type HubWorld, jobOf, specOf, submit, upWorld } from "../../../test/helpers/hub-world.ts";
import { noteUpload } from "../lease.ts";
import { submitJob } from "../queue/queue.ts";
import { requeueJob } from "../queue/requeue.ts";
import { decodeHubState, encodeHubState } from "../snapshot.ts";
import { whyJob, whyNode } from "../why/why.ts";
import { cordon, uncordon } from "./cordon.ts";

const BY = { actor: "ada", reason: "a new card" };

const hold = (world: HubWorld): void =>
  world.do((tx) => cordon(tx, { node: "alpha", isDrain: false, deadlineMs: null, ...BY }));
const drain = (world: HubWorld, deadlineMs: number | null): void =>
  world.do((tx) => cordon(tx, { node: "alpha", isDrain: true, deadlineMs, ...BY }));

describe("a cordoned node", () => {
  it("is granted nothing, keeps what runs, and says who did it and why", () => {
    const world = upWorld();
    const running = submit(world, "a");
    world.claim("alpha");
    hold(world);
    const waiting = submit(world, "b");
    world.claim("alpha");
    world.pass(4_000);
    expect(world.grants("alpha").map(({ jobId }) => jobId)).toEqual([running]);
    expect(world.sent("alpha", "stop")).toEqual([]);
    world.frame("alpha");
    world.claim("alpha");
    expect(whyJob(world.core, jobOf(world, waiting), world.now()).rule).toBe("cordoned");
    expect(whyNode(world.core, "alpha", world.now())).toMatchObject({
      rule: "cordoned",
      evidence: expect.arrayContaining([
        expect.objectContaining({ name: "cordoned", value: "by ada: a new card", ageMs: 4_000 }),
      ]),
      wouldChange: ["`spiral uncordon alpha`"],
    });
  });

  it("takes work again as soon as it is uncordoned, and not before", () => {
    const world = upWorld();
    hold(world);
    submit(world, "a");
    world.claim("alpha");
    expect(world.grants("alpha")).toEqual([]);
    expect(world.do((tx) => uncordon(tx, "alpha", BY))).toBe(true);
    expect(world.grants("alpha")).toHaveLength(1);
    expect(world.do((tx) => uncordon(tx, "alpha", BY))).toBe(false);
  });

  it("stays cordoned over a restart of the hub", () => {
    const world = upWorld();
    hold(world);
    const copy = decodeHubState(encodeHubState(world.core.state));
    expect(copy.cordons).toEqual(world.core.state.cordons);
    expect(copy.cordons.get("alpha")).toMatchObject({ by: "ada", isDrain: false });
  });
});

describe("a drained node", () => {
  it("stops nothing without a deadline", () => {
    const world = upWorld();
    submit(world, "a");
    world.claim("alpha");
    drain(world, null);
    world.pass(7_000);
    expect(world.sent("alpha", "stop")).toEqual([]);
  });

  it("stops at its deadline what still runs, which goes back to the queue with nothing against it", () => {
    const world = upWorld();
    const jobId = submit(world, "a");
    world.claim("alpha");
    const [grant] = world.grants("alpha");
    drain(world, 5_000);
    world.pass(4_000);
    expect(world.sent("alpha", "stop")).toEqual([]);
    world.pass(2_000);
    expect(world.sent("alpha", "stop")).toHaveLength(1);
    world.complete("alpha", {
      token: grant?.token ?? 0,
      outcome: "cancelled",
      detail: "stopped",
      exitCode: 0,
    });
    expect(jobOf(world, jobId)).toMatchObject({
      state: "pending",
      attempts: 0,
      losses: 0,
      failedNodes: [],
      ends: { preempted: 1 },
    });
  });

  it("lets work that is being delivered arrive", () => {
    const world = upWorld();
    submit(world, "a");
    world.claim("alpha");
    world.do((tx) =>
      tx.emit({ kind: "job.finalising", token: 1, manifestSha256: "ab".repeat(32), outputs: [] }),
    );
    submit(world, "b");
    world.claim("alpha");
    world.do((tx) => noteUpload(tx, "alpha", 2));
    drain(world, 0);
    world.pass(7_000);
    expect(world.sent("alpha", "stop")).toEqual([]);
  });

  it("says again what its agent may not have heard, and holds nothing against the job", () => {
    const world = upWorld();
    const jobId = submit(world, "a");
    world.claim("alpha");
    drain(world, 0);
    world.attach("alpha", { inventory: [{ token: 1, state: "running" }] });
    expect(world.sent("alpha", "welcome").at(-1)?.verdicts).toEqual([{ token: 1, isKept: true }]);
    expect(world.sent("alpha", "stop").map((message) => message.isPreemption)).toEqual([true, true]);
    world.complete("alpha", { token: 1, outcome: "preempted", detail: "it was told to leave" });
    expect(jobOf(world, jobId)).toMatchObject({ state: "pending", losses: 0, ends: { preempted: 1 } });
  });

  it("keeps a cancellation a cancellation", () => {
    const world = upWorld();
    const jobId = submit(world, "a");
    world.claim("alpha");
    drain(world, 0);
    world.do((tx) => tx.emit({ kind: "job.cancelRequested", jobId, ...BY }));
    world.complete("alpha", { token: 1, outcome: "cancelled", detail: "stopped", exitCode: 0 });
    expect(jobOf(world, jobId).state).toBe("cancelled");
  });
});

describe("requeueJob", () => {
  it("gives a quarantined job another start with fresh counters, under its old id and key", () => {
    const world = upWorld();
    const jobId = submit(world, "a", { maxAttempts: 1 });
    world.claim("alpha");
    world.complete("alpha", { token: 1, outcome: "own-failure", detail: "no", exitCode: 1 });
    expect(jobOf(world, jobId)).toMatchObject({
      state: "quarantined",
      attempts: 1,
      ends: { "own-failure": 1 },
    });
    expect(world.do((tx) => requeueJob(tx, jobOf(world, jobId), BY))).toBeNull();
    expect(jobOf(world, jobId)).toMatchObject({
      state: "pending",
      attempts: 0,
      failedNodes: [],
      endedWallMs: null,
    });
    expect(jobOf(world, jobId).ends).toBeUndefined();
    world.claim("alpha");
    expect(world.grants("alpha").map((grant) => grant.jobId)).toEqual([jobId, jobId]);
    expect(world.do((tx) => submitJob(tx, "a", specOf({ maxAttempts: 1 })))).toEqual({
      kind: "duplicate",
      jobId,
    });
  });

  it("gives a cancelled job another start that is not cancelled at once", () => {
    const world = upWorld();
    const jobId = submit(world, "a", { delayMs: 1_000 });
    world.do((tx) => tx.emit({ kind: "job.cancelled", jobId, ...BY }));
    world.do((tx) => requeueJob(tx, jobOf(world, jobId), BY));
    world.claim("alpha");
    world.complete("alpha", { token: 1, outcome: "infra-lost", detail: "gone", exitCode: 0 });
    expect(jobOf(world, jobId).state).toBe("pending");
  });

  it.each(["pending", "succeeded"])("refuses a job that is %s", (state) => {
    const world = upWorld();
    const jobId = submit(world, "a");
    if (state === "succeeded") {
      world.claim("alpha");
      world.complete("alpha", { token: 1 });
    }
    expect(world.do((tx) => requeueJob(tx, jobOf(world, jobId), BY))).toContain(`is ${state}: only`);
  });
});

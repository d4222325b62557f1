import { describe, expect, it } from "vitest";
import { RETENTION } from "../../../shared/model/retention.ts";
import { CONTROL, HubWorld, specOf } from "../../../test/helpers/hub-world.ts";
import { apply } from "../apply.ts";
import { setDesired } from "../arbiter/desired.ts";
import { tick } from "../hub.ts";
import { decodeHubState, encodeHubState } from "../snapshot.ts";
import { createHubState, jobIdOf, wasJob } from "../state.ts";
import { submitJob } from "./queue.ts";

const HUMAN = { actor: "operator", reason: "test" };
const { finishedJobs, finishedMs, batch, lookMs } = RETENTION;

/** Ends so many jobs at once, as cancelled. */
function finish(world: HubWorld, count: number, changes: Parameters<typeof specOf>[0] = {}): void {
  const first = world.core.state.lastJob + 1;
  world.do((tx) => {
    for (let number = first; number < first + count; number++) {
      const jobId = jobIdOf(number);
      tx.emit({ kind: "job.submitted", jobId, key: `test/${number}`, spec: specOf(changes), slot: null });
      tx.emit({ kind: "job.cancelled", jobId, ...HUMAN });
    }
  });
}

function forgotten(world: HubWorld): readonly string[] {
  return world.events.flatMap((event) => (event.kind === "job.forgotten" ? event.jobIds : []));
}

/** A node that is up, so that jobs run and succeed. */
function workingWorld(): HubWorld {
  const world = new HubWorld();
  world.attach("alpha");
  world.do((tx) => tx.emit({ kind: "control.loaded", document: CONTROL }));
  world.do((tx) => tx.emit({ kind: "calibration.loaded", document: { dimensions: [] } }));
  for (const verb of ["enable", "up"] as const)
    world.do((tx) => setDesired(tx, { verb, isForced: false, isNow: false, ...HUMAN }));
  return world;
}

describe("finished jobs", () => {
  it("are forgotten the oldest first, a batch at a time, and never below the bound", () => {
    const world = new HubWorld();
    world.do(tick);
    finish(world, finishedJobs + batch - 1);
    world.do(tick);
    expect(forgotten(world)).toEqual([]);
    finish(world, batch + 1);
    world.do(tick);
    world.do(tick);
    world.do(tick);
    expect(world.events.filter(({ kind }) => kind === "job.forgotten")).toHaveLength(2);
    expect(forgotten(world)).toEqual(Array.from({ length: 2 * batch }, (_, index) => jobIdOf(index + 1)));
    expect(world.core.state.jobs.size).toBe(finishedJobs);
    expect(world.core.state.keys.size).toBe(finishedJobs);
  });

  it("are forgotten by their age in journal time", () => {
    const world = new HubWorld();
    finish(world, 2);
    world.nowMs += finishedMs;
    finish(world, 1);
    world.do(tick);
    expect(forgotten(world)).toEqual([]);
    world.nowMs += lookMs;
    world.do(tick);
    expect(forgotten(world)).toEqual([jobIdOf(1), jobIdOf(2)]);
  });

  it("leave a free key, totals that only grow, and numbers that are never given again", () => {
    const world = new HubWorld();
    finish(world, 2, { campaign: "demo" });
    world.nowMs += finishedMs + 1;
    world.do(tick);
    const { state } = world.core;
    expect(state.forgotten).toMatchObject({ cancelled: 2, succeeded: 0 });
    expect(state.index.byCampaign.size).toBe(0);
    expect(wasJob(state, jobIdOf(1))).toBe(true);
    expect(world.do((tx) => submitJob(tx, "1", specOf()))).toEqual({ kind: "submitted", jobId: jobIdOf(3) });
    expect(wasJob(state, jobIdOf(4))).toBe(false);
  });

  it("take their tokens with them: a completion that comes again is stale, and no token is reused", () => {
    const world = workingWorld();
    world.do((tx) => submitJob(tx, "a", specOf()));
    world.claim("alpha");
    world.complete("alpha", { token: 1 });
    world.complete("alpha", { token: 1 });
    world.nowMs += finishedMs + 1;
    world.do(tick);
    expect(world.core.state.accepted.size).toBe(0);
    world.attach("alpha");
    world.complete("alpha", { token: 1 });
    const told = world.sent("alpha", "completeAck").flatMap(({ verdicts }) => verdicts);
    expect(told.map(({ status }) => status)).toEqual(["accepted", "accepted", "stale"]);
    world.do((tx) => submitJob(tx, "b", specOf()));
    world.claim("alpha");
    expect(world.grants("alpha").map(({ token }) => token)).toEqual([1, 2]);
  });

  it("stay while their outputs are not in renders/", () => {
    const world = workingWorld();
    world.do((tx) => submitJob(tx, "a", specOf()));
    world.claim("alpha");
    const manifestSha256 = "ab".repeat(32);
    world.do((tx) => tx.emit({ kind: "job.finalising", token: 1, manifestSha256, outputs: [] }));
    world.complete("alpha", { token: 1, manifestSha256 });
    world.nowMs += finishedMs + 1;
    world.do(tick);
    expect(forgotten(world)).toEqual([]);
    world.do((tx) => tx.emit({ kind: "job.published", jobId: jobIdOf(1) }));
    world.nowMs += lookMs;
    world.do(tick);
    expect(world.core.state.forgotten).toMatchObject({ succeeded: 1, published: 1 });
  });
});

describe("the lists of jobs", () => {
  it("come out the same from a snapshot and from the events", () => {
    const world = new HubWorld();
    finish(world, 3, { campaign: "demo" });
    world.nowMs += finishedMs + 1;
    finish(world, 2, { campaign: "demo" });
    world.do((tx) => submitJob(tx, "live", specOf()));
    world.do(tick);
    expect(forgotten(world)).toHaveLength(3);
    const replayed = createHubState();
    for (const event of world.events) apply(replayed, event);
    const { index, forgotten: ever } = world.core.state;
    for (const state of [replayed, decodeHubState(encodeHubState(replayed))]) {
      expect([...state.index.finished]).toEqual([...index.finished]);
      expect(state.index.byCampaign).toEqual(index.byCampaign);
      expect(state.index.byState).toEqual(index.byState);
      expect(state.forgotten).toEqual(ever);
    }
  });
});

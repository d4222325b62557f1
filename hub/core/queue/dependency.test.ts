import { describe, expect, it } from "vitest";
import { type HubWorld, jobOf, specOf, submit, upWorld } from "../../../test/helpers/hub-world.ts";
import { apply } from "../apply.ts";
import { published, tick } from "../hub.ts";
import { markStaged } from "../lease.ts";
import { decodeHubState, encodeHubState } from "../snapshot.ts";
import { createHubState } from "../state.ts";
import { whyJob } from "../why/why.ts";
import { cancelJob, submitJob } from "./queue.ts";
import { requeueJob } from "./requeue.ts";

const BY = { actor: "ada", reason: "test" };

const granted = (world: HubWorld): readonly string[] => world.grants("alpha").map(({ jobId }) => jobId);
const refusal = (world: HubWorld, after: readonly string[]) =>
  world.do((tx) => submitJob(tx, "late", specOf({ after })));

describe("a job that comes after others", () => {
  it("waits for every one of them, and says for which", () => {
    const world = upWorld();
    const a = submit(world, "a");
    const b = submit(world, "b");
    const c = submit(world, "c", { after: [a, b] });
    world.claim("alpha", 3);
    expect(granted(world)).toEqual([a, b]);
    expect(whyJob(world.core, jobOf(world, c), world.now())).toMatchObject({
      rule: "dependency",
      evidence: [
        { name: `comes after ${a}`, value: "leased" },
        { name: `comes after ${b}`, value: "leased" },
      ],
    });
    world.complete("alpha", { token: 1 });
    world.claim("alpha", 3);
    expect(granted(world)).toEqual([a, b]);
    world.claim("alpha", 3);
    world.complete("alpha", { token: 2 });
    expect(granted(world)).toEqual([a, b, c]);
  });

  it("waits until the outputs lie in renders/", () => {
    const world = upWorld();
    const a = submit(world, "a");
    const b = submit(world, "b", { after: [a] });
    world.claim("alpha");
    const manifestSha256 = "ab".repeat(32);
    world.do((tx) => markStaged(tx, { token: 1, manifestSha256, outputs: [] }));
    world.complete("alpha", { token: 1, manifestSha256 });
    world.claim("alpha");
    expect(granted(world)).toEqual([a]);
    world.do((tx) => published(tx, a));
    expect(granted(world)).toEqual([a, b]);
  });

  it("does not wait for one that has succeeded already", () => {
    const world = upWorld();
    const a = submit(world, "a");
    world.claim("alpha");
    world.complete("alpha", { token: 1 });
    const b = submit(world, "b", { after: [a] });
    world.claim("alpha");
    expect(granted(world)).toEqual([a, b]);
  });

  it("is cancelled with its reason when one of them ends otherwise, and so is what comes after it", () => {
    const world = upWorld();
    const a = submit(world, "a");
    const b = submit(world, "b", { after: [a] });
    const c = submit(world, "c", { after: [b] });
    world.do((tx) => cancelJob(tx, jobOf(world, a), BY));
    world.do(tick);
    expect(jobOf(world, b)).toMatchObject({
      state: "cancelled",
      lastDetail: `${a}, which it comes after, is cancelled`,
    });
    expect(jobOf(world, c)).toMatchObject({
      state: "cancelled",
      lastDetail: `${b}, which it comes after, is cancelled`,
    });
    expect(world.core.state.index.dependents.size).toBe(0);
    expect(world.core.state.index.broken.size).toBe(0);
  });

  it("is requeued only after what it comes after, and then waits for it again", () => {
    const world = upWorld();
    const a = submit(world, "a");
    const b = submit(world, "b", { after: [a] });
    world.do((tx) => cancelJob(tx, jobOf(world, a), BY));
    world.do(tick);
    expect(world.do((tx) => requeueJob(tx, jobOf(world, b), BY))).toBe(
      `after: ${a} is cancelled: requeue it first`,
    );
    expect(world.do((tx) => requeueJob(tx, jobOf(world, a), BY))).toBeNull();
    expect(world.do((tx) => requeueJob(tx, jobOf(world, b), BY))).toBeNull();
    world.claim("alpha", 3);
    expect(granted(world)).toEqual([a]);
    world.claim("alpha", 3);
    world.complete("alpha", { token: 1 });
    expect(granted(world)).toEqual([a, b]);
  });

  it("is refused where it would wait for ever", () => {
    const world = upWorld();
    const service = submit(world, "s", { kind: "service" });
    const failed = submit(world, "f");
    world.do((tx) => cancelJob(tx, jobOf(world, failed), BY));
    expect(refusal(world, ["j_000099"])).toMatchObject({ reason: "after: j_000099 does not exist" });
    expect(refusal(world, [service])).toMatchObject({ reason: expect.stringContaining("is a service") });
    expect(refusal(world, [failed])).toMatchObject({ reason: expect.stringContaining("is cancelled") });
  });

  it("is the same after replay and after a snapshot", () => {
    const world = upWorld();
    const a = submit(world, "a");
    submit(world, "b", { after: [a] });
    submit(world, "c", { after: [a], delayMs: 1_000 });
    world.claim("alpha");
    const replayed = createHubState();
    for (const event of world.events) apply(replayed, structuredClone(event));
    const decoded = decodeHubState(encodeHubState(world.core.state));
    for (const copy of [replayed, decoded]) {
      expect(copy.jobs).toEqual(world.core.state.jobs);
      expect(copy.index.dependents).toEqual(world.core.state.index.dependents);
    }
  });
});

describe("a job with a moment before which it must not run", () => {
  it("waits for it in journal time", () => {
    const world = upWorld();
    const a = submit(world, "a", { notBeforeWallMs: world.nowMs + 5_000 });
    world.claim("alpha");
    world.pass(4_800);
    expect(granted(world)).toEqual([]);
    expect(whyJob(world.core, jobOf(world, a), world.now()).rule).toBe("not-before");
    world.frame("alpha");
    world.pass(400);
    expect(granted(world)).toEqual([a]);
  });
});

describe("a job that uses a service", () => {
  it("is granted only where the service runs, and says that it waits for it", () => {
    const world = upWorld();
    world.attach("beta");
    const service = submit(world, "s", { kind: "service", runner: "render", node: "beta" });
    world.claim("beta");
    const user = submit(world, "u", { uses: "render" });
    world.claim("alpha");
    world.claim("beta", 2);
    expect(whyJob(world.core, jobOf(world, user), world.now())).toMatchObject({ rule: "no-service" });
    world.say("beta", { kind: "started", token: 1 });
    expect(jobOf(world, service).state).toBe("running");
    world.do(tick);
    expect(granted(world)).toEqual([]);
    expect(world.grants("beta").map(({ jobId }) => jobId)).toEqual([service, user]);
  });
});

import { describe, expect, it } from "vitest";
import { type HubWorld, jobOf, submit, upWorld } from "../../../test/helpers/hub-world.ts";
import { cordon } from "../nodes/cordon.ts";
import { whyJob, whyNode } from "./why.ts";

const GIB = 1024 ** 3;

/** What is said of alpha and of the job that waits, three seconds after alpha was last heard. */
function why(world: HubWorld, jobId: string) {
  world.pass(3_000);
  const { rule, evidence, wouldChange } = whyJob(world.core, jobOf(world, jobId), world.now());
  const { value, ageMs } = evidence.find(({ name }) => name === "alpha") ?? { value: "", ageMs: -1 };
  return { rule, value, ageMs, cure: wouldChange.join("; ") };
}

describe("why a job fits nowhere", () => {
  it("names the jobs in the slots of its lane, and how old that is", () => {
    const world = upWorld();
    submit(world, "cpu", { lane: "cpu", vramBytes: 0 });
    const first = submit(world, "first");
    world.claim("alpha", 1, 4);
    world.claim("alpha", 0, 3);
    expect(why(world, submit(world, "second"))).toMatchObject({
      rule: "no-slot",
      value: `no free gpu slot: taken by ${first}`,
      ageMs: 3_000,
    });
  });

  it("says of a job that is too big that it is, also while no slot is free", () => {
    const world = upWorld();
    world.claim("alpha", 0, 0, 10 * GIB);
    expect(why(world, submit(world, "huge", { vramBytes: 90 * GIB }))).toMatchObject({
      rule: "too-big",
      value: "its batch gate never has room for more than 46694 MiB, asked are 92160 MiB",
    });
  });

  it("tells a shut gate with its pressure, and who says what holds it", () => {
    const world = upWorld();
    world.claim("alpha", 1, 1, 0);
    world.frame("alpha", { gpuPressure: 0.66 });
    expect(why(world, submit(world, "job", { vramBytes: 2 * GIB }))).toEqual({
      rule: "no-headroom",
      value: "its batch gate is shut, asked are 2048 MiB, at a pressure of 0.66",
      ageMs: 3_000,
      cure: expect.stringContaining("spiral gpu eviction-registry --node alpha"),
    });
  });

  it("says of a node without a card that it has none, and not that a slot is missing", () => {
    const world = upWorld();
    world.attach("alpha", { gpus: [] });
    world.say("alpha", {
      ...{ kind: "claim", claimId: 1, gpuSlots: 0, cpuSlots: 2, headroom: [], warm: [], maxTokenSeen: 0 },
    });
    expect(why(world, submit(world, "job"))).toMatchObject({ rule: "no-gpu", value: "has no GPU" });
  });

  it("says that the node which it names has never attached", () => {
    const world = upWorld();
    world.claim("alpha");
    const jobId = submit(world, "lost", { node: "nosuch" });
    expect(whyJob(world.core, jobOf(world, jobId), world.now())).toMatchObject({
      rule: "other-node",
      evidence: [
        { name: "wants", value: "nosuch, which has never attached" },
        { name: "alpha", value: "not the node that it names, nosuch" },
      ],
      wouldChange: [
        expect.stringMatching(/`spiral agent nosuch`, or it is submitted again for another one$/),
      ],
    });
  });

  it("says who cordoned the node, why and when", () => {
    const world = upWorld();
    const by = { actor: "ada", reason: "new fan" };
    world.do((tx) => cordon(tx, { node: "alpha", isDrain: false, deadlineMs: null, ...by }));
    world.claim("alpha");
    expect(why(world, submit(world, "job"))).toEqual({
      rule: "cordoned",
      value: "cordoned by ada: new fan",
      ageMs: 3_000,
      cure: "the node is uncordoned: `spiral uncordon alpha`",
    });
  });

  it("says how often the node declined it, why, and when it is asked again", () => {
    const world = upWorld();
    const jobId = submit(world, "job");
    for (let token = 1; token <= 4; token++) {
      world.claim("alpha");
      world.say("alpha", { kind: "decline", token, reason: "telemetry-stale" });
      if (token < 4) world.pass(5_000);
      world.frame("alpha");
    }
    world.claim("alpha");
    expect(why(world, jobId)).toMatchObject({
      rule: "avoided",
      value: expect.stringMatching(
        /^declined it 4 time\(s\), is asked again in \d+ s; the last said: .*stale/,
      ),
    });
  });
});

describe("why a node is given no more", () => {
  it("tells its free slots, what runs there and which gates are shut, with the age of its word", () => {
    const world = upWorld();
    submit(world, "first");
    world.claim("alpha", 1, 2);
    const headroom = (["interactive", "background", "batch"] as const).map((priority) => ({
      ...{ gpu: "GPU-0", priority, bytes: priority === "interactive" ? GIB : 0 },
    }));
    const offer = { gpuSlots: 0, cpuSlots: 2, headroom, warm: [], maxTokenSeen: 1 };
    world.say("alpha", { kind: "claim", claimId: 2, ...offer });
    world.pass(2_000);
    expect(whyNode(world.core, "alpha", world.now())).toMatchObject({
      rule: "clear",
      evidence: [
        { name: "free slots", value: "0 gpu, 2 cpu", ageMs: 2_000 },
        { name: "running", value: "1 job(s)" },
        { name: "shut gates", value: "background, batch of GPU-0", ageMs: 2_000 },
      ],
    });
  });
});

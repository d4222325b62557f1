import { describe, expect, it } from "vitest";
import { CONTROL, type HubWorld, jobOf, OK, submit, upWorld } from "../../../test/helpers/hub-world.ts";
import { whyJob } from "./why.ts";

function why(world: HubWorld, jobId: string) {
  return whyJob(world.core, jobOf(world, jobId), world.now());
}

/** Fails of its own fault as often as this. */
function fail(world: HubWorld, times: number): void {
  for (let token = 1; token <= times; token++) {
    if (token > 1) world.pass(5_000);
    world.frame("alpha");
    world.claim("alpha");
    const end = { outcome: "own-failure", detail: "exit status 3", exitCode: 3 } as const;
    world.complete("alpha", { ...OK, ...end, token });
  }
}

describe("why a job waits for something of its own", () => {
  it("tells a moment that it was given from a pause after failures", () => {
    const world = upWorld();
    expect(why(world, submit(world, "later", { delayMs: 90_000 }))).toMatchObject({
      rule: "not-before",
      evidence: [{ name: "not before", value: "90 s to go" }],
      wouldChange: ["time: it may be granted in 90 s"],
    });
  });

  it.each([
    [90, "90 s to go"],
    [3_600, "60 min to go"],
    [36_000, "10 h to go"],
    [864_000, "10 days to go"],
  ])("names the moment that a job was given, %d s away", (seconds, left) => {
    const world = upWorld();
    const notBeforeWallMs = world.nowMs + seconds * 1_000;
    const moment = `${new Date(notBeforeWallMs).toISOString().slice(0, 16).replace("T", " ")} UTC`;
    expect(why(world, submit(world, "later", { notBeforeWallMs }))).toMatchObject({
      rule: "not-before",
      evidence: [{ name: "not before", value: `${moment}, ${left}` }],
      wouldChange: [`time: it may be granted at ${moment}`],
    });
  });

  it("counts the seconds to a moment that no calendar has", () => {
    const world = upWorld();
    const jobId = submit(world, "never", { notBeforeWallMs: Number.MAX_SAFE_INTEGER });
    expect(why(world, jobId).evidence).toMatchObject([{ value: expect.stringMatching(/^\d+ s to go$/) }]);
  });

  it.each([
    { times: 1, burned: "1 of 3" },
    { times: 2, burned: "2 of 3: the next failure of its own quarantines it" },
  ])(
    "says after $times failure(s) how they ended, where, and what the next one does",
    ({ times, burned }) => {
      const world = upWorld();
      const jobId = submit(world, "fails", { maxAttempts: 3 });
      fail(world, times);
      expect(why(world, jobId)).toMatchObject({
        rule: "backing-off",
        evidence: [
          { name: "not before" },
          { name: "attempts burned", value: burned },
          { name: "ended so far", value: `${times} own-failure` },
          { name: "last attempt", value: "exit status 3 on alpha" },
        ],
        wouldChange: [expect.stringMatching(/^time: it is tried again in \d+ s$/)],
      });
    },
  );

  it("says where a job runs that it comes after, for how long, and how to ask on", () => {
    const world = upWorld();
    const first = submit(world, "first");
    const second = submit(world, "second", { after: [first] });
    expect(why(world, second).evidence).toEqual([
      { name: `comes after ${first}`, value: "pending", ageMs: 0 },
    ]);
    world.claim("alpha");
    world.say("alpha", { kind: "started", token: 1 });
    world.pass(4_000);
    expect(why(world, second)).toMatchObject({
      rule: "dependency",
      evidence: [{ name: `comes after ${first}`, value: "running on alpha", ageMs: 4_000 }],
      wouldChange: [expect.stringContaining(`\`spiral why job ${first}\``)],
    });
  });

  it("says of a job that is larger than the bound of its owner that nobody is in its way", () => {
    const world = upWorld();
    const owners = { test: { weight: 10, maxSlots: null, maxVramMib: 512 } };
    world.do((tx) => tx.emit({ kind: "control.loaded", document: { ...CONTROL, owners } }));
    expect(why(world, submit(world, "large"))).toMatchObject({
      rule: "owner-budget",
      evidence: [
        { value: "test would hold 1024 of 512 MiB" },
        { name: "held by", value: "nobody: it asks for more than the bound" },
      ],
    });
  });
});

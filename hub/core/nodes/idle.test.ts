import { describe, expect, it } from "vitest";
import { CONTROL, HubWorld, specOf } from "../../../test/helpers/hub-world.ts";
import { setDesired } from "../arbiter/desired.ts";
import { setOverride } from "../arbiter/override.ts";
import { submitJob } from "../queue/queue.ts";

const HUMAN = { isForced: false, isNow: false, actor: "operator", reason: "test" };
const GIB = 1024 ** 3;

/** A fleet of one node that is up and holds an open claim. */
function idleWorld(): HubWorld {
  const world = new HubWorld();
  world.attach("alpha");
  world.do((tx) => tx.emit({ kind: "control.loaded", document: CONTROL }));
  world.do((tx) => tx.emit({ kind: "calibration.loaded", document: { dimensions: [] } }));
  for (const verb of ["enable", "up"] as const) world.do((tx) => setDesired(tx, { verb, ...HUMAN }));
  world.claim("alpha");
  return world;
}

let seq = 0;
function beat(world: HubWorld): readonly string[] {
  world.frame("alpha");
  world.say("alpha", { kind: "heartbeat", seq: ++seq });
  return world.sent("alpha", "noWork").map(({ reason }) => reason);
}

describe("a node that holds a claim", () => {
  it("is told why it gets nothing, once for each reason", () => {
    const world = idleWorld();
    expect(beat(world)).toEqual(["the queue is empty"]);
    expect(beat(world)).toHaveLength(1);
    world.do((tx) => submitJob(tx, "later", specOf({ delayMs: 60_000 })));
    expect(beat(world).at(-1)).toBe("what is queued waits for its time or for other jobs");
    world.do((tx) => submitJob(tx, "big", specOf({ vramBytes: 43 * GIB })));
    world.do((tx) => submitJob(tx, "elsewhere", specOf({ node: "ghost" })));
    world.pass(1_000);
    expect(beat(world).at(-1)).toBe("no waiting job fits here: no-headroom, other-node");
    expect(beat(world)).toHaveLength(3);
  });

  it("is told the rule that keeps the whole fleet from working, and what lifts it", () => {
    const world = idleWorld();
    world.do((tx) => setDesired(tx, { verb: "pause", ...HUMAN }));
    expect(beat(world)).toEqual(["paused: `spiral up`"]);
  });

  it("is told once of a deferral, however its moment draws nearer", () => {
    const world = idleWorld();
    const until = `at:${world.nowMs + 3_600_000}`;
    const defer = { effect: "defer", subject: "fleet", name: "", until, forMs: 7_200_000 } as const;
    world.do((tx) => setOverride(tx, { ...defer, actor: "operator", reason: "test" }));
    for (let beats = 0; beats < 5; beats++) {
      world.pass(3_000);
      beat(world);
    }
    expect(beat(world)).toEqual(["deferral: work here is put off, see `spiral override list`"]);
  });

  it("is told nothing while it has none, and again after it was given work", () => {
    const world = idleWorld();
    beat(world);
    world.do((tx) => submitJob(tx, "a", specOf()));
    world.claim("alpha");
    expect(world.grants("alpha")).toHaveLength(1);
    expect(beat(world)).toHaveLength(1);
    world.claim("alpha");
    expect(beat(world)).toEqual(["the queue is empty", "the queue is empty"]);
  });
});

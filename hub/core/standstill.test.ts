import { describe, expect, it } from "vitest";
import { HubWorld, sessionOf, submit, upWorld } from "../../test/helpers/hub-world.ts";
import { apply } from "./apply.ts";
import { startHub, tick } from "./hub.ts";
import { detach } from "./nodes/session.ts";

describe("a hub that stood still", () => {
  it("between its start and its first look gives every holder a whole window, too", () => {
    const world = upWorld();
    const id = submit(world, "a");
    world.claim("alpha");
    const reborn = new HubWorld();
    for (const event of world.events) apply(reborn.core.state, event);
    reborn.nowMs = world.nowMs;
    reborn.do((tx) => startHub(tx, "0", "hub"));
    reborn.nowMs += 60_000;
    reborn.do(tick);
    expect(reborn.core.state.jobs.get(id)?.state).toBe("leased");
  });

  it("gives every holder a whole window from when it looked again", () => {
    const world = upWorld();
    const id = submit(world, "a");
    world.claim("alpha");
    world.do(tick);
    world.nowMs += 60_000;
    world.do(tick);
    expect(world.core.state.jobs.get(id)?.state).toBe("leased");
    expect(world.core.soft.sessions.has("alpha")).toBe(true);
  });

  it("gives a whole window after a long time also to a holder that was silent before", () => {
    const world = upWorld();
    const id = submit(world, "a");
    world.claim("alpha");
    world.pass(40_000);
    world.nowMs += 60_000;
    world.pass(46_000);
    expect(world.core.state.jobs.get(id)?.state).toBe("leased");
  });

  it("closes no session and begins no panic, however long it stood still and however old its last heartbeat was", () => {
    for (let gapMs = 0; gapMs <= 20_000; gapMs += 250) {
      for (const ageMs of [0, 1_500, 3_000]) {
        const world = upWorld();
        for (const node of ["beta", "gamma"]) world.attach(node);
        submit(world, "a");
        world.claim("alpha");
        world.pass(1_000);
        for (const node of ["alpha", "beta", "gamma"]) world.say(node, { kind: "heartbeat", seq: 1 });
        world.pass(ageMs);
        world.nowMs += gapMs;
        world.pass(1);
        const harm = world.kinds().filter((kind) => /detached|panic|attempt/.test(kind));
        expect(harm, `${gapMs} ms after a heartbeat of ${ageMs} ms ago`).toEqual([]);
      }
    }
  });

  it("counts the silence of a holder before and after, and not the time between", () => {
    const world = upWorld();
    const id = submit(world, "a");
    world.claim("alpha");
    world.pass(46_000);
    world.nowMs += 5_000;
    world.pass(900);
    expect(world.core.state.jobs.get(id)?.state).toBe("leased");
    world.pass(400);
    expect(world.core.state.jobs.get(id)).toMatchObject({ state: "pending", losses: 1 });
  });

  it("counts no nodes as silent together for time in which it could not hear them", () => {
    const world = upWorld();
    for (const node of ["beta", "gamma"]) world.attach(node);
    for (const node of ["alpha", "beta"])
      world.do((tx) => detach(tx, node, sessionOf(node), "its stream broke"));
    world.pass(3_000);
    world.nowMs += 6_000;
    world.pass(1_000);
    expect(world.kinds()).not.toContain("panic.began");
    world.say("gamma", { kind: "heartbeat", seq: 1 });
    world.pass(5_000);
    expect(world.kinds()).toContain("panic.began");
  });
});

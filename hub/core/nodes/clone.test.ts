/** Two agents with the name of one node, and one that comes back. */
import { describe, expect, it } from "vitest";
import type { Hello } from "../../../shared/model/messages.ts";
import { HubWorld, helloOf, sessionOf, specOf } from "../../../test/helpers/hub-world.ts";
import { setDesired } from "../arbiter/desired.ts";
import { submitJob } from "../queue/queue.ts";
import { cloneWarnings } from "./clone.ts";
import { attach, detach } from "./session.ts";

const FIRST = { agentInstance: "first", generation: 10, machineId: "box" };

class World extends HubWorld {
  try(hello: Partial<Hello>): string {
    const result = this.do((tx) => attach(tx, sessionOf("alpha"), { ...helloOf("alpha"), ...hello }));
    return result.kind === "refused" ? result.reason : "attached";
  }

  leave(): void {
    this.do((tx) => detach(tx, "alpha", sessionOf("alpha"), "test"));
  }
}

/** alpha has one job and has just renewed it. */
function busy(offlineGrace = false): World {
  const world = new World();
  world.attach("alpha", FIRST);
  const up = { verb: "up", isForced: true, isNow: false, actor: "test", reason: "test" } as const;
  world.do((tx) => setDesired(tx, up));
  world.do((tx) => submitJob(tx, "job", specOf({ onHubLoss: offlineGrace ? "finish" : "stop" })));
  world.claim("alpha");
  expect(world.grants("alpha")).toHaveLength(1);
  return world;
}

describe("attach", () => {
  it("refuses a second agent while the first lives, once in the journal and always in status", () => {
    const world = busy();
    const clone = { agentInstance: "clone", generation: 11, machineId: "box" };
    for (let i = 0; i < 3; i++) expect(world.try(clone)).toMatch(/another agent already serves alpha/);
    expect(world.kinds().filter((kind) => kind === "node.refused")).toHaveLength(1);
    expect(cloneWarnings(world.core, world.nowMs)).toEqual([expect.stringContaining("alpha is refused")]);
    expect(cloneWarnings(world.core, world.nowMs + 61_000)).toEqual([]);
    expect(world.core.state.leases.size).toBe(1);
  });

  it("lets the same agent replace its own stream", () => {
    expect(busy().try(FIRST)).toBe("attached");
  });

  it("lets a restarted agent take over at once when the old session is gone or silent", () => {
    const gone = busy();
    gone.leave();
    expect(gone.try({ agentInstance: "second", generation: 11, machineId: "box" })).toBe("attached");
    const silent = busy();
    silent.nowMs += silent.core.timing.suspectMs + 1;
    expect(silent.try({ agentInstance: "second", generation: 11, machineId: "box" })).toBe("attached");
  });

  it.each([9, 10])(
    "refuses generation %i for good once generation 10 has served, whoever is attached",
    (generation) => {
      const world = busy();
      world.leave();
      world.pass(600_000);
      expect(world.try({ agentInstance: "copy", generation, machineId: "box" })).toMatch(/an older copy/);
    },
  );

  it("never takes turns: whoever the younger one has replaced stays away", () => {
    const world = busy();
    world.leave();
    expect(world.try({ agentInstance: "clone", generation: 11, machineId: "box" })).toBe("attached");
    world.leave();
    expect(world.try({ ...FIRST, agentInstance: "first again", generation: 10 })).toMatch(/an older copy/);
    expect(world.try(FIRST)).toMatch(/an older copy/);
  });

  it("keeps a directory on another machine waiting until the work on the old one has ended", () => {
    const world = busy();
    world.leave();
    const moved = { agentInstance: "moved", generation: 12, machineId: "other box" };
    expect(world.try(moved)).toMatch(/may still run on the machine/);
    expect(world.core.state.leases.size).toBe(1);
    world.pass(world.core.timing.regrantAfterMs + 1_000);
    expect(world.try(moved)).toBe("attached");
    const patient = busy(true);
    patient.leave();
    patient.pass(patient.core.timing.regrantAfterMs + 1_000);
    expect(patient.try(moved)).toMatch(/may still run/);
  });

  describe("of a younger agent on the same machine while the first is cut off and its job runs", () => {
    const younger = { agentInstance: "younger", generation: 11, machineId: "box" };

    function cutOff(isStarted = true): { world: World; token: number } {
      const world = busy();
      const token = world.grants("alpha")[0]?.token ?? 0;
      if (isStarted) world.say("alpha", { kind: "started", token });
      world.leave();
      return { world, token };
    }

    it("has to wait for the lease where its directory has never seen the job: it is a copy, or made anew", () => {
      const { world, token } = cutOff();
      const unseen = { ...younger, maxTokenSeen: token - 1 };
      expect(world.try(unseen)).toMatch(/has been started that this directory has never seen/);
      world.core.state.hubId = "ours";
      expect(world.try({ ...unseen, hubId: "ours" })).toMatch(/never seen/);
      expect(world.try({ ...FIRST, inventory: [{ token, state: "running" }] })).toBe("attached");
      expect(world.core.state.leases.size).toBe(1);
    });

    it("is taken in when that lease has run out", () => {
      const { world, token } = cutOff();
      world.pass(world.core.timing.regrantAfterMs + 1_000);
      expect(world.try({ ...younger, maxTokenSeen: token - 1 })).toBe("attached");
    });

    it.each([
      { what: "its directory has seen the job: it has started anew", isStarted: true, seen: 0, hubId: "" },
      { what: "nobody has heard that the job began", isStarted: false, seen: -1, hubId: "" },
      { what: "its numbers are those of another hub", isStarted: true, seen: -1, hubId: "other" },
    ])("is taken in at once where $what", ({ isStarted, seen, hubId }) => {
      const { world, token } = cutOff(isStarted);
      expect(world.try({ ...younger, maxTokenSeen: token + seen, hubId })).toBe("attached");
      expect(world.kinds()).toContain("attempt.ended");
    });
  });

  it("knows no generation of an agent of before, and judges it by its session alone", () => {
    const world = busy();
    world.leave();
    expect(world.try({ agentInstance: "old", generation: 0, machineId: "" })).toBe("attached");
  });
});

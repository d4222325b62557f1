import { describe, expect, it } from "vitest";
import { CARD, GIB, readyWorld } from "../../test/helpers/agent-world.ts";
import { observeXid } from "./card-health.ts";
import { consumerId } from "./completion.ts";
import { HEALTH_POLICY } from "./health-policy.ts";

type World = ReturnType<typeof readyWorld>;

function xid(world: World, code: number, gpu: string | null = CARD, owners: readonly string[] = []): void {
  world.do((tx) => observeXid(tx, { code, detail: "", gpu, owners }));
}

/** Good readings all along, as a watcher gives them. */
function calm(world: World, ms: number): void {
  for (const endsMs = world.nowMs + ms; world.nowMs < endsMs; ) {
    world.pass(5_000);
    world.sample(0);
  }
}

function standings(world: World): readonly string[] {
  return world.sent("standing").map(({ standing }) => standing);
}

describe("an Xid that quarantines", () => {
  it("ends what runs on the card as lost, offers no room and declines with the reason", () => {
    const world = readyWorld();
    world.run({ token: 1 });
    xid(world, 79);
    expect(standings(world)).toEqual(["quarantined"]);
    expect(world.of("stop")).toMatchObject([{ token: 1 }]);
    world.ended(1, null, "SIGTERM");
    world.saved(1);
    expect(world.completions()).toMatchObject(
      [{ token: 1, outcome: "infra-lost", detail: /quarantined: Xid 79: GPU has fallen off the bus/ }].map(
        ({ detail, ...row }) => ({ ...row, detail: expect.stringMatching(detail) }),
      ),
    );
    world.pass(2_000);
    expect(
      world
        .sent("claim")
        .at(-1)
        ?.headroom.every(({ bytes }) => bytes === 0),
    ).toBe(true);
    world.grant({ token: 2, priority: "realtime" });
    expect(world.sent("decline").at(-1)?.reason).toMatch(/card-fault: GPU-0 is quarantined: Xid 79/);
  });

  it("leaves work of the CPU lane and finished outputs alone", () => {
    const world = readyWorld();
    world.run({ token: 1, lane: "cpu", vramBytes: 0 });
    world.run({ token: 2 });
    world.ended(2);
    xid(world, 79);
    expect(world.of("stop")).toEqual([]);
    expect(world.attempt(2).phase).toBe("finalising");
  });

  it("is over after a clean period, and work comes back", () => {
    const world = readyWorld();
    xid(world, 79);
    calm(world, HEALTH_POLICY.quarantinedCleanMs - 10_000);
    expect(standings(world)).toEqual(["quarantined"]);
    calm(world, 20_000);
    expect(standings(world)).toEqual(["quarantined", "well"]);
    world.grant({ token: 1 });
    expect(world.of("launch")).toHaveLength(1);
  });

  it("is about every card when nobody can tell which", () => {
    const world = readyWorld();
    xid(world, 79, null);
    expect(world.sent("standing")).toMatchObject([{ gpu: CARD, standing: "quarantined" }]);
    expect(world.sent("fault")).toMatchObject([{ gpu: null, cause: "xid-79", action: "quarantine" }]);
  });
});

describe("an Xid that drains", () => {
  it("lets what runs finish and takes nothing new", () => {
    const world = readyWorld();
    world.run({ token: 1 });
    xid(world, 48);
    expect(world.of("stop")).toEqual([]);
    world.grant({ token: 2 });
    expect(world.sent("decline").at(-1)?.reason).toMatch(/card-fault: GPU-0 is drained: Xid 48/);
    world.ended(1);
    expect(world.attempt(1).phase).toBe("finalising");
  });
});

describe("an Xid of an application", () => {
  it("is told in the end of its job and costs the card nothing", () => {
    const world = readyWorld();
    world.run({ token: 1 });
    xid(world, 31, CARD, [consumerId(1)]);
    expect(world.sent("fault")).toMatchObject([{ action: "app-fault", jobId: "j_000001" }]);
    world.ended(1, 1);
    world.saved(1);
    const [completion] = world.completions();
    expect(completion?.outcome).toBe("own-failure");
    expect(completion?.detail).toMatch(/^Xid 31: GPU memory page fault; exit status 1/);
    world.grant({ token: 2, runner: "sleep" });
    expect(standings(world)).toEqual([]);
  });
});

describe("throttling", () => {
  it("keeps new batch and background work out until the card has cooled", () => {
    const world = readyWorld();
    world.run({ token: 1 });
    world.condition = { recovery: "none", throttle: ["hw-thermal"], isReadable: true };
    calm(world, HEALTH_POLICY.heatMs + 5_000);
    expect(standings(world)).toEqual(["throttled"]);
    expect(world.of("stop")).toEqual([]);
    for (const [token, priority] of [
      [2, "batch"],
      [3, "background"],
    ] as const) {
      world.grant({ token, priority });
      expect(world.sent("decline").at(-1)).toMatchObject({ token });
      expect(world.sent("decline").at(-1)?.reason).toMatch(
        /throttled: GPU-0 is throttled: slowed down by hw-th/,
      );
    }
    world.grant({ token: 4, priority: "interactive" });
    expect(world.of("launch").map(({ job }) => job.token)).toEqual([1, 4]);
    world.condition = { recovery: "none", throttle: [], isReadable: true };
    calm(world, HEALTH_POLICY.coolMs);
    expect(standings(world)).toEqual(["throttled", "well"]);
  });
});

describe("what the hub is told", () => {
  it("is told again in each session, a card that is well included", () => {
    const world = readyWorld();
    xid(world, 48);
    world.detach();
    world.forgetEffects();
    world.attach();
    expect(world.sent("standing")).toMatchObject([{ gpu: CARD, standing: "drained" }]);
    const well = readyWorld();
    well.detach();
    well.attach();
    expect(well.sent("standing")).toMatchObject([{ gpu: CARD, standing: "well" }]);
  });

  it("has numbers that only grow", () => {
    const world = readyWorld();
    world.run({ token: 1, vramBytes: GIB });
    for (const code of [13, 48, 79]) xid(world, code);
    const seqs = [...world.sent("fault"), ...world.sent("standing")].map(({ seq }) => seq);
    expect(new Set(seqs).size).toBe(5);
    expect(Math.max(...seqs)).toBe(world.core.state.lastHealthSeq);
  });
});

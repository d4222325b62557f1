import { describe, expect, it } from "vitest";
import { type AgentWorld, GIB, readyWorld } from "../../test/helpers/agent-world.ts";
import { progressed } from "./attempt.ts";
import { type ActivityLook, observeActivity, STUCK_AFTER_MS } from "./stuck-watch.ts";

const LIMIT_MS = 60_000;
const STILL: ActivityLook = { output: "1 10 5", cpuMs: 500, processes: 2 };

function look(world: AgentWorld, changes: Partial<ActivityLook> = {}): void {
  world.do((tx) => observeActivity(tx, new Map([[1, { ...STILL, ...changes }]])));
}

/** Looks once a second for so long; `change` is what the job shows in each second. */
function watch(
  world: AgentWorld,
  ms: number,
  change: (second: number) => Partial<ActivityLook> = () => ({}),
): void {
  for (let second = 1; second <= ms / 1000; second++) {
    world.nowMs += 1_000;
    look(world, change(second));
  }
}

function jobWorld(changes: Parameters<AgentWorld["run"]>[0] = { token: 1 }): AgentWorld {
  const world = readyWorld({ stuckAfterMs: () => LIMIT_MS });
  world.run({ vramBytes: 0, ...changes });
  world.sample(0);
  look(world);
  world.forgetEffects();
  return world;
}

function told(world: AgentWorld): readonly string[] {
  return world
    .sent("decision")
    .flatMap(({ decision, body }) => (decision === "stuck" ? [String(body["sentence"])] : []));
}

describe("a job that does nothing any more", () => {
  it("is told with the age of each sign before it is ended as its own failure with them", () => {
    const world = jobWorld();
    watch(world, LIMIT_MS - 1_000);
    expect(told(world)).toEqual([]);
    watch(world, 1_000);
    const ages = "no progress for 60 s, no output for 60 s, no processor time for 60 s, no GPU use for 60 s";
    expect(told(world)).toEqual([`j_000001 does nothing and is ended unless it stirs: ${ages}`]);
    expect(world.of("stop")).toEqual([]);
    watch(world, 0.1 * LIMIT_MS);
    expect(world.of("stop")).toMatchObject([{ token: 1 }]);
    world.ended(1, null, "SIGTERM");
    world.saved(1);
    const [completion] = world.completions();
    expect(completion).toMatchObject({ outcome: "own-failure" });
    expect(completion?.detail).toMatch(
      /^stuck: no progress for 66 s, no output for 66 s, no processor time for 66/,
    );
  });

  it("is let live when it stirs after it was told", () => {
    const world = jobWorld();
    watch(world, LIMIT_MS);
    watch(world, 1_000, () => ({ output: "1 11 6" }));
    expect(told(world)[1]).toMatch(/j_000001 stirs again: no progress for 61 s, no output for 0 s/);
    watch(world, 0.5 * LIMIT_MS, () => ({ output: "1 11 6" }));
    expect(world.of("stop")).toEqual([]);
  });

  it.each(["realtime", "interactive"] as const)("is only told of when it is %s", (priority) => {
    const world = jobWorld({ token: 1, priority });
    watch(world, 3 * LIMIT_MS);
    expect(told(world)).toHaveLength(1);
    expect(world.of("stop")).toEqual([]);
  });

  it("has a quarter of an hour unless its runner says otherwise, and for ever where that says 0", () => {
    const usual = readyWorld();
    const never = readyWorld({ stuckAfterMs: () => 0 });
    for (const world of [usual, never]) {
      world.run({ token: 1, lane: "cpu", vramBytes: 0 });
      look(world);
      world.nowMs += STUCK_AFTER_MS;
      look(world);
    }
    expect(told(usual)).toHaveLength(1);
    expect(told(never)).toEqual([]);
  });
});

describe("signs of life", () => {
  it.each<readonly [string, (second: number) => Partial<ActivityLook>]>([
    ["output", (second) => ({ output: `1 ${Math.floor(second / 50)} 5` })],
    ["processor time", (second) => ({ cpuMs: 500 + 15 * second })],
    ["processes that come and go", (second) => ({ processes: 2 + (Math.floor(second / 30) % 2) })],
    ["processor time that cannot be read", () => ({ cpuMs: null, processes: null })],
  ])("%s", (_, change) => {
    const world = jobWorld();
    watch(world, 4 * LIMIT_MS, change);
    expect(told(world)).toEqual([]);
  });

  it("progress", () => {
    const world = jobWorld();
    for (const ratio of [0.1, 0.2, 0.3, 0.4]) {
      watch(world, 0.9 * LIMIT_MS);
      world.do((tx) => progressed(tx, 1, ratio));
    }
    expect(told(world)).toEqual([]);
  });

  it.each([
    ["a busy card that the job holds VRAM of", 0.9, 2 * GIB, 0],
    ["a card of which nobody knows whether it is busy", null, 2 * GIB, 0],
    ["not a card that is idle", 0, 2 * GIB, 1],
    ["not a busy card that the job holds nothing of", 0.9, 0, 1],
  ] as const)("%s", (_, utilisationRatio, heldBytes, count) => {
    const world = jobWorld({ token: 1, vramBytes: 4 * GIB });
    world.utilisationRatio = utilisationRatio;
    world.sample(heldBytes, new Map([[1, heldBytes]]));
    look(world);
    watch(world, LIMIT_MS + 1_000);
    expect(told(world)).toHaveLength(count);
  });

  it("do not include a trickle of processor time", () => {
    const world = jobWorld();
    watch(world, LIMIT_MS + 2_000, (second) => ({ cpuMs: 500 + second }));
    expect(told(world)).toHaveLength(1);
  });
});

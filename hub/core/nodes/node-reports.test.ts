import { describe, expect, it } from "vitest";
import { HubWorld } from "../../../test/helpers/hub-world.ts";
import { whyNode } from "../why/why.ts";
import { DECISIONS_MAX } from "./node-reports.ts";

const CROSSING = { kind: "crossing", resource: "gpu", level: "high", ratio: 0.85, gpu: "GPU-0" } as const;

function evidenceOf(world: HubWorld): readonly string[] {
  const now = { bootMs: world.nowMs, journalMs: world.nowMs };
  return (whyNode(world.core, "alpha", now)?.evidence ?? []).map(({ name, value }) => `${name}: ${value}`);
}

describe("crossings", () => {
  it("are journaled in their order, with how many before them were lost", () => {
    const world = new HubWorld();
    world.attach("alpha");
    for (const seq of [4, 5, 8, 8, 7]) world.say("alpha", { ...CROSSING, seq });
    const crossed = world.events.filter((event) => event.kind === "node.crossed");
    expect(crossed.map(({ crossing, missed }) => [crossing, missed])).toEqual([
      [4, 0],
      [5, 0],
      [8, 2],
    ]);
  });

  it("are counted over the sessions of one agent and anew for the next", () => {
    const world = new HubWorld();
    world.attach("alpha", { agentInstance: "one" });
    world.say("alpha", { ...CROSSING, seq: 1 });
    world.attach("alpha", { agentInstance: "one" });
    world.say("alpha", { ...CROSSING, seq: 3 });
    world.pass(60_000);
    world.attach("alpha", { agentInstance: "two" });
    world.say("alpha", { ...CROSSING, seq: 1 });
    const crossed = world.events.filter((event) => event.kind === "node.crossed");
    expect(crossed.map(({ crossing, missed }) => [crossing, missed])).toEqual([
      [1, 0],
      [3, 1],
      [1, 0],
    ]);
  });
});

describe("why node", () => {
  it("shows the latest decisions, newest first, with their ages", () => {
    const world = new HubWorld();
    world.attach("alpha");
    for (let each = 1; each <= DECISIONS_MAX + 1; each++) {
      world.say("alpha", { kind: "decision", decision: "evicted", body: { sentence: `number ${each}` } });
    }
    world.nowMs += 5_000;
    const now = { bootMs: world.nowMs, journalMs: world.nowMs };
    const rows = whyNode(world.core, "alpha", now)?.evidence.filter(({ name }) => name === "evicted") ?? [];
    expect(rows).toHaveLength(DECISIONS_MAX);
    expect(rows[0]).toEqual({ name: "evicted", value: `number ${DECISIONS_MAX + 1}`, ageMs: 5_000 });
    expect(world.kinds().filter((kind) => kind === "node.decided")).toHaveLength(DECISIONS_MAX + 1);
  });

  it("names starved gates, strangers on the card and what was not given back", () => {
    const world = new HubWorld();
    world.attach("alpha");
    const foreign = [{ pid: 77, name: "Xorg", bytes: 1024 ** 3 }];
    const counts = { unattributedBytes: 1024 ** 2, leakedBytes: 2 * 1024 ** 2 };
    world.frame("alpha", { notes: [{ gpu: "GPU-0", foreign, starved: ["batch"], ...counts }] });
    expect(evidenceOf(world)).toEqual(
      expect.arrayContaining([
        "structurally starved: batch on GPU-0: the residents alone keep its gate shut",
        "foreign VRAM: 1024 MiB of pid 77 (Xorg)",
        "leaked VRAM: 2 MiB",
        "unattributed VRAM: 1 MiB",
      ]),
    );
  });
});

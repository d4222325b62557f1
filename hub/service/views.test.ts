import { describe, expect, it } from "vitest";
import type { ClosedWindow } from "../../shared/model/campaign.ts";
import { CONTROL, type HubWorld, jobOf, submit, upWorld } from "../../test/helpers/hub-world.ts";
import { setOverride } from "../core/arbiter/override.ts";
import { viewJob, viewStatus } from "./views.ts";

const BACKUP: ClosedWindow = {
  ...{ name: "backup", days: [], fromMinute: 0, toMinute: 1_439, utcOffsetMinutes: 0 },
  ...{ nodes: ["alpha"], priorities: [] },
};

function statusOf(world: HubWorld) {
  const { bootMs, journalMs } = world.now();
  const rest = { journalSeq: 0, root: "/root", version: "0", warnings: [], replicas: [] };
  return viewStatus(world.core, { bootMs, journalMs, ...rest });
}

describe("viewStatus", () => {
  it("tells what is ordered, and which nodes it keeps work off", () => {
    const world = upWorld();
    const bare = { rule: "clear", overrides: [], windows: [], definedCampaigns: ["demo"] };
    expect(statusOf(world)).toMatchObject(bare);
    const hold = { effect: "hold", subject: "fleet", name: "", until: "", forMs: 60_000 } as const;
    world.do((tx) => setOverride(tx, { ...hold, actor: "ada", reason: "quiet please" }));
    expect(statusOf(world)).toMatchObject({
      rule: "override",
      overrides: [{ id: "o_1", effect: "hold", reason: "quiet please", forMs: 60_000 }],
      nodes: [{ node: "alpha", orderedOff: "override" }],
    });
  });

  it("tells which windows are closed", () => {
    const world = upWorld();
    const document = { ...CONTROL, windows: [BACKUP] };
    world.do((tx) => tx.emit({ kind: "control.loaded", document }));
    world.pass(1_000);
    expect(statusOf(world)).toMatchObject({
      rule: "clear",
      windows: [{ name: "backup", fromMinute: 0, toMinute: 1_439, nodes: ["alpha"] }],
      nodes: [{ node: "alpha", orderedOff: "window" }],
    });
  });

  it("gives no figure for what no node has told", () => {
    const world = upWorld();
    expect(statusOf(world).capacity).toMatchObject({ untoldNodes: 1, slots: [], admissible: [] });
    world.claim("alpha", 0, 0);
    expect(statusOf(world).capacity).toMatchObject({ untoldNodes: 0, slots: [{ free: 0 }, { free: 0 }] });
  });
});

describe("viewJob", () => {
  it("shows a job that has succeeded as done, also when its runner told no progress", () => {
    const world = upWorld();
    const jobId = submit(world, "one");
    world.claim("alpha");
    expect(viewJob(world.core, jobOf(world, jobId))).toMatchObject({ state: "leased", progressRatio: 0 });
    world.complete("alpha", { token: 1 });
    expect(viewJob(world.core, jobOf(world, jobId))).toMatchObject({ state: "succeeded", progressRatio: 1 });
  });
});

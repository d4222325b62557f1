import { describe, expect, it } from "vitest";
import { CONTROL, HubWorld, upWorld } from "../../test/helpers/hub-world.ts";
import { apply } from "./apply.ts";
import { armCampaign, refill, unknownCampaign } from "./campaign.ts";
import { published, tick } from "./hub.ts";
import { markStaged } from "./lease.ts";
import { decodeHubState, encodeHubState } from "./snapshot.ts";
import { createHubState, type Job } from "./state.ts";
import { whyCampaign, whyJob } from "./why/why.ts";

const HUMAN = { actor: "operator", reason: "test" };

/** A world that is up, with a target that can be reached. */
function calibratedWorld(): HubWorld {
  const world = upWorld();
  const d = { name: "d", min: 0, max: 1, direction: "match", target: 0.3, tolerance: 0, weight: 1 } as const;
  world.do((tx) => tx.emit({ kind: "calibration.loaded", document: { dimensions: [d] } }));
  return world;
}

/** Plays the node: renders at once, scores by a bowl around (0.8, 0.2) so that the target is reachable. */
function serve(world: HubWorld, slots = 8, outputs: Job["outputs"] = []): void {
  world.frame("alpha");
  world.say("alpha", { kind: "heartbeat", seq: 1 });
  world.claim("alpha", slots, slots);
  for (const grant of world.grants("alpha")) {
    if (!world.core.state.leases.has(grant.token)) continue;
    const job = world.core.state.jobs.get(grant.jobId);
    if (grant.runner === "render") {
      world.do((tx) => markStaged(tx, { token: grant.token, manifestSha256: "m", outputs }));
      world.complete("alpha", { token: grant.token, manifestSha256: "m" });
      world.do((tx) => published(tx, grant.jobId));
    } else if (job?.slot !== undefined && job.slot !== null) {
      const slot = world.core.state.campaigns.get(job.slot.campaign)?.slots[job.slot.index];
      const { a = 0, b = 0 } = slot?.actuators ?? {};
      const d = 0.3 + (a - 0.8) * 0.9 + (b - 0.2) * 0.3;
      world.complete("alpha", { token: grant.token, result: { scores: { d } } });
    }
  }
}

describe("campaign", () => {
  it.each(["constructor", "toString", "valueOf"])("is none that nobody has defined: %s", (name) => {
    const world = calibratedWorld();
    expect(world.do((tx) => armCampaign(tx, name, false, HUMAN))).toMatchObject({ code: "notFound" });
  });

  it("converges, leaves nothing in the queue but its master, and stays stopped", () => {
    const world = calibratedWorld();
    world.do((tx) => armCampaign(tx, "demo", false, HUMAN));
    for (let round = 0; round < 60; round++) {
      world.nowMs += 500;
      serve(world);
      world.do(tick);
    }
    const campaign = world.core.state.campaigns.get("demo");
    expect(campaign?.state).toBe("converged");
    expect(campaign?.verdict?.rule).toBe("target");
    const master = world.core.state.jobs.get(campaign?.masterJob ?? "");
    expect(master).toMatchObject({ state: "succeeded", isPublished: true });
    expect(world.core.state.index.byState.pending.size).toBe(0);
    expect(world.do((tx) => refill(tx, "demo"))).toMatchObject({ created: 0, rule: "converged" });
    const now = { bootMs: world.nowMs, journalMs: world.nowMs };
    expect(whyCampaign(world.core, "demo", now).rule).toBe("converged");
    expect(world.do((tx) => armCampaign(tx, "demo", false, HUMAN))).toMatchObject({ kind: "refused" });
    expect(world.do((tx) => armCampaign(tx, "demo", true, HUMAN))).toEqual({ kind: "armed" });
  });

  it("stops in the middle of a cycle that has used up its GPU time, and scores what it has rendered", () => {
    const world = calibratedWorld();
    const plan = CONTROL.campaigns["demo"];
    if (plan?.stop == null) throw new Error("no stop rules");
    const stop = { ...plan.stop, budget: { ...plan.stop.budget, maxGpuSeconds: 3 } };
    const document = { ...CONTROL, campaigns: { demo: { ...plan, stop } } };
    world.do((tx) => tx.emit({ kind: "control.loaded", document }));
    world.do((tx) => armCampaign(tx, "demo", false, HUMAN));
    for (let round = 0; round < 12; round++) {
      world.nowMs += 500;
      serve(world, 1);
      world.do(tick);
    }
    const campaign = world.core.state.campaigns.get("demo");
    expect(campaign).toMatchObject({ state: "stopped", verdict: { rule: "budget" }, gpuSeconds: 3 });
    const scored = world.events.filter((event) => event.kind === "campaign.scored");
    expect(scored.map(({ index, distance }) => [index, distance !== null]).sort()).toEqual([
      [0, true],
      [1, true],
      [2, true],
      [3, false],
      [4, false],
    ]);
    expect(world.core.state.index.byState.pending.size).toBe(0);
  });

  it("counts a render that leaves no outputs as failed, says so, and stops by its rule when none leaves any", () => {
    const world = calibratedWorld();
    world.do((tx) => armCampaign(tx, "demo", false, HUMAN));
    for (let round = 0; round < 20; round++) {
      world.nowMs += 500;
      world.frame("alpha");
      world.say("alpha", { kind: "heartbeat", seq: 1 });
      world.claim("alpha", 4, 4);
      for (const { token } of world.grants("alpha"))
        if (world.core.state.leases.has(token)) world.complete("alpha", { token });
      world.do(tick);
    }
    const campaign = world.core.state.campaigns.get("demo");
    expect(campaign).toMatchObject({ state: "stopped", verdict: { rule: "divergence" } });
    expect(campaign?.spine.map(({ renders }) => renders)).toEqual([5, 10, 15]);
    const scored = world.events.find((event) => event.kind === "campaign.scored");
    expect(scored).toMatchObject({ scores: null, reason: "j_000001 has left no outputs" });
    expect(world.core.state.index.byState.pending.size).toBe(0);
    const render = world.core.state.jobs.get("j_000001");
    if (render === undefined) throw new Error("no job");
    const now = { bootMs: world.nowMs, journalMs: world.nowMs };
    expect(whyJob(world.core, render, now).evidence).toContainEqual(
      expect.objectContaining({ name: "outputs", value: "none: its campaign counts it as failed" }),
    );
  });

  it("counts a render as failed whose frames no evaluation could be told of", () => {
    const world = calibratedWorld();
    world.do((tx) => armCampaign(tx, "demo", false, HUMAN));
    const frames = Array.from({ length: 100 }, (_, index) => ({
      path: `frames/${"x".repeat(180)}-${index}.webp`,
      sha256: "00".repeat(32),
      bytes: 1,
    }));
    for (let round = 0; round < 4; round++) {
      world.nowMs += 500;
      serve(world, 8, frames);
      world.do(tick);
    }
    const scored = world.events.find((event) => event.kind === "campaign.scored");
    expect(scored).toMatchObject({
      scores: null,
      reason: "the frames of j_000001 have too long names",
    });
  });

  it("is refused when no attached node has its runners", () => {
    const world = new HubWorld();
    world.attach("alpha", { runners: [{ name: "sleep", sha256: "00", isVramLearned: false }] });
    world.do((tx) => tx.emit({ kind: "control.loaded", document: CONTROL }));
    world.do((tx) => tx.emit({ kind: "calibration.loaded", document: { dimensions: [] } }));
    const result = world.do((tx) => armCampaign(tx, "demo", false, HUMAN));
    expect(result).toMatchObject({ kind: "refused", reason: expect.stringContaining('runner "render"') });
  });

  it("comes to the same state by replay and through a snapshot at any point", () => {
    const world = calibratedWorld();
    world.do((tx) => armCampaign(tx, "demo", false, HUMAN));
    for (let round = 0; round < 10; round++) {
      world.nowMs += 500;
      serve(world);
      world.do(tick);
    }
    const live = encodeHubState(world.core.state);
    for (const cut of [0, 7, Math.floor(world.events.length / 2), world.events.length]) {
      const state = createHubState();
      for (const event of world.events.slice(0, cut)) apply(state, event);
      const resumed = decodeHubState(encodeHubState(state));
      for (const event of world.events.slice(cut)) apply(resumed, event);
      expect(encodeHubState(resumed)).toBe(live);
    }
  });
});

describe("unknownCampaign", () => {
  it("knows what control.json defines, and names it where another is asked for", () => {
    const { core } = calibratedWorld();
    expect(unknownCampaign(core, "demo")).toBeNull();
    expect(unknownCampaign(core, "nosuch")).toBe(
      'control.json defines no campaign "nosuch"; it defines: demo',
    );
  });

  it("says where there is no control.json at all", () => {
    expect(unknownCampaign(new HubWorld().core, "demo")).toContain("there is no control.json");
  });

  it("knows one that was armed, whatever control.json says since", () => {
    const world = calibratedWorld();
    world.do((tx) => armCampaign(tx, "demo", false, HUMAN));
    world.do((tx) => tx.emit({ kind: "control.loaded", document: { ...CONTROL, campaigns: {} } }));
    expect(unknownCampaign(world.core, "demo")).toBeNull();
  });
});

describe("armCampaign", () => {
  it("asks for a reason to re-arm, also while the campaign is under way", () => {
    const world = calibratedWorld();
    world.do((tx) => armCampaign(tx, "demo", false, HUMAN));
    const refused = world.do((tx) => armCampaign(tx, "demo", true, { ...HUMAN, reason: " " }));
    expect(refused).toMatchObject({ kind: "refused", reason: expect.stringContaining("--reason") });
    expect(world.do((tx) => armCampaign(tx, "demo", true, HUMAN))).toEqual({ kind: "following" });
  });
});

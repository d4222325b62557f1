import { describe, expect, it } from "vitest";
import { HubWorld, upWorld } from "../../../test/helpers/hub-world.ts";
import { armCampaign } from "../campaign.ts";
import { arbitrate } from "./arbiter.ts";
import { setDesired } from "./desired.ts";

const BY = { actor: "ada", reason: "test" };

const ask = (world: HubWorld, campaign: string | null = null) =>
  arbitrate(world.core, { campaign, node: null }, world.nowMs);

/** Lets time pass in which alpha is heard, with telemetry or without. */
function live(world: HubWorld, seconds: number, hasFrames = true): void {
  for (let second = 0; second < seconds; second++) {
    if (hasFrames) world.frame("alpha");
    world.say("alpha", { kind: "heartbeat", seq: second });
    world.pass(1_000);
  }
}

describe("arbitrate", () => {
  it("names what is red while the installation is DISABLED, and what helps", () => {
    const world = new HubWorld();
    world.attach("alpha");
    const { rule, evidence, wouldChange } = ask(world);
    expect(rule).toBe("disabled");
    expect(evidence.map(({ name }) => name)).toEqual([
      ...["desired", "generation", "set by", "reason"],
      ...["convergence-stop", "gpu-hour-budget"],
    ]);
    expect(evidence.at(-1)?.value).toBe(
      "red: there is no control.json: write one in the root (docs/campaigns.md)",
    );
    expect(wouldChange).toEqual([
      "`spiral enable` (once convergence-stop, gpu-hour-budget are green), then `spiral up`",
    ]);
  });

  it("says once what helps against red guardrails, beside each of them", () => {
    const world = upWorld();
    live(world, 10, false);
    expect(ask(world)).toMatchObject({
      rule: "guardrail",
      evidence: [{ name: "telemetry-fresh", value: expect.stringContaining("spiral nodes") }],
      wouldChange: [
        "once telemetry-fresh is green: `spiral status` says what helps",
        expect.stringContaining("--force"),
      ],
    });
  });

  it("says for how long the fleet has been as it was told to be", () => {
    const world = upWorld();
    world.do((tx) => setDesired(tx, { verb: "pause", isForced: false, isNow: false, ...BY }));
    live(world, 90);
    expect(ask(world).evidence[0]).toEqual({ name: "desired", value: "paused", ageMs: 90_000 });
  });

  it("says when a campaign has converged, and by which figures", () => {
    const world = upWorld();
    world.do((tx) => armCampaign(tx, "demo", false, BY));
    const evidence = [{ name: "distance", value: 0.006027208474078932, limit: 0.01 }];
    const verdict = { rule: "target", evidence } as const;
    world.do((tx) =>
      tx.emit({ kind: "campaign.stopped", campaign: "demo", arming: 1, state: "converged", verdict }),
    );
    live(world, 60);
    expect(ask(world, "demo")).toMatchObject({
      rule: "converged",
      evidence: [
        { name: "state", value: "converged", ageMs: 60_000 },
        { name: "rule", value: "target" },
        { name: "cycles", value: "0" },
        { name: "distance", value: "0.006027 (limit 0.01)" },
      ],
    });
  });
});

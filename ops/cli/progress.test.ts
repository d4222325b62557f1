import { describe, expect, it } from "vitest";
import type { CampaignLook } from "./follow.ts";
import { describeProgress } from "./progress.ts";

const CAMPAIGN = {
  ...{ campaign: "demo", state: "running", rule: null, cycle: 1, maxCycles: 10, slots: 0, slotsScored: 0 },
  ...{ firstDistance: null, lastDistance: null, bestDistance: null, renders: 0, gpuSeconds: 0 },
};

const look = (rule: string, wouldChange: readonly string[]): CampaignLook =>
  ({ campaign: CAMPAIGN, why: { rule, wouldChange } }) as unknown as CampaignLook;

describe("describeProgress", () => {
  it("says what holds a campaign up and what lets it go on", () => {
    expect(describeProgress(look("down", ["`spiral up`"]))).toMatch(
      /^demo: held: down \(`spiral up`\) {2}cycle 1/,
    );
  });

  it("says nothing of the sort of one that goes on", () => {
    expect(describeProgress(look("clear", []))).toMatch(/^demo: cycle 1/);
  });
});

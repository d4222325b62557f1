import pc from "picocolors";
import { describe, expect, it } from "vitest";
import { drawServices } from "./frame.ts";
import type { Job } from "./views.ts";

const SERVICE = {
  jobId: "j_000001",
  kind: "service",
  runner: "flux",
  state: "running",
  node: "alpha",
  lane: "gpu",
  attempts: 1,
  maxAttempts: 4,
  starts: { used: 2, max: 5 },
  lastExit: "exit status 3",
  isRestarting: true,
} as Job;

describe("drawServices", () => {
  it("shows state, starts of how many and the last exit of each", () => {
    const [, row] = drawServices([SERVICE], pc.createColors(false));
    expect(row?.split(/ {2,}/)).toEqual([
      "j_000001",
      "flux",
      "restarting",
      "alpha",
      "gpu",
      "2 of 5",
      "1/4",
      "exit status 3",
    ]);
  });

  it("takes no room on a fleet without services", () => {
    expect(drawServices([], pc.createColors(false))).toEqual([]);
  });
});

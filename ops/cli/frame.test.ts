import pc from "picocolors";
import { describe, expect, it } from "vitest";
import { drawNodes, drawReplicas, drawServices, drawUndurable, drawWarnings, nextCommand } from "./frame.ts";
import type { Job, Node, Replica, Status } from "./views.ts";

const STYLE = { colours: pc.createColors(false), room: Number.POSITIVE_INFINITY };

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
    const [, row] = drawServices([SERVICE], STYLE);
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
    expect(drawServices([], STYLE)).toEqual([]);
  });
});

describe("drawWarnings", () => {
  it("puts the lines of one warning below each other", () => {
    const warnings = [
      "control.json:2: prompt: is missing\ncontrol.json:3: seed: is missing",
      "the disk is full",
    ];
    expect(drawWarnings({ warnings, undurableEvents: 0 }, pc.createColors(false))).toEqual([
      "warning     control.json:2: prompt: is missing",
      "            control.json:3: seed: is missing",
      "warning     the disk is full",
    ]);
  });
});

describe("drawUndurable", () => {
  it("warns of an answer that may yet be forgotten, and of no other", () => {
    const plain = pc.createColors(false);
    expect(drawUndurable(3, plain)).toEqual([expect.stringMatching(/^warning +3 events are not durable/)]);
    expect(drawUndurable(0, plain)).toEqual([]);
  });
});

describe("drawNodes", () => {
  const NODE = {
    ...{ node: "alpha", state: "ready", isLatchedDown: false, isTelemetryFresh: true, cordon: null },
    ...{ gpus: [], ailing: [], gpuPressure: 0, gpuLevel: "normal", cpuRatio: null, memoryRatio: null },
  } as unknown as Node;

  it.each([
    [null, "ready"],
    ["override", "ready, held"],
    ["window", "ready, window"],
    ["deferral", "ready, deferred"],
  ])("shows a node that %s keeps work off as %s", (orderedOff, expected) => {
    const [, row] = drawNodes([{ ...NODE, orderedOff }], STYLE);
    expect(row?.split(/ {2,}/)[1]).toBe(expected);
  });
});

describe("nextCommand", () => {
  const status = (definedCampaigns: readonly string[]): Status =>
    ({
      desired: "up",
      nodes: [{ state: "ready" }],
      campaigns: [],
      guardrails: [],
      definedCampaigns,
    }) as unknown as Status;

  it.each([
    [[], "define a campaign in control.json, then spiral converge NAME --root R"],
    [["harbour"], "spiral converge harbour --root R"],
    [["harbour", "night"], "spiral converge harbour --root R, or night"],
  ])("names a campaign that was never armed: %o", (defined, expected) => {
    expect(nextCommand(status(defined), " --root R")).toBe(expected);
  });
});

describe("drawReplicas", () => {
  const LEADER: Replica = {
    ...{ address: "a:9820", holder: "one/7", isLeader: true, sinceWallMs: 1_700_000_000_000 },
    ...{ silentMs: 0, problem: null },
  };
  const standby = (changes: Partial<Replica>): Replica => ({
    ...LEADER,
    address: "b:9820",
    isLeader: false,
    ...changes,
  });

  it("takes no room where the hub is alone", () => {
    expect(drawReplicas([], STYLE)).toEqual([]);
  });

  it.each([
    ["stands by", {}],
    ["the root is another one", { problem: "the root is another one" }],
    ["silent for 12 s", { silentMs: 12_000, problem: null }],
  ])("shows who leads and that the other %s", (expected, changes) => {
    const [, leader, other] = drawReplicas([LEADER, standby(changes)], STYLE);
    expect(leader).toMatch(/^a:9820 +leads +20\d\d-\d\d-\d\d \d\d:\d\d:\d\d +one\/7$/);
    expect(other).toContain(expected);
  });
});

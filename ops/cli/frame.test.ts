import pc from "picocolors";
import { describe, expect, it } from "vitest";
import { drawCapacity, drawReplicas, drawServices, drawUndurable } from "./frame.ts";
import type { Capacity, Job, Replica } from "./views.ts";

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

describe("drawUndurable", () => {
  it("warns of an answer that may yet be forgotten, and of no other", () => {
    const plain = pc.createColors(false);
    expect(drawUndurable(3, plain)).toEqual([expect.stringMatching(/^warning +3 events are not durable/)]);
    expect(drawUndurable(0, plain)).toEqual([]);
  });
});

const GIB = 1024 ** 3;
const NONE = { nodes: 0, totalBytes: 0 };
const CAPACITY: Capacity = {
  ...{ nodes: 2, cards: 2, totalBytes: 192 * GIB, freeBytes: 60 * GIB, unknownBytes: 96 * GIB },
  admissible: [
    { priority: "interactive", bytes: 70 * GIB, largestBytes: 40 * GIB },
    { priority: "batch", bytes: 0, largestBytes: 0 },
  ],
  slots: [{ lane: "gpu", free: 1, taken: 3 }],
  ...{ closed: NONE, suspect: NONE, lost: { nodes: 1, totalBytes: 96 * GIB } },
};

describe("drawCapacity", () => {
  const draw = (changes: Partial<Capacity> = {}) =>
    drawCapacity({ ...CAPACITY, ...changes }, pc.createColors(false));

  it("shows the fleet as one card, and apart what is out of reach", () => {
    expect(draw()).toEqual([
      "capacity    2 node(s), 2 card(s): VRAM 60.0 GiB free of 192.0 GiB, 96.0 GiB unknown; slots gpu 1 of 4 free",
      "admits      interactive 70.0 GiB (largest 40.0 GiB), batch 0 B",
      "apart       lost 1 (96.0 GiB)",
      "",
    ]);
  });

  it("is silent on a fleet without nodes", () => {
    expect(draw({ nodes: 0, lost: NONE })).toEqual([]);
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
    expect(drawReplicas([], pc.createColors(false))).toEqual([]);
  });

  it.each([
    ["stands by", {}],
    ["the root is another one", { problem: "the root is another one" }],
    ["silent for 12 s", { silentMs: 12_000, problem: null }],
  ])("shows who leads and that the other %s", (expected, changes) => {
    const [, leader, other] = drawReplicas([LEADER, standby(changes)], pc.createColors(false));
    expect(leader).toMatch(/^a:9820 +leads +20\d\d-\d\d-\d\d \d\d:\d\d:\d\d +one\/7$/);
    expect(other).toContain(expected);
  });
});

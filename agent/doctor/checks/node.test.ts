import { describe, expect, it } from "vitest";
import { START_LIMIT_CLEAN } from "../../../shared/policy/start-limit.ts";
import {
  checkAgent,
  checkLatch,
  checkSettings,
  checkSocketPath,
  checkStartLimits,
  type NodeFacts,
} from "./node.ts";

const FACTS: NodeFacts = {
  ...{ node: "alpha", directory: "/r/agents/alpha", problems: [], agent: { kind: "none" }, latch: null },
};

describe("checkSettings", () => {
  it("fails with each problem that keeps the agent from starting", () => {
    expect(checkSettings(FACTS).severity).toBe("ok");
    const problems = ["gpuSlots: must be at most 64"];
    expect(checkSettings({ ...FACTS, problems })).toMatchObject({ severity: "fail", evidence: problems });
  });
});

describe("checkAgent", () => {
  it.each<readonly [NodeFacts["agent"], string]>([
    [{ kind: "running", pid: 5 }, "ok"],
    [{ kind: "mute", pid: 5, reason: "no answer" }, "warn"],
    [{ kind: "dead", pid: 5 }, "note"],
    [{ kind: "none" }, "note"],
  ])("judges %o", (agent, severity) => expect(checkAgent({ ...FACTS, agent }).severity).toBe(severity));
});

describe("checkLatch", () => {
  it("warns with the command of whose hand holds it", () => {
    const held = (by: "hub" | "local") => checkLatch({ ...FACTS, latch: { by, graceMs: 0, wallMs: 0 } });
    expect(held("local")).toMatchObject([{ severity: "warn", cure: "spiral-agent up --node alpha" }]);
    expect(held("hub")).toMatchObject([{ severity: "warn", cure: "spiral up" }]);
    expect(checkLatch(FACTS)).toEqual([]);
  });
});

describe("checkStartLimits", () => {
  it("names the runners that are given up, and no other", () => {
    const gaveUp = {
      ...START_LIMIT_CLEAN,
      gaveUpAtMs: 9,
      failures: { own: 6, oom: 1, infra: 0, preempted: 0 },
    };
    const limits = new Map([
      ["flux", gaveUp],
      ["render", START_LIMIT_CLEAN],
    ]);
    expect(checkStartLimits(FACTS, limits)).toMatchObject([
      { severity: "warn", evidence: ["flux: 6 own failures, 1 out of memory"] },
    ]);
    expect(checkStartLimits(FACTS, new Map([["render", START_LIMIT_CLEAN]]))).toEqual([]);
  });
});

describe("checkSocketPath", () => {
  it("fails from 108 bytes on", () => {
    expect(checkSocketPath(FACTS, "/".padEnd(107, "x"))).toEqual([]);
    expect(checkSocketPath(FACTS, "/".padEnd(108, "x"))).toMatchObject([{ severity: "fail" }]);
  });
});

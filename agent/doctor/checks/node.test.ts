import { describe, expect, it } from "vitest";
import { START_LIMIT_CLEAN } from "../../../shared/policy/start-limit.ts";
import {
  type AgentCard,
  checkAgent,
  checkAgentCards,
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

describe("checkAgentCards", () => {
  const card: AgentCard = { uuid: "GPU-a", name: "card", totalBytes: 96 * 1024 ** 3, source: "nvml" };

  it.each<readonly [string, readonly AgentCard[], readonly AgentCard[], string, string]>([
    [
      "is well with what the driver reads",
      [card],
      [card],
      "ok",
      "the agent governs card with 96.0 GiB by nvml",
    ],
    ["marks what is simulated", [{ ...card, source: "simulated" }], [], "note", "96.0 GiB, simulated"],
    ["warns of an agent that passes the box's card over", [], [card], "warn", "the agent has no card"],
  ])("%s", (_, own, box, severity, title) => {
    expect(checkAgentCards(FACTS, own, box)).toMatchObject([
      { severity, title: expect.stringContaining(title) },
    ]);
  });

  it("says nothing of a node without a card on a box without one", () => {
    expect(checkAgentCards(FACTS, [], [])).toEqual([]);
  });
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
      {
        severity: "warn",
        evidence: ["flux: 6 own failures, 1 out of memory"],
        cure: "correct the runner, then: spiral-agent forgive RUNNER --node alpha",
      },
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

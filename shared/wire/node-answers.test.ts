import { describe, expect, it } from "vitest";
import { readNodeAnswer } from "./node-answers.ts";

const ROW = {
  consumerId: "job-7",
  gpu: "GPU-0",
  label: "a render",
  subsystem: "rendering",
  priority: "batch",
  vramBytes: 4096,
  idleMs: 20,
  score: 0.01,
};
const HELD = { ...ROW, measuredBytes: 4096, heldForMs: 30, isEvictable: true };

describe("readNodeAnswer", () => {
  it("reads a registry, in which a node may not tell who holds what", () => {
    const consumers = [{ ...HELD, pid: 7, uid: 0 }, HELD];
    expect(readNodeAnswer("alpha", "eviction-registry", { consumers }).consumers).toEqual([
      { ...HELD, pid: 7, uid: 0 },
      { ...HELD, pid: null, uid: null },
    ]);
  });

  it("leaves out what a newer agent adds", () => {
    const answer = { candidates: [{ ...ROW, mood: "good" }], weather: 1 };
    expect(readNodeAnswer("alpha", "eviction-candidates", answer)).toEqual({
      candidates: [ROW],
      leftOut: 0,
    });
  });

  it("keeps what is unknown null", () => {
    const unknown = {
      cpuRatio: null,
      memoryTotalBytes: null,
      memoryAvailableBytes: null,
      swapTotalBytes: null,
      swapUsedBytes: null,
      memoryStallPercent: null,
    };
    const answer = { cpuCores: 2, ...unknown, processes: [] };
    expect(readNodeAnswer("alpha", "system-resources", answer)).toEqual(answer);
  });

  it.each([
    ["a negative amount", { ...ROW, vramBytes: -1 }, "candidates.0.vramBytes"],
    ["a text for a number", { ...ROW, score: "high" }, "candidates.0.score"],
    ["an unknown priority", { ...ROW, priority: "urgent" }, "candidates.0.priority"],
    ["a missing field", { consumerId: "job-7" }, "candidates.0.gpu"],
  ])("names the node and the field of %s", (_what, row, field) => {
    expect(() => readNodeAnswer("alpha", "eviction-candidates", { candidates: [row] })).toThrow(
      new RegExp(`^alpha answers .*${field}`),
    );
  });

  it("tells an applied budget from a refused one", () => {
    const budgets = [{ subsystem: "tts", baselineBytes: 10, currentBytes: 10, heldBytes: 0 }];
    const refused = { kind: "refused", because: "too much", budgets };
    expect(readNodeAnswer("alpha", "set-budget", refused)).toEqual(refused);
    expect(() => readNodeAnswer("alpha", "set-budget", { kind: "refused", budgets })).toThrow("because");
  });
});

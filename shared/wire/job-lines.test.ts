import { describe, expect, it } from "vitest";
import type { JobSpec } from "../model/job.ts";
import { readJobLines } from "./job-lines.ts";

const DEFAULTS: JobSpec = {
  kind: "task",
  runner: "render",
  params: {},
  priority: "batch",
  lane: "gpu",
  vramBytes: 0,
  subsystem: "rendering",
  producer: "operator",
  campaign: null,
  node: null,
  maxRuntimeMs: 3_600_000,
  maxAttempts: 4,
  delayMs: 0,
  onHubLoss: "stop",
  inputs: [],
};

describe("readJobLines", () => {
  it("takes from a line what it says and from the flags what it leaves out", () => {
    const text = '{"key": "a", "params": {"seed": 1}}\n\n{"key": "b", "runner": "sleep", "lane": "cpu"}\n';
    expect(readJobLines(text, DEFAULTS)).toEqual([
      { line: 1, key: "a", spec: { ...DEFAULTS, params: { seed: 1 } } },
      { line: 3, key: "b", spec: { ...DEFAULTS, runner: "sleep", lane: "cpu" } },
    ]);
  });

  it("takes a service among tasks, and gives it no end of its own", () => {
    const text = '{"key": "a", "kind": "service"}\n{"key": "b"}\n{"key": "c", "kind": "task"}';
    const given = { ...DEFAULTS, maxRuntimeMs: null };
    const kinds = (defaults: JobSpec) =>
      readJobLines(text, defaults).map(({ spec }) => [spec.kind, spec.maxRuntimeMs]);
    const taskMs = 3_600_000;
    expect(kinds(given)).toEqual([
      ["service", null],
      ["task", taskMs],
      ["task", taskMs],
    ]);
    expect(kinds({ ...given, kind: "service" })).toEqual([
      ["service", null],
      ["service", null],
      ["task", taskMs],
    ]);
  });

  it("bounds a service that is told a runtime, by its line or by the flags", () => {
    const text = '{"kind": "service", "maxRuntimeMs": 5000}\n{"kind": "service"}';
    const read = readJobLines(text, { ...DEFAULTS, maxRuntimeMs: 9_000 });
    expect(read.map(({ spec }) => spec.maxRuntimeMs)).toEqual([5_000, 9_000]);
  });

  it("gives lines without a key one of their own each", () => {
    const [first, second] = readJobLines("{}\n{}", DEFAULTS);
    expect(first?.key).toMatch(/^[0-9a-f-]{36}$/);
    expect(second?.key).not.toBe(first?.key);
  });

  it.each([
    ["text that is no JSON", "{}\n{seed: 1}", "line 2: is not JSON"],
    ["a list", "[1]", "line 1: must be a JSON object"],
    ["a field that nobody knows", '{"prams": {}}', "line 1: "],
    ["a priority that nobody knows", '{"priority": "urgent"}', "line 1: priority: "],
    ["a kind that nobody knows", '{"kind": "daemon"}', "line 1: kind: must be task, service"],
    ["a negative amount", '{"vramBytes": -1}', "line 1: vramBytes: "],
    ["a producer of its own", '{"producer": "somebody"}', "line 1: "],
    ["parameters above the limit", `{"params": {"x": "${"y".repeat(17_000)}"}}`, "line 1: params: "],
  ])("refuses %s and names the line", (_what, text, why) => {
    expect(() => readJobLines(text, DEFAULTS)).toThrow(why);
  });

  it("refuses a line without a runner where the command line names none", () => {
    expect(() => readJobLines("{}", { ...DEFAULTS, runner: "" })).toThrow("line 1: names no runner");
  });
});

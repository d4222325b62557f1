import { describe, expect, it } from "vitest";
import {
  type FailureCause,
  forgive,
  mayStart,
  recordFailure,
  recordUptime,
  START_LIMIT_CLEAN,
  START_LIMIT_POLICY,
  type StartLimit,
} from "./start-limit.ts";

const failAt = (times: readonly number[], cause: FailureCause = "own"): StartLimit =>
  times.reduce((limit, at) => recordFailure(START_LIMIT_POLICY, limit, cause, at), START_LIMIT_CLEAN);

describe("recordFailure and mayStart", () => {
  it("start at once when nothing failed", () => {
    expect(mayStart(START_LIMIT_CLEAN, 0)).toEqual({ kind: "start" });
  });

  it("wait 1, 4, 16, 64 and 256 s after each strike in a row", () => {
    const delays = [1, 2, 3, 4, 5].map((strikes) => failAt(Array(strikes).fill(0)).notBeforeMs);
    expect(delays).toEqual([1_000, 4_000, 16_000, 64_000, 256_000]);
    expect(mayStart(failAt([0]), 999)).toEqual({ kind: "wait", untilMs: 1_000 });
    expect(mayStart(failAt([0]), 1_000)).toEqual({ kind: "start" });
  });

  it("tolerate a burst of five in ten minutes and give up at the sixth, for good", () => {
    expect(mayStart(failAt([0, 1, 2, 3, 4]), 600_000).kind).toBe("start");
    const over = failAt([0, 1, 2, 3, 4, 5]);
    expect(mayStart(over, 1e12)).toEqual({ kind: "given-up", sinceMs: 5, strikes: 6 });
  });

  it("forget strikes older than the window", () => {
    expect(mayStart(failAt([0, 1, 2, 3, 4, 600_000]), 1e9).kind).toBe("start");
    expect(mayStart(failAt([0, 1, 2, 3, 4, 599_999]), 1e9).kind).toBe("given-up");
  });

  it("keep no more strikes than can matter", () => {
    expect(failAt(Array(50).fill(0)).strikesAtMs).toHaveLength(START_LIMIT_POLICY.burst + 1);
  });

  it.each(["infra", "preempted"] as const)("count %s apart and hold nothing against the runner", (cause) => {
    const limit = failAt(Array(20).fill(0), cause);
    expect(mayStart(limit, 0)).toEqual({ kind: "start" });
    expect(limit.failures).toEqual({ own: 0, oom: 0, infra: 0, preempted: 0, [cause]: 20 });
  });

  it("count out of memory as a strike under its own name", () => {
    expect(failAt([0, 0], "oom")).toMatchObject({ strikesAtMs: [0, 0], failures: { own: 0, oom: 2 } });
  });
});

describe("forgiveness", () => {
  const over = failAt([0, 0, 0, 0, 0, 0]);

  it("follows one success and keeps the history", () => {
    expect(forgive(over)).toEqual({ ...START_LIMIT_CLEAN, failures: { ...over.failures, own: 6 } });
  });

  it("follows five healthy minutes and not a moment less", () => {
    expect(recordUptime(START_LIMIT_POLICY, over, 299_999)).toBe(over);
    expect(mayStart(recordUptime(START_LIMIT_POLICY, over, 300_000), 0).kind).toBe("start");
  });
});

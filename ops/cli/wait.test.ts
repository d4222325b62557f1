import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { FleetError } from "../../shared/errors.ts";
import type { HubClient } from "./client.ts";
import type { Output } from "./output.ts";
import { waitForJob } from "./wait.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const NEVER = new AbortController().signal;
const JOB = {
  ...{ jobId: "j_000001", kind: "JOB_KIND_TASK", priority: "PRIORITY_BATCH", lane: "LANE_CPU" },
  ...{ vramBytes: 0, paramsJson: "{}", resultJson: "", node: "", campaign: "", lastDetail: "", lastExit: "" },
  ...{
    attempts: 1,
    maxAttempts: 4,
    token: 0,
    submittedWallMs: 0,
    endedWallMs: 0,
    ends: {},
    after: [],
    uses: "",
  },
  ...{ peakVramBytes: 0, learnedVramBytes: 0, progressRatio: 0.5 },
};

/** A hub that answers with these, one after another; an error is thrown. */
function hubOf(answers: readonly (FleetError | string)[]): HubClient {
  const left = [...answers];
  const call = async (): Promise<object> => {
    const answer = left.shift() ?? "asked once too often";
    if (answer instanceof FleetError) throw answer;
    return { ...JOB, state: answer };
  };
  return { call } as unknown as HubClient;
}

async function waited(answers: readonly (FleetError | string)[]) {
  const drawn: string[] = [];
  const out = { redraw: (text) => drawn.push(text) } as Pick<Output, "redraw"> as Output;
  const end = waitForJob(hubOf(answers), out, "j_000001", NEVER).then(
    ({ state }) => state,
    ({ code }) => code,
  );
  await vi.runAllTimersAsync();
  return { end: await end, drawn };
}

describe("waitForJob", () => {
  it("looks until the job has ended", async () => {
    expect(await waited(["pending", "running", "succeeded"])).toEqual({
      end: "succeeded",
      drawn: ["j_000001 pending", "j_000001 running 50 %"],
    });
  });

  it("waits through a full disk, and says that it does", async () => {
    const full = new FleetError("resourceExhausted", "the disk is full");
    expect(await waited(["running", full, full, "failed"])).toEqual({
      end: "failed",
      drawn: ["j_000001 running 50 %", "the disk is full", "the disk is full"],
    });
  });

  it("gives up when the hub is gone", async () => {
    expect((await waited([new FleetError("unavailable", "nobody there")])).end).toBe("unavailable");
  });
});

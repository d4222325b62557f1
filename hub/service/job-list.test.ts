import { beforeAll, describe, expect, it } from "vitest";
import { HubWorld, specOf } from "../../test/helpers/hub-world.ts";
import { cancelJob, submitJob } from "../core/queue/queue.ts";
import { jobIdOf } from "../core/state.ts";
import { listJobs } from "./job-list.ts";

const world = new HubWorld();
const ask = (request: Partial<Parameters<typeof listJobs>[1]>) => {
  const {
    jobs = [],
    total,
    nextBefore,
  } = listJobs(world.core, {
    state: "",
    campaign: "",
    before: "",
    limit: 0,
    ...request,
  });
  return { numbers: jobs.map(({ jobId = "" }) => Number(jobId.slice(2))), total, nextBefore };
};

beforeAll(() => {
  for (let number = 1; number <= 9; number++)
    world.do((tx) => submitJob(tx, String(number), specOf({ campaign: number % 3 === 0 ? "demo" : null })));
  for (const number of [6, 2]) {
    const job = world.core.state.jobs.get(jobIdOf(number));
    if (job !== undefined) world.do((tx) => cancelJob(tx, job, { actor: "operator", reason: "test" }));
  }
});

describe("listJobs", () => {
  it.each([
    {
      what: "the newest, newest last",
      request: { limit: 3 },
      numbers: [7, 8, 9],
      total: 9,
      next: jobIdOf(7),
    },
    {
      what: "the page before",
      request: { limit: 3, before: jobIdOf(7) },
      numbers: [4, 5, 6],
      total: 9,
      next: jobIdOf(4),
    },
    {
      what: "the last page",
      request: { limit: 3, before: jobIdOf(4) },
      numbers: [1, 2, 3],
      total: 9,
      next: "",
    },
    {
      what: "one state in order of submission",
      request: { state: "cancelled" },
      numbers: [2, 6],
      total: 2,
      next: "",
    },
    {
      what: "one campaign",
      request: { campaign: "demo", limit: 2 },
      numbers: [6, 9],
      total: 3,
      next: jobIdOf(6),
    },
    {
      what: "one state of a campaign",
      request: { campaign: "demo", state: "pending" },
      numbers: [3, 9],
      total: 2,
      next: "",
    },
    { what: "a campaign without jobs", request: { campaign: "none" }, numbers: [], total: 0, next: "" },
  ])("shows $what", ({ request, numbers, total, next }) => {
    expect(ask(request)).toEqual({ numbers, total, nextBefore: next });
  });

  it("refuses a state and a job that cannot be", () => {
    expect(() => ask({ state: "lost" })).toThrow(/state: must be one of pending/);
    expect(() => ask({ before: "42" })).toThrow(/before: must be a job/);
  });
});

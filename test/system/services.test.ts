/** Services on a real fleet: restarted in place by their node, ended by whoever may end them. */
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { Fleet } from "../helpers/fleet.ts";

let fleet: Fleet;
afterEach(() => fleet.stop());

/** Appends a line at each start and ends with `status` until it has done so `crashes` times, then stays up. */
const CRASHING = [
  "n=$(wc -l <starts 2>/dev/null || echo 0)",
  "echo $$ >>starts",
  'echo "start $n"',
  '[ "$n" -ge "$1" ] || exit 3',
  "exec sleep $2",
].join("; ");

async function serve(scale: number): Promise<void> {
  fleet = new Fleet(scale);
  const runners = join(fleet.root, "agents", "alpha", "runners");
  mkdirSync(runners, { recursive: true });
  const argv = ["sh", "-c", CRASHING, "crashing", "{params.crashes}", "{params.mark}"];
  const params = { crashes: { type: "integer" }, mark: { type: "string" } };
  writeFileSync(
    join(runners, "crashing.json"),
    JSON.stringify({ name: "crashing", argv, params, nice: 0, envAllow: ["PATH"] }),
  );
  await fleet.startHub();
  await fleet.startAgent("alpha");
  await goUp();
}

/** Without documents of a campaign some guardrails are red; jobs of one's own need none of them. */
async function goUp(): Promise<void> {
  await fleet.call("SetDesired", { state: "DESIRED_STATE_UP", isForced: true, reason: "test" });
}

async function submit(crashes: number, mark: string, maxAttempts = 4): Promise<string> {
  const { jobId } = await fleet.call("Submit", {
    key: mark,
    producer: "test",
    kind: "JOB_KIND_SERVICE",
    runner: "crashing",
    paramsJson: JSON.stringify({ crashes, mark }),
    priority: "PRIORITY_BATCH",
    lane: "LANE_GPU",
    vramBytes: 1024 ** 3,
    subsystem: "rendering",
    onHubLoss: "ON_HUB_LOSS_STOP",
    maxAttempts,
  });
  return jobId;
}

/** Pids of `sleep MARK` on this machine. */
function sleepers(mark: string): number[] {
  const rows = execFileSync("ps", ["-eo", "pid=,args="], { encoding: "utf8" }).split("\n");
  return rows
    .filter((row) => row.trim().split(/\s+/).slice(1).join(" ") === `sleep ${mark}`)
    .map((row) => Number.parseInt(row, 10));
}

function attemptFile(token: string | number, name: string): string {
  return readFileSync(join(fleet.root, "agents", "alpha", "attempts", String(token), name), "utf8");
}

function eventsOf(jobId: string, kind: string): readonly Record<string, unknown>[] {
  return fleet.events().filter((event) => event.kind === kind && event["jobId"] === jobId);
}

describe("a service that ends by itself", () => {
  it("is started again in place, under its token, and everybody can read how often", async () => {
    await serve(0.1);
    const jobId = await submit(2, "3141.1");
    await fleet.until("it stays up", () => sleepers("3141.1").length === 1);
    await fleet.until("the hub knows", async () => !(await fleet.call("GetJob", { jobId })).isRestarting);
    const job = await fleet.call("GetJob", { jobId });
    expect(job).toMatchObject({
      state: "running",
      kind: "JOB_KIND_SERVICE",
      starts: 2,
      startsMax: 5,
      attempts: 0,
    });
    expect(job.lastExit).toMatch(/^exit status 3/);
    expect(attemptFile(job.token, "job/starts").trim().split("\n")).toHaveLength(3);
    await fleet.until("its log is kept", () =>
      /start 0\nstart 1\nstart 2/.test(attemptFile(job.token, "log/current.log")),
    );
    expect(eventsOf(jobId, "job.leased")).toHaveLength(1);
    expect(eventsOf(jobId, "service.restarted")).toMatchObject([
      { restart: 1, strikes: 1, burst: 5, exitCode: 3 },
      { restart: 2, strikes: 2, burst: 5, exitCode: 3 },
    ]);
    const { services } = await fleet.call("GetStatus", {});
    expect(services).toMatchObject([{ jobId, starts: 2, startsMax: 5, node: "alpha" }]);
    const why = await fleet.call("Why", { kind: "job", name: jobId });
    expect(why.evidence.find(({ name }) => name === "starts")?.value).toMatch(/^2 of 5 used/);
    await fleet.call("CancelJob", { jobId });
    await fleet.until(
      "it is cancelled",
      async () => (await fleet.call("GetJob", { jobId })).state === "cancelled",
    );
    expect(sleepers("3141.1")).toEqual([]);
  });

  it("is given up when its allowance is spent, loudly, and the hub decides", async () => {
    await serve(0.05);
    const jobId = await submit(99, "3141.2", 1);
    const isOver = async (): Promise<boolean> =>
      (await fleet.call("GetJob", { jobId })).state === "quarantined";
    await fleet.until("it is given up", isOver, 90_000);
    const { lastExit, attempts } = await fleet.call("GetJob", { jobId });
    expect(lastExit).toMatch(/^given up: it has ended 6 times within 30 s; last: exit status 3/);
    expect(attempts).toBe(1);
    expect(eventsOf(jobId, "service.restarted")).toHaveLength(5);
    expect(eventsOf(jobId, "job.leased")).toHaveLength(1);
    expect(fleet.output("alpha")).toContain('"event":"service.givenUp"');
  });

  it("goes on under the next agent when the first is killed while it waits, and never runs twice", async () => {
    await serve(0.6);
    const jobId = await submit(3, "3141.3");
    // The third backoff: 9.6 s, well above what an agent takes to start on a busy machine.
    await fleet.until(
      "it waits for its third restart",
      () => eventsOf(jobId, "service.restarted").length === 3,
    );
    const { token } = await fleet.call("GetJob", { jobId });
    await fleet.kill("alpha");
    await fleet.startAgent("alpha");
    const most = { seen: 0 };
    const started = (): number => fleet.events().filter(({ kind }) => kind === "job.started").length;
    await fleet.until("it stays up", () => {
      most.seen = Math.max(most.seen, sleepers("3141.3").length);
      return most.seen > 0;
    });
    // What an agent was killed over before it had written it down is ended by the next one.
    await fleet.until("its start is on record", () => started() === 4);
    const after = await fleet.call("GetJob", { jobId });
    expect(after).toMatchObject({ state: "running", token, starts: 3 });
    expect(most.seen).toBe(1);
    expect(attemptFile(token, "job/starts").trim().split("\n")).toHaveLength(4);
    expect(eventsOf(jobId, "job.leased")).toHaveLength(1);
    await fleet.kill("alpha");
    await fleet.startAgent("alpha");
    expect(sleepers("3141.3")).toHaveLength(1);
    await fleet.call("CancelJob", { jobId });
    await fleet.until("nothing of it is left", () => sleepers("3141.3").length === 0);
  });
});

describe("a service that is ended", () => {
  it("by down comes back with up; by a cancel it never does", async () => {
    await serve(0.1);
    const jobId = await submit(0, "3141.4");
    await fleet.until("it is up", () => sleepers("3141.4").length === 1);
    await fleet.call("SetDesired", { state: "DESIRED_STATE_DOWN", reason: "test" });
    await fleet.until("it is down", () => sleepers("3141.4").length === 0);
    await fleet.until("it waits", async () => (await fleet.call("GetJob", { jobId })).state === "pending");
    await goUp();
    await fleet.until("it is up again", () => sleepers("3141.4").length === 1);
    expect(eventsOf(jobId, "service.restarted")).toEqual([]);
    expect(await fleet.call("GetJob", { jobId })).toMatchObject({ attempts: 0 });
    await fleet.call("CancelJob", { jobId });
    await fleet.until(
      "it is cancelled",
      async () => (await fleet.call("GetJob", { jobId })).state === "cancelled",
    );
    expect(sleepers("3141.4")).toEqual([]);
    // Several times what a grant takes.
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    expect(sleepers("3141.4")).toEqual([]);
  });
});

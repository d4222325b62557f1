/** Real processes, real signals: what a killed hub, a killed agent and `down` do to running work. */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { scoreActuators } from "../../agent/runners/evaluate/score.ts";
import { parseRenderParams } from "../../agent/runners/render/params.ts";
import type { ControlDocument } from "../../shared/model/campaign.ts";
import { DEMO_CAMPAIGN, demoDimensions } from "../../shared/model/demo-campaign.ts";
import { Fleet } from "../helpers/fleet.ts";

let fleet: Fleet;
afterEach(() => fleet.stop());

const FRAME = { width: 160, height: 90, frames: 8, fps: 12 };

/** The demo's campaign, small and with a target near its start: a few cycles, a few seconds. */
function documents(tolerance: number): { control: ControlDocument; dimensions: readonly object[] } {
  const { actuators, population, deadBand, stop, path, prompt } = DEMO_CAMPAIGN;
  const hidden = Object.fromEntries(actuators.map(({ name, initial }) => [name, initial + 0.18]));
  const scores = scoreActuators(parseRenderParams({ seed: 7, prompt, path, actuators: hidden, ...FRAME }));
  const control: ControlDocument = {
    prompt,
    seed: 7,
    watermark: 4,
    campaigns: {
      demo: {
        path,
        population,
        actuators,
        frame: FRAME,
        master: { ...FRAME, width: 320, height: 180 },
        deadBand,
        stop: { ...stop, tolerance, budget: { maxCycles: 20, maxRenders: 200, maxGpuSeconds: 900 } },
        jobs: {
          renderRunner: "render",
          evaluateRunner: "evaluate",
          priority: "batch",
          vramBytes: 8 * 1024 ** 3,
          subsystem: "rendering",
          maxRuntimeMs: 60_000,
          maxAttempts: 4,
        },
      },
    },
  };
  return { control, dimensions: demoDimensions(scores) };
}

async function openFleet(scale = 0.1): Promise<Fleet> {
  fleet = new Fleet(scale);
  const { control, dimensions } = documents(0.02);
  fleet.writeDocuments(control, dimensions);
  await fleet.startHub();
  await Promise.all(["alpha", "beta"].map((node) => fleet.startAgent(node)));
  await fleet.goUp();
  return fleet;
}

function submitSleep(seconds: number, key: string, changes = {}): Promise<string> {
  return fleet.submitSleep(key, seconds, { lane: "LANE_GPU", vramBytes: 1024 ** 3, ...changes });
}

async function stateOf(jobId: string): Promise<string> {
  return (await fleet.call("GetJob", { jobId })).state;
}

const running = (jobId: string) => async () => (await stateOf(jobId)) === "running";
const succeeded = (jobId: string) => async () => (await stateOf(jobId)) === "succeeded";

/** Pids of `sleep SECONDS` processes on this machine, whoever started them. */
function sleepers(seconds: number): number[] {
  const rows = execFileSync("ps", ["-eo", "pid=,args="], { encoding: "utf8" }).split("\n");
  return rows
    .filter((row) => row.trim().split(/\s+/).slice(1).join(" ").endsWith(`sleep ${seconds}`))
    .filter((row) => !row.includes("shim.sh"))
    .map((row) => Number.parseInt(row, 10));
}

function expectEachJobPublishedOnce(): void {
  const of = (kind: string) => fleet.events().filter((event) => event.kind === kind);
  for (const kind of ["job.succeeded", "job.published"]) {
    const jobs = of(kind).map((event) => event["jobId"]);
    expect(new Set(jobs).size).toBe(jobs.length);
  }
  const withOutputs = of("job.succeeded").filter((event) => event["manifestSha256"] !== null);
  expect(of("job.published")).toHaveLength(withOutputs.length);
  expect(fleet.renders()).toHaveLength(withOutputs.length);
}

describe("kill -9 of the hub", () => {
  it("lets running renders finish, and the campaign goes on and converges", async () => {
    await openFleet();
    await fleet.call("Converge", { campaign: "demo" });
    await fleet.until("a few renders are published", () => fleet.renders().length >= 3);
    await fleet.until("a render is running", async () => {
      const { jobs } = await fleet.call("ListJobs", { state: "running" });
      return jobs.some((job) => job.runner === "render");
    });
    await fleet.kill("hub");
    await fleet.startHub();
    await fleet.until(
      "the campaign has converged and its master is published",
      async () => (await fleet.call("GetCampaign", { campaign: "demo" })).isMasterPublished,
      180_000,
    );
    const campaign = await fleet.call("GetCampaign", { campaign: "demo" });
    expect(campaign).toMatchObject({ state: "converged", rule: "target" });
    expectEachJobPublishedOnce();
    const lost = fleet.events().filter((event) => event.kind === "attempt.ended");
    expect(lost.map((event) => event["detail"])).toEqual([]);
    const refilled = await fleet.call("Refill", { campaign: "demo" });
    expect(refilled).toMatchObject({ created: 0, rule: "converged" });
    expect((await fleet.call("Why", { kind: "campaign", name: "demo" })).rule).toBe("converged");
  });
});

describe("a hub that stands still for longer than a lease", () => {
  it("gives away nothing that is held, takes what was done meanwhile, and grants the rest once more", async () => {
    await openFleet(0.2);
    const finish = { onHubLoss: "ON_HUB_LOSS_FINISH", maxRuntimeMs: 300_000 };
    const kept = await submitSleep(61.5, "kept", finish);
    const ended = await submitSleep(62.5, "ended");
    await fleet.until("both run", () => sleepers(61.5).length + sleepers(62.5).length === 2);
    const done = await submitSleep(4.5, "done", { lane: "LANE_CPU", vramBytes: 0 });
    await fleet.until("a short one runs", () => sleepers(4.5).length === 1);
    const [held] = sleepers(61.5);
    const stoppedSeq = fleet.events().at(-1)?.seq ?? 0;
    fleet.process("hub").kill("SIGSTOP");
    // A minute and a half at full scale.
    await new Promise((resolve) => setTimeout(resolve, 2 * fleet.timing.regrantAfterMs));
    expect(sleepers(61.5)).toEqual([held]);
    expect(sleepers(62.5)).toEqual([]);
    fleet.process("hub").kill("SIGCONT");
    await fleet.until("what had to end runs again", () => sleepers(62.5).length === 1);
    await new Promise((resolve) => setTimeout(resolve, fleet.timing.regrantAfterMs + fleet.timing.marginMs));
    expect(sleepers(61.5)).toEqual([held]);
    const since = fleet.events().filter(({ seq }) => seq > stoppedSeq);
    const ends = since.filter(({ kind }) => kind === "attempt.ended").map((event) => event["jobId"]);
    expect(ends).toEqual([ended]);
    expect(await stateOf(done)).toBe("succeeded");
    expect(since.filter(({ kind }) => kind === "panic.began")).toEqual([]);
    for (const jobId of [kept, ended]) await fleet.call("CancelJob", { jobId });
    await fleet.until("nothing is left", () => sleepers(61.5).length + sleepers(62.5).length === 0);
  });
});

describe("kill -9 of an agent", () => {
  it("leaves its job to the shim, and the next agent adopts it instead of starting it again", async () => {
    await openFleet();
    const jobId = await submitSleep(4.125, "adopted", { node: "alpha" });
    await fleet.until("it runs", running(jobId));
    const [pid] = sleepers(4.125);
    await fleet.kill("alpha");
    expect(sleepers(4.125)).toEqual([pid]);
    await fleet.startAgent("alpha");
    expect(sleepers(4.125)).toEqual([pid]);
    await fleet.until("it succeeds", succeeded(jobId));
    const leases = fleet.events().filter((event) => event.kind === "job.leased");
    expect(leases).toHaveLength(1);
  });

  it("ends the job by its deadline and gives it to another node, never both at once", async () => {
    await openFleet();
    const jobId = await submitSleep(25.25, "moved");
    await fleet.until("it runs", running(jobId));
    const first = await fleet.call("GetJob", { jobId });
    await fleet.kill(first.node);
    await fleet.until("another node has it", async () => {
      expect(sleepers(25.25).length).toBeLessThanOrEqual(1);
      const job = await fleet.call("GetJob", { jobId });
      return job.state === "running" && job.node !== first.node && job.token !== first.token;
    });
    expect(sleepers(25.25)).toHaveLength(1);
    await fleet.call("CancelJob", { jobId });
    await fleet.until("nothing of it is left", () => sleepers(25.25).length === 0);
  });
});

describe("down", () => {
  it("stops what runs within its bound, grants nothing after, and survives a hub restart", async () => {
    await openFleet(1);
    const jobId = await submitSleep(120.5, "stopped");
    await fleet.until("it runs", running(jobId));
    const started = Date.now();
    await fleet.call("SetDesired", { state: "DESIRED_STATE_DOWN", isNow: true, reason: "stop it" });
    await fleet.until("it is gone", () => sleepers(120.5).length === 0, 12_000);
    expect(Date.now() - started).toBeLessThan(3_000);
    await fleet.until("the hub knows", async () => (await stateOf(jobId)) === "pending");
    await fleet.kill("hub");
    await fleet.startHub();
    const status = await fleet.call("GetStatus", {});
    expect(status.desired).toBe("DESIRED_STATE_DOWN");
    expect(existsSync(join(fleet.root, "hub/down.latch"))).toBe(true);
    const downSeq = fleet
      .events()
      .find((event) => event["state"] === "down" && event["reason"] === "stop it")?.seq;
    const after = fleet
      .events()
      .filter((event) => event.seq > Number(downSeq) && event.kind === "job.leased");
    expect(after).toEqual([]);
    expect(readFileSync(join(fleet.root, "spiral.jsonl"), "utf8")).toContain("preempted");
  });
});

/**
 * kill -9 of a real hub at each named place of its write paths, then at random ones, under load from an operator and two
 * agents: everything acknowledged is there, no token is given twice, every output is published once.
 * SPIRAL_TEST_KILLS says how many random kills (10).
 */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DIMENSIONS } from "../../agent/runners/evaluate/dimensions.ts";
import { HUB_FAILPOINTS } from "../../hub/failpoint.ts";
import { demoCalibration, demoControl } from "../../ops/demo/documents.ts";
import { WRITE_FAILPOINTS } from "../../shared/durable-file.ts";
import { fsck } from "../../shared/journal/fsck.ts";
import { JOURNAL_FAILPOINTS } from "../../shared/journal/sqlite-store.ts";
import { DEMO_CAMPAIGN } from "../../shared/model/demo-campaign.ts";
import { packageRoot } from "../../shared/package-root.ts";
import { Fleet, type JournalEvent } from "../helpers/fleet.ts";
import { PROJECTION_FAILPOINTS } from "./failpoint.fixture.ts";

const KILLS = Number(process.env["SPIRAL_TEST_KILLS"] ?? 10);
const outdir = join(packageRoot(), "node_modules/.cache/spiral-test", `failpoints-${process.pid}`);
const program = join(outdir, "failpoint-hub.fixture.mjs");

const LATCH = HUB_FAILPOINTS.filter((point) => point.endsWith("latch"));
const FILE = HUB_FAILPOINTS.filter((point) => point.startsWith("file-"));
const WRITE: readonly string[] = WRITE_FAILPOINTS;
const PUBLISH = HUB_FAILPOINTS.filter((point) => ![...LATCH, ...FILE, ...WRITE].includes(point));

const BUILT = { bundle: true, format: "esm", platform: "node", packages: "external" } as const;

let fleet: Fleet;
/** What the hub has said yes to. */
const acknowledged = new Map<string, string>();
const working = new Set<string>();
let submits = 0;

beforeAll(async () => {
  const fixtures = ["failpoint-hub", "failpoint-worker"];
  const entryPoints = fixtures.map((name) => join(import.meta.dirname, `${name}.fixture.ts`));
  await build({ ...BUILT, entryPoints, outdir, outExtension: { ".js": ".mjs" } });
  fleet = new Fleet(0.1);
  await fleet.startHub(program);
  await Promise.all(["alpha", "beta"].map((node) => fleet.startAgent(node)));
  await bringUp();
});
afterAll(async () => {
  await fleet.stop();
  rmSync(outdir, { recursive: true, force: true });
});

async function bringUp(): Promise<void> {
  const up = { state: "DESIRED_STATE_UP", isForced: true, reason: "test" } as const;
  await fleet.until("the fleet is up", async () => {
    await fleet.call("SetDesired", up);
    return true;
  });
}

const WAITING = { runner: "sleep", params: { seconds: 1 }, lane: "LANE_CPU", delayMs: 3_600_000 } as const;
const SHORT = { runner: "sleep", params: { seconds: 0.05 }, lane: "LANE_CPU", delayMs: 0 } as const;
const RENDER = { runner: "render", params: renderParams(), lane: "LANE_GPU", delayMs: 0 } as const;

function renderParams() {
  const { path, prompt, actuators } = DEMO_CAMPAIGN;
  const values = Object.fromEntries(actuators.map(({ name, initial }) => [name, initial]));
  return { seed: 7, prompt, path, actuators: values, width: 64, height: 36, frames: 2, fps: 12 };
}

function request(
  key: string,
  { runner, params, lane, delayMs }: typeof WAITING | typeof SHORT | typeof RENDER,
) {
  return {
    key,
    producer: "test",
    runner,
    paramsJson: JSON.stringify(params),
    priority: "PRIORITY_BATCH",
    lane,
    delayMs,
    subsystem: "rendering",
    vramBytes: lane === "LANE_GPU" ? 1024 ** 3 : 0,
    onHubLoss: "ON_HUB_LOSS_STOP",
  } as const;
}

async function submit(shape: typeof WAITING | typeof SHORT | typeof RENDER): Promise<void> {
  const key = `k${submits++}-${shape.runner}-${shape.delayMs}`;
  const answer = await fleet.call("Submit", request(key, shape)).catch(() => null);
  if (answer === null) return;
  acknowledged.set(key, answer.jobId);
  if (shape.delayMs === 0) working.add(answer.jobId);
}

function isAlive(): boolean {
  const { exitCode, signalCode } = fleet.process("hub");
  return exitCode === null && signalCode === null;
}

/** Submits until the hub has died. */
async function loadUntilDead(): Promise<void> {
  for (const shape of [RENDER, SHORT, SHORT]) if (isAlive()) await submit(shape);
  for (let i = 0; isAlive() && i < 150; i++) {
    await submit(WAITING);
    if (i > 15) await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function expectKilled(): Promise<void> {
  const child = fleet.process("hub");
  await fleet.until("the hub is killed", () => !isAlive(), 20_000);
  expect(child.signalCode).toBe("SIGKILL");
}

/** Everything that was acknowledged is there under its id. */
async function expectAcknowledged(): Promise<void> {
  for (const [key, jobId] of acknowledged) {
    const job = await fleet.call("GetJob", { jobId });
    expect({ key, jobId: job.jobId }).toEqual({ key, jobId });
  }
}

/** `spiral.jsonl` tells each event once and in order. */
function expectWholeProjection(): void {
  const seqs = fleet.events().map(({ seq }) => seq);
  expect(seqs).toEqual(seqs.map((_, index) => index + 1));
}

const isSame = (event: JournalEvent, key: string): boolean => String(event["key"]).endsWith(key);

/** A campaign of one cycle, whose operating point lies in globals.json when it is over. */
async function runCampaign(): Promise<void> {
  if (existsSync(join(fleet.root, "globals.json"))) return;
  const control = demoControl(4);
  const [[name, plan] = []] = Object.entries(control.campaigns);
  if (name === undefined || plan === undefined) throw new Error("the demo has a campaign");
  const frame = { width: 32, height: 32, frames: 2, fps: 12 };
  const stop = plan.stop && { ...plan.stop, budget: { ...plan.stop.budget, maxCycles: 1 } };
  const { dimensions } = demoCalibration(Object.fromEntries(DIMENSIONS.map(({ name }) => [name, 0.5])));
  fleet.writeDocuments(
    { ...control, campaigns: { [name]: { ...plan, frame, master: null, stop } } },
    dimensions,
  );
  await fleet.until("the campaign is armed", () =>
    fleet.call("Converge", { campaign: name, reason: "test" }).then(() => true),
  );
  await fleet.until("the campaign is over", async () => {
    const { state } = await fleet.call("GetCampaign", { campaign: name });
    return state === "stopped" && existsSync(join(fleet.root, "globals.json"));
  });
}

function globals(): unknown {
  return JSON.parse(readFileSync(join(fleet.root, "globals.json"), "utf8"));
}

function leftovers(): readonly string[] {
  return readdirSync(fleet.root).filter((name) => name.startsWith(".globals.json."));
}

function armed(point: string): string {
  const file = join(fleet.root, `fault-${point}`);
  writeFileSync(file, "1");
  return file;
}

describe("kill -9", () => {
  it.each([...JOURNAL_FAILPOINTS, ...PROJECTION_FAILPOINTS, ...PUBLISH])(
    "at %s loses nothing",
    async (point) => {
      const file = armed(point);
      await loadUntilDead();
      await expectKilled();
      rmSync(file);
      await fleet.startHub(program);
      await expectAcknowledged();
      expectWholeProjection();
    },
  );

  it.each(FILE)("at %s makes the jobs of a dropped file once", async (point) => {
    const file = armed(point);
    const drops = join(fleet.root, "queue");
    const { runner, params, delayMs } = WAITING;
    writeFileSync(join(drops, `${point}.json`), JSON.stringify([{ runner, params, delayMs, lane: "cpu" }]));
    await expectKilled();
    rmSync(file);
    await fleet.startHub(program);
    const answer = join(drops, "accepted", `${point}.json.jobs.json`);
    await fleet.until("the file is put away", () => existsSync(join(drops, "accepted", `${point}.json`)));
    const { jobs } = JSON.parse(readFileSync(answer, "utf8"));
    expect(jobs).toMatchObject([{ jobId: expect.any(String), isDuplicate: point === "file-submitted" }]);
    const made = fleet
      .events()
      .filter((event) => event.kind === "job.submitted" && isSame(event, jobs[0].key));
    expect(made).toHaveLength(1);
    await expectAcknowledged();
  });

  it.each(WRITE)("at %s leaves globals.json whole and as the journal has it", async (point) => {
    await runCampaign();
    const before = globals();
    await fleet.kill("hub");
    const file = armed(point);
    void fleet.startHub(program).catch(() => {}); // it does not get that far
    await expectKilled();
    expect(globals()).toEqual(before);
    rmSync(file);
    await fleet.startHub(program);
    await fleet.until("the leftovers are gone", () => leftovers().length === 0);
    expect(globals()).toEqual(before);
    await expectAcknowledged();
  });

  it.each(LATCH)("at %s leaves a fleet that is down when down was on the disk", async (point) => {
    const file = armed(point);
    await fleet.call("SetDesired", { state: "DESIRED_STATE_DOWN", reason: "test" }).catch(() => null);
    await expectKilled();
    rmSync(file);
    await fleet.startHub(program);
    const { desired } = await fleet.call("GetStatus", {});
    if (point === "after-latch") expect(desired).toBe("DESIRED_STATE_DOWN");
    await expectAcknowledged();
    await bringUp();
  });

  it(`${KILLS} times at random loses nothing`, async () => {
    for (let i = 0; i < KILLS; i++) {
      const afterMs = 50 + Math.random() * 1_500;
      const timer = setTimeout(() => fleet.process("hub").kill("SIGKILL"), afterMs);
      await loadUntilDead();
      clearTimeout(timer);
      await expectKilled();
      await fleet.startHub(program);
    }
    await expectAcknowledged();
  });

  it("has done everything once in the end", async () => {
    await bringUp();
    for (const jobId of working) {
      await fleet.until(
        `${jobId} is done`,
        async () => (await fleet.call("GetJob", { jobId })).state === "succeeded",
        120_000,
      );
    }
    await fleet.until("all is published", async () => {
      const of = (kind: string) => fleet.events().filter((event) => event.kind === kind);
      return (
        of("job.published").length ===
        of("job.succeeded").filter((event) => event["manifestSha256"] !== null).length
      );
    });
    const of = (kind: string) => fleet.events().filter((event) => event.kind === kind);
    const tokens = of("job.leased").map((event) => Number(event["token"]));
    expect(tokens).toEqual([...new Set(tokens)].sort((a, b) => a - b));
    for (const kind of ["job.submitted", "job.succeeded", "job.published"]) {
      const jobs = of(kind).map((event) => event["jobId"]);
      expect(new Set(jobs).size, kind).toBe(jobs.length);
    }
    expect(fleet.renders()).toHaveLength(of("job.published").length);
    await fleet.until(
      "nothing stale is staged",
      () => readdirSync(join(fleet.root, "hub/staging")).length === 0,
    );
    await fleet.kill("hub", "SIGTERM");
    expect((await fsck(join(fleet.root, "hub/journal.db"))).problems).toEqual([]);
  });
});

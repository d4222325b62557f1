/** Several real hubs over one real PostgreSQL: who leads, what survives a leader, and what a former one can do. */
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { createLoop, type Loop } from "../../shared/loop.ts";
import { DEMO_CAMPAIGN } from "../../shared/model/demo-campaign.ts";
import { spiral, start } from "../helpers/cli-rig.ts";
import { Fleet } from "../helpers/fleet.ts";
import { PostgresServer } from "../helpers/postgres.ts";

/** 1: the durations of production. */
const SCALE = Number(process.env["SPIRAL_TEST_SCALE"] ?? 0.1);

let server: PostgresServer;
let fleet: Fleet;
let journal = "";
let serviceManager: Loop | null = null;

beforeAll(async () => {
  server = await PostgresServer.start();
});
afterEach(async () => {
  await serviceManager?.stop();
  await fleet.stop();
});
afterAll(() => server.stop());

async function openFleet(): Promise<void> {
  fleet = new Fleet(SCALE);
  journal = await server.createDatabase();
  await fleet.startReplica("one", journal);
  await fleet.startReplica("two", journal);
}

/** Starts again whatever has ended, as a service manager does. */
function supervise(...names: readonly string[]): void {
  serviceManager = createLoop({
    everyMs: 200,
    run: async () => {
      for (const name of names) if (hasEnded(name)) await fleet.startReplica(name, journal);
    },
    onError: () => {}, // looked at again
  });
}

function hasEnded(name: string): boolean {
  const { exitCode, signalCode } = fleet.process(name);
  return exitCode !== null || signalCode !== null;
}

async function openWorkingFleet(): Promise<void> {
  await openFleet();
  await fleet.startAgent("alpha");
  const hubs = `${fleet.servesAt("two")},${fleet.servesAt("one")}`;
  await fleet.startAgent("beta", "--hub", hubs);
  await fleet.call("SetDesired", { state: "DESIRED_STATE_UP", isForced: true, reason: "test" });
}

const PARAMS = JSON.stringify({
  ...{ seed: 7, prompt: DEMO_CAMPAIGN.prompt, path: DEMO_CAMPAIGN.path },
  ...{ width: 32, height: 32, frames: 2, fps: 12 },
  actuators: Object.fromEntries(DEMO_CAMPAIGN.actuators.map(({ name, initial }) => [name, initial])),
});

/** Submits jobs until told to stop, each until it is acknowledged, and remembers what was. */
function startLoad() {
  const acknowledged = new Map<string, string>();
  let isOver = false;
  let next = 0;
  const one = async (): Promise<void> => {
    while (!isOver) {
      const key = `job-${next++}`;
      const isRender = next % 8 === 0;
      while (!isOver) {
        const submitted = await fleet
          .call("Submit", {
            ...{ key, producer: "test", priority: "PRIORITY_BATCH", subsystem: "rendering" },
            ...{ runner: isRender ? "render" : "sleep", paramsJson: isRender ? PARAMS : '{"seconds":0.1}' },
            ...{ lane: isRender ? "LANE_GPU" : "LANE_CPU", vramBytes: isRender ? 1024 ** 3 : 0 },
            onHubLoss: "ON_HUB_LOSS_STOP",
          })
          .catch(() => null);
        if (submitted !== null) acknowledged.set(key, submitted.jobId);
        await new Promise((resolve) => setTimeout(resolve, 100));
        if (submitted !== null) break;
      }
    }
  };
  const running = Promise.all([one(), one(), one()]);
  return {
    acknowledged,
    stop: async () => {
      isOver = true;
      await running;
    },
  };
}

async function leader(): Promise<string> {
  const [row] = await server.run(journal, "SELECT address FROM spiral.leadership");
  const name = ["one", "two"].find((each) => fleet.servesAt(each) === row?.["address"]);
  if (name === undefined) throw new Error(`nobody serves at ${row?.["address"]}`);
  return name;
}

/** What `status` of the leader says of each hub. */
async function told(): Promise<readonly string[]> {
  const { replicas } = await fleet.call("GetStatus", {});
  return replicas.map(({ address, isLeader, problem }) => {
    const name = ["one", "two"].find((each) => fleet.servesAt(each) === address) ?? address;
    return `${name} ${isLeader ? "leads" : problem || "stands by"}`;
  });
}

async function epochs(): Promise<readonly { readonly seq: number; readonly epoch: number }[]> {
  const rows = await server.run(journal, "SELECT seq, epoch FROM spiral.event ORDER BY seq");
  return rows.map((row) => ({ seq: Number(row["seq"]), epoch: Number(row["epoch"]) }));
}

/** The journal has no gap, and no leader wrote after its successor had. */
async function expectNoInterleaving(): Promise<void> {
  const rows = await epochs();
  expect(rows.map(({ seq }) => seq)).toEqual(rows.map((_, index) => index + (rows[0]?.seq ?? 0)));
  const terms = rows.map(({ epoch }) => epoch);
  expect(terms).toEqual([...terms].sort((a, b) => a - b));
}

/** `spiral.jsonl` tells each event once and in order, whoever led when it was written. */
function expectWholeProjection(): void {
  const seqs = fleet.events().map(({ seq }) => seq);
  expect(seqs).toEqual(seqs.map((_, index) => index + 1));
}

/** Everything that was acknowledged is there once, has ended well, and can be read. */
async function expectAllKept(acknowledged: ReadonlyMap<string, string>): Promise<void> {
  await fleet.until(
    "nothing is pending or running",
    async () => {
      const { pending, running } = await fleet.call("GetStatus", {});
      return Number(pending) === 0 && Number(running) === 0;
    },
    120_000,
  );
  await fleet.until("all outputs are published", () => {
    const withOutputs = fleet
      .events()
      .filter((event) => event["manifestSha256"] && event.kind === "job.succeeded");
    return fleet.events().filter(({ kind }) => kind === "job.published").length === withOutputs.length;
  });
  const events = fleet.events();
  const submitted = new Map(
    events
      .filter(({ kind }) => kind === "job.submitted")
      .map((event) => [String(event["key"]).replace("test/", ""), event["jobId"]]),
  );
  for (const [key, jobId] of acknowledged) expect([key, submitted.get(key)]).toEqual([key, jobId]);
  const succeeded = events.filter(({ kind }) => kind === "job.succeeded").map((event) => event["jobId"]);
  expect(new Set(succeeded).size).toBe(succeeded.length);
  expect(new Set(succeeded)).toEqual(new Set(submitted.values()));
  const tokens = events.filter(({ kind }) => kind === "job.leased").map((event) => Number(event["token"]));
  expect(tokens).toEqual([...new Set(tokens)].sort((a, b) => a - b));
  for (const event of events) if (event.kind === "job.published") expectReadable(String(event["jobId"]));
}

function expectReadable(jobId: string): void {
  const directory = join(fleet.root, "renders", jobId);
  const manifest = JSON.parse(readFileSync(join(directory, "manifest.json"), "utf8"));
  expect(manifest.files.length).toBeGreaterThan(0);
  for (const { path, sha256 } of manifest.files) {
    const found = createHash("sha256")
      .update(readFileSync(join(directory, path)))
      .digest("hex");
    expect([path, found]).toEqual([path, sha256]);
  }
}

describe("two hubs over one journal", () => {
  it("elect one leader when both begin at once, and the other names it", async () => {
    fleet = new Fleet(SCALE);
    journal = await server.createDatabase();
    await Promise.all([fleet.startReplica("one", journal), fleet.startReplica("two", journal)]);
    const name = await leader();
    const other = name === "one" ? "two" : "one";
    await fleet.until("the other one stands by", () =>
      fleet.output(other).includes(`the leader is ${fleet.servesAt(name)}`),
    );
    expect(await epochs()).toSatisfy((rows: { epoch: number }[]) => rows.every(({ epoch }) => epoch === 1));
    const asked = await start("cli", [
      ...["status", "--json", "--root", fleet.root, "--hub", String(fleet.servesAt(other))],
    ]);
    expect(JSON.parse((await asked.ended).stdout)).toMatchObject({ epoch: 1 });
  });

  it("are told of by the leader, with their parts changed when it has gone", async () => {
    await openFleet();
    const first = await leader();
    const second = first === "one" ? "two" : "one";
    await fleet.until("the standby is told of", async () => (await told()).length === 2);
    expect(await told()).toEqual([`${first} leads`, `${second} stands by`]);
    const shown = await spiral(["status", "--root", fleet.root]);
    expect(shown).toMatchObject({ code: 0, stdout: expect.stringMatching(/127.0.0.1:\d+ +stands by +20/) });
    await fleet.kill(first);
    await fleet.until("the other leads", async () => (await told())[0] === `${second} leads`);
  });

  it("lose nothing when the leader is killed under load, ten times over, and take over within 10 s", async () => {
    await openWorkingFleet();
    supervise("one", "two");
    const load = startLoad();
    const takeoversMs: number[] = [];
    for (let round = 1; round <= 10; round++) {
      const acknowledged = load.acknowledged.size;
      await fleet.until("work was acknowledged", () => load.acknowledged.size > acknowledged + 5);
      await fleet.until("both are there", () => !hasEnded("one") && !hasEnded("two"));
      const name = await leader();
      const { epoch } = await fleet.call("GetStatus", {});
      const killedMs = performance.now();
      await fleet.kill(name);
      await fleet.until("another one leads", async () => {
        const status = await fleet.call("GetStatus", {});
        return Number(status.epoch) > Number(epoch);
      });
      takeoversMs.push(Math.round(performance.now() - killedMs));
    }
    await load.stop();
    if (SCALE === 1) process.stdout.write(`takeovers took ${takeoversMs.join(", ")} ms\n`);
    // A machine that is busy with other things may delay one of them; it must not be the rule.
    const sorted = [...takeoversMs].sort((a, b) => a - b);
    expect(sorted[7], `takeovers took ${takeoversMs.join(", ")} ms`).toBeLessThan(10_000);
    expect(sorted.at(-1)).toBeLessThan(30_000);
    await expectAllKept(load.acknowledged);
    await expectNoInterleaving();
    expectWholeProjection();
  }, 600_000);

  it("fence a leader that was stopped: it steps down, and nothing it thought is visible", async () => {
    await openWorkingFleet();
    const load = startLoad();
    await fleet.until("work was acknowledged", () => load.acknowledged.size > 5);
    const name = await leader();
    const { epoch } = await fleet.call("GetStatus", {});
    supervise(name === "one" ? "two" : "one");
    const former = JSON.parse(readFileSync(join(fleet.root, "hub/endpoint.json"), "utf8"));
    fleet.process(name).kill("SIGSTOP");
    const thought = fleet.callAt(`${former.host}:${former.port}`, "SetDesired", {
      state: "DESIRED_STATE_PAUSED",
      reason: "decided by nobody",
    });
    const answer = thought.then(
      () => "done",
      () => "refused",
    );
    await fleet.until("another one leads", async () => {
      const status = await fleet.call("GetStatus", {});
      return Number(status.epoch) > Number(epoch);
    });
    await new Promise((resolve) => setTimeout(resolve, 60_000 * SCALE));
    const ended = once(fleet.process(name), "close");
    fleet.process(name).kill("SIGCONT");
    const [code] = await ended;
    expect(code).toBe(69);
    expect(fleet.output(name)).toMatch(/steps down/);
    await expect(answer).resolves.toBe("refused");
    await load.stop();
    await expectAllKept(load.acknowledged);
    expect(fleet.events().filter((event) => event["reason"] === "decided by nobody")).toEqual([]);
    await expectNoInterleaving();
    expectWholeProjection();
  });

  it("lose nothing when the database is restarted under load", async () => {
    await openWorkingFleet();
    supervise("one", "two");
    const load = startLoad();
    for (const signal of ["SIGINT", "SIGQUIT"] as const) {
      const acknowledged = load.acknowledged.size;
      await fleet.until("work was acknowledged", () => load.acknowledged.size > acknowledged + 5);
      await server.halt(signal);
      await server.boot();
      const before = load.acknowledged.size;
      await fleet.until("work is acknowledged again", () => load.acknowledged.size > before);
    }
    await load.stop();
    await expectAllKept(load.acknowledged);
    await expectNoInterleaving();
    expectWholeProjection();
  });
});

describe("a hub on another root", () => {
  it("is never ready and never leads, and says which root is missing", async () => {
    await openFleet();
    const elsewhere = mkdtempSync(join(tmpdir(), "spiral-elsewhere-"));
    try {
      await fleet.startReplica("three", journal, "--root", elsewhere);
      await fleet.until("it says why", () => fleet.output("three").includes("mount the shared root"));
      await fleet.kill("two");
      await fleet.kill(await leader());
      await new Promise((resolve) => setTimeout(resolve, 5_000));
      expect(new Set((await epochs()).map(({ epoch }) => epoch))).toEqual(new Set([1]));
      expect(readdirSync(elsewhere)).toEqual(["hub"]);
    } finally {
      await fleet.kill("three");
      rmSync(elsewhere, { recursive: true });
    }
  });
});

describe("the address of the journal", () => {
  it("holds no password where others can read it", async () => {
    fleet = new Fleet(SCALE);
    const secret = "postgres://spiral:s3cret@127.0.0.1:1/spiral";
    const refused = await start("hub", ["serve", "--root", fleet.root, "--journal", secret]);
    expect(await refused.ended).toMatchObject({ code: 78, stderr: expect.stringMatching(/PGPASSWORD/) });
    const waiting = await start("hub", ["serve", "--root", fleet.root, "--port", "0"], {
      SPIRAL_JOURNAL: secret,
    });
    await fleet.until("it waits for the database", () => waiting.stdout().includes("cannot be reached"));
    waiting.process.kill("SIGTERM");
    const { stdout, stderr } = await waiting.ended;
    expect(stdout + stderr).not.toContain("s3cret");
    expect(stdout).toContain("postgres://spiral:***@");
  });
});

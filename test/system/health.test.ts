/** What a real fleet does about ill cards, stuck jobs and a node that swallows work: the card is only played. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { DEMO_CAMPAIGN } from "../../shared/model/demo-campaign.ts";
import { Fleet, type JournalEvent } from "../helpers/fleet.ts";

const GIB = 1024 ** 3;

let fleet: Fleet;
let keys = 0;
afterEach(() => fleet.stop());

/** Runner definitions by node and name, laid down before the agents start. */
type Runners = Readonly<Record<string, Readonly<Record<string, object>>>>;

async function open(nodes: readonly string[], runners: Runners = {}): Promise<void> {
  fleet = new Fleet(0.1);
  const { actuators, population, deadBand, stop, path, prompt } = DEMO_CAMPAIGN;
  const frame = { width: 160, height: 90, frames: 8, fps: 12 };
  const budget = { maxCycles: 20, maxRenders: 200, maxGpuSeconds: 900 };
  const jobs = {
    renderRunner: "render",
    evaluateRunner: "evaluate",
    priority: "batch",
    subsystem: "rendering",
  } as const;
  const limits = { vramBytes: GIB, maxRuntimeMs: 60_000, maxAttempts: 4 };
  const plan = {
    path,
    population,
    actuators,
    deadBand,
    frame,
    master: frame,
    stop: { ...stop, tolerance: 0.02, budget },
  };
  const campaigns = { demo: { ...plan, jobs: { ...jobs, ...limits } } };
  const dimensions = [
    { name: "d", min: 0, max: 1, direction: "match", target: 0.3, tolerance: 0, weight: 1 },
  ];
  fleet.writeDocuments({ prompt, seed: 7, watermark: 4, campaigns }, dimensions);
  for (const [node, definitions] of Object.entries(runners)) {
    const directory = join(fleet.root, "agents", node, "runners");
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    for (const [name, definition] of Object.entries(definitions)) {
      writeFileSync(join(directory, `${name}.json`), JSON.stringify({ name, params: null, ...definition }));
    }
  }
  await fleet.startHub();
  await Promise.all(nodes.map((node) => fleet.startAgent(node, "--gpu-slots", "4")));
  await fleet.goUp();
}

async function submit(changes: object = {}): Promise<string> {
  const job = {
    ...{ key: `k${++keys}`, producer: "test", runner: "sleep", paramsJson: '{"seconds":120}' },
    ...{ priority: "PRIORITY_BATCH", lane: "LANE_GPU", vramBytes: 4 * GIB, subsystem: "rendering" },
    ...{ maxRuntimeMs: 600_000, maxAttempts: 4, onHubLoss: "ON_HUB_LOSS_STOP" },
    ...changes,
  } as const;
  return (await fleet.call("Submit", job as Parameters<typeof fleet.call<"Submit">>[1])).jobId;
}

/** What happens to the card of a node from now on. */
function play(node: string, what: object): void {
  writeFileSync(join(fleet.root, "agents", node, "simulated.json"), JSON.stringify(what));
}

const job = (jobId: string) => fleet.call("GetJob", { jobId });
const why = (kind: string, name: string) => fleet.call("Why", { kind, name });

async function event(kind: string, matching: Partial<JournalEvent> = {}): Promise<JournalEvent> {
  const find = (): JournalEvent | undefined =>
    fleet
      .events()
      .find(
        (each) => each.kind === kind && Object.entries(matching).every(([key, value]) => each[key] === value),
      );
  await fleet.until(`${kind} ${JSON.stringify(matching)} is journaled`, find);
  return find() as JournalEvent;
}

describe("a card that falls off the bus", () => {
  it("is quarantined; its job moves on, work is refused with the reason, and it returns when it is cured", async () => {
    await open(["alpha", "beta"]);
    const jobId = await submit();
    await fleet.until("the job runs", async () => (await job(jobId)).state === "running");
    const { node: ill } = await job(jobId);
    play(ill, { xids: [{ id: 1, code: 79 }], recovery: "node-reboot" });
    const ended = await event("attempt.ended", { jobId });
    expect(ended).toMatchObject({ outcome: "infra-lost", isBurned: false });
    expect(ended["detail"]).toMatch(/quarantined: Xid 79: GPU has fallen off the bus/);
    await fleet.until("it runs elsewhere", async () => {
      const { state, node } = await job(jobId);
      return state === "running" && node !== ill;
    });
    const refused = await submit({ node: ill, priority: "PRIORITY_REALTIME", paramsJson: '{"seconds":0}' });
    await fleet.until("it is refused", async () => (await why("job", refused)).rule === "unhealthy");
    const { evidence } = await why("job", refused);
    expect(evidence.find(({ name }) => name === ill)?.value).toMatch(/unhealthy: quarantined: Xid 79/);
    expect((await why("node", ill)).wouldChange.join()).toMatch(/reboot/);
    const { nodes } = await fleet.call("ListNodes", {});
    expect(nodes.find(({ node }) => node === ill)?.ailing).toMatchObject([{ standing: "quarantined" }]);
    await event("node.fault", { node: ill, cause: "xid-79" });
    play(ill, {});
    await event("node.returned", { node: ill });
    await fleet.until("it takes work again", async () => (await job(refused)).state === "succeeded");
  });
});

describe("a card that is slowed down by heat", () => {
  it("takes no new batch work until it has cooled, and goes on with what runs", async () => {
    await open(["alpha"]);
    const running = await submit();
    await fleet.until("a job runs", async () => (await job(running)).state === "running");
    play("alpha", { throttle: ["hw-thermal"] });
    await event("node.throttled");
    const waiting = await submit({ paramsJson: '{"seconds":0}' });
    await fleet.until("batch waits", async () => (await why("job", waiting)).rule === "unhealthy");
    const urgent = await submit({ priority: "PRIORITY_INTERACTIVE", paramsJson: '{"seconds":0}' });
    await fleet.until("interactive work goes on", async () => (await job(urgent)).state === "succeeded");
    expect((await job(waiting)).state).toBe("pending");
    play("alpha", {});
    await event("node.returned");
    await fleet.until("batch goes on", async () => (await job(waiting)).state === "succeeded");
    expect((await job(running)).state).toBe("running");
  });
});

describe("a job that does nothing any more", () => {
  it("is told with its evidence, then ended as its own failure with it", async () => {
    await open(["alpha"], { alpha: { hang: { argv: ["sleep", "600"], stuckAfterSeconds: 2 } } });
    const cpu = { lane: "LANE_CPU", vramBytes: 0, maxAttempts: 1 };
    const jobId = await submit({ runner: "hang", paramsJson: "{}", ...cpu });
    const ended = await event("attempt.ended", { jobId });
    expect(ended).toMatchObject({ outcome: "own-failure", isBurned: true });
    expect(ended["detail"]).toMatch(
      /^stuck: no progress for \d+ s, no output for \d+ s, no processor time for \d+ s/,
    );
    const told = await event("node.decided", { decision: "stuck" });
    expect(told.seq).toBeLessThan(ended.seq);
    expect(told["body"]).toMatchObject({ jobId, agesMs: { cpu: expect.any(Number) } });
  });
});

describe("a node on which everything fails", () => {
  it("stops getting work while another does it well", async () => {
    await open(["alpha", "beta"], {
      alpha: { work: { argv: ["false"] } },
      beta: { work: { argv: ["true"] } },
    });
    const cpu = { runner: "work", paramsJson: "{}", lane: "LANE_CPU", vramBytes: 0 };
    const good = await submit({ ...cpu, node: "beta" });
    await fleet.until("beta does it well", async () => (await job(good)).state === "succeeded");
    for (let each = 0; each < 3; each++) await submit({ ...cpu, node: "alpha", maxAttempts: 1 });
    const taken = await event("node.quarantined", { node: "alpha" });
    expect(taken["reason"]).toMatch(/3 jobs in a row failed .* the same work succeeds on beta/);
    const pinned = await submit({ ...cpu, node: "alpha" });
    const others = await Promise.all([1, 2, 3, 4].map(() => submit(cpu)));
    await fleet.until("beta has done the rest", async () => {
      const views = await Promise.all(others.map(job));
      return views.every(
        ({ state, node, attempts }) => state === "succeeded" && node === "beta" && attempts === 0,
      );
    });
    expect((await why("job", pinned)).rule).toBe("quarantined");
    expect((await why("node", "alpha")).rule).toBe("quarantined");
  });
});

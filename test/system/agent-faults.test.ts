/** Whole agents against a real hub: one that stands still, cards that talk nonsense or hang, a job that leaks. */
import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { systemClock } from "../../shared/clock.ts";
import { connectLocal } from "../../shared/local-client/client.ts";
import type { Priority } from "../../shared/model/priority.ts";
import { packageRoot } from "../../shared/package-root.ts";
import type { LocalVerdict } from "../../shared/wire/local-types.ts";
import { Fleet } from "../helpers/fleet.ts";

let fleet: Fleet;
afterEach(() => fleet.stop());

const JOB = {
  producer: "test",
  runner: "sleep",
  priority: "PRIORITY_BATCH",
  lane: "LANE_GPU",
  vramBytes: 1024 ** 3,
  subsystem: "rendering",
  onHubLoss: "ON_HUB_LOSS_STOP",
} as const;

/** Without documents of a campaign some guardrails are red; jobs of one's own need none of them. */
async function goUp(): Promise<void> {
  await fleet.call("SetDesired", { state: "DESIRED_STATE_UP", isForced: true, reason: "test" });
}

async function submitSleep(seconds: number): Promise<string> {
  const paramsJson = JSON.stringify({ seconds });
  const { jobId } = await fleet.call("Submit", { ...JOB, key: `sleep-${seconds}`, paramsJson });
  return jobId;
}

async function stateOf(jobId: string): Promise<string> {
  return (await fleet.call("GetJob", { jobId })).state;
}

/** Pids of `sleep SECONDS` on this machine. */
function sleepers(seconds: number): number[] {
  const rows = execFileSync("ps", ["-eo", "pid=,args="], { encoding: "utf8" }).split("\n");
  return rows
    .filter((row) => row.trim().split(/\s+/).slice(1).join(" ") === `sleep ${seconds}`)
    .map((row) => Number.parseInt(row, 10));
}

describe("an agent that stands still", () => {
  it("loses its job at the lease's deadline while it is stopped, and starts nothing twice when it goes on", async () => {
    fleet = new Fleet(0.1);
    await fleet.startHub();
    await fleet.startAgent("alpha");
    await goUp();
    const jobId = await submitSleep(31.25);
    await fleet.until("it runs", () => sleepers(31.25).length === 1);
    const [first] = sleepers(31.25);
    const alpha = fleet.process("alpha");
    alpha.kill("SIGSTOP");
    const { leaseTtlMs, shimTickMs, termGraceMs, proofMs, regrantAfterMs } = fleet.timing;
    const stoppedAt = Date.now();
    await fleet.until("the shim has ended it", () => sleepers(31.25).length === 0);
    expect(Date.now() - stoppedAt).toBeLessThan(leaseTtlMs + shimTickMs + termGraceMs + proofMs + 2_000);
    // Sixty seconds at full scale: longer than the hub waits before it may grant the job again.
    await fleet.until("the hub has given it up", async () => (await stateOf(jobId)) === "pending");
    expect(Date.now() - stoppedAt).toBeGreaterThanOrEqual(regrantAfterMs - leaseTtlMs);
    expect(sleepers(31.25)).toEqual([]);
    alpha.kill("SIGCONT");
    await fleet.until("it runs again, once", () => {
      const pids = sleepers(31.25);
      expect(pids.length).toBeLessThanOrEqual(1);
      return pids.length === 1 && pids[0] !== first;
    });
    const tokens = fleet
      .events()
      .filter((event) => event.kind === "job.leased")
      .map((event) => event["token"]);
    expect(new Set(tokens).size).toBe(tokens.length);
    await fleet.call("CancelJob", { jobId });
    await fleet.until("nothing of it is left", () => sleepers(31.25).length === 0);
  });
});

/** A card of 96 GiB as nvidia-smi prints it, in MiB; the test changes what it says of its memory. */
class StubCard {
  readonly #directory: string;

  constructor(root: string, node: string) {
    this.#directory = join(root, "smi");
    mkdirSync(this.#directory, { recursive: true });
    for (const name of ["apps", "refused", "starts"]) writeFileSync(join(this.#directory, name), "");
    this.mode("normal");
    this.say("512", "97792");
    const stub = join(packageRoot(), "test", "fixtures", "smi-stub", "nvidia-smi");
    const command = join(this.#directory, "nvidia-smi");
    writeFileSync(command, `#!/bin/sh\nexport SMI_STUB='${this.#directory}'\nexec '${stub}' "$@"\n`);
    chmodSync(command, 0o755);
    const place = join(root, "agents", node);
    mkdirSync(place, { recursive: true });
    writeFileSync(join(place, "agent.json"), JSON.stringify({ nvidiaSmi: command }));
  }

  /** `hang` stands in the driver for ever, as a process in D state does; `normal` answers. */
  mode(mode: "normal" | "hang"): void {
    writeFileSync(join(this.#directory, "mode"), mode);
  }

  say(used: string, free: string): void {
    const fields = {
      uuid: "GPU-8f0c6e3a-1111-2222-3333-444455556666",
      name: "NVIDIA GH200 96GB",
      "memory.total": "98304",
      "memory.used": used,
      "memory.free": free,
      "memory.reserved": "0",
      "utilization.gpu": "0",
    };
    const lines = Object.entries(fields).map(([name, value]) => `${name}=${value}`);
    writeFileSync(join(this.#directory, "gpu.0"), `${lines.join("\n")}\n`);
  }
}

describe("a card that talks nonsense", () => {
  it.each([
    { name: "NaN", used: "nan", free: "nan" },
    { name: "a negative figure", used: "-1", free: "-1" },
    { name: "more used than there is", used: "999999", free: "-901695" },
  ])(
    "closes the gates on $name, and they open by themselves when it comes to its senses",
    async ({ used, free }) => {
      fleet = new Fleet(0.1);
      const card = new StubCard(fleet.root, "alpha");
      await fleet.startHub();
      await fleet.startAgent("alpha", "--gpu", "nvidia-smi");
      await goUp();
      card.say(used, free);
      await fleet.until("the hub knows that nobody knows", async () => {
        const { nodes } = await fleet.call("ListNodes", {});
        return nodes.some(({ gpus }) => gpus.some(({ usedBytes }) => usedBytes === undefined));
      });
      const jobId = await submitSleep(0.25);
      // Several times what a grant takes.
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      expect(await stateOf(jobId)).toBe("pending");
      card.say("512", "97792");
      await fleet.until("it has run", async () => (await stateOf(jobId)) === "succeeded");
    },
  );
});

describe("a card whose driver hangs", () => {
  it("shuts batch and background out until it answers, while the agent goes on and interactive is served", async () => {
    fleet = new Fleet(0.1);
    const card = new StubCard(fleet.root, "alpha");
    await fleet.startHub();
    await fleet.startAgent("alpha", "--gpu", "nvidia-smi");
    const client = connectLocal(join(fleet.root, "agents", "alpha", "agent.sock"));
    const ask = (priority: Priority): Promise<LocalVerdict> =>
      client.reserve({ priority, vramBytes: 1024 ** 2, subsystem: "inference", label: priority });
    try {
      expect((await ask("batch")).kind).toBe("granted");
      card.mode("hang");
      await fleet.until("batch is shut out", async () => (await ask("batch")).kind === "refused");
      expect(await ask("batch")).toMatchObject({ reason: "telemetry-stale" });
      expect(await ask("background")).toMatchObject({ reason: "telemetry-stale" });
      expect(await ask("interactive")).toMatchObject({ kind: "granted" });
      // While the driver hangs the agent is as quick as ever: the best of many looks is not this machine's load.
      const tookMs: number[] = [];
      for (let look = 0; look < 50; look++) {
        const askedMs = systemClock.bootMs();
        await client.stats();
        tookMs.push(systemClock.bootMs() - askedMs);
      }
      expect(tookMs.sort((a, b) => a - b)[5]).toBeLessThan(50);
      card.mode("normal");
      await fleet.until("batch is let in again", async () => (await ask("batch")).kind === "granted");
    } finally {
      await client.close();
    }
  });
});

/** Holds 4 MiB more every 50 ms, 400 MiB in all. */
const LEAKING = `
import time
held = []
for _ in range(100):
    held.append(bytearray(b"x" * (4 * 1024 * 1024)))
    time.sleep(0.05)
time.sleep(600)
`;

describe("a batch job that leaks main memory", () => {
  it("is stopped with its reason, while the agent and an interactive job live", async () => {
    fleet = new Fleet(0.1);
    const place = join(fleet.root, "agents", "alpha");
    mkdirSync(join(place, "runners"), { recursive: true });
    const runner = {
      name: "leak",
      argv: ["python3", "-c", LEAKING],
      params: {},
      nice: 0,
      envAllow: ["PATH"],
    };
    writeFileSync(join(place, "runners", "leak.json"), JSON.stringify(runner));
    // So long ahead that 80 MiB a second is a leak on a box of any size that a test may have.
    const document = { memory: { gates: { batch: 1 }, relief: { leakSeconds: 86_400 } } };
    writeFileSync(join(place, "node.json"), JSON.stringify(document));
    await fleet.startHub();
    await fleet.startAgent("alpha", "--gpu-slots", "2");
    await goUp();
    const { jobId: call } = await fleet.call("Submit", {
      ...{ ...JOB, key: "call", priority: "PRIORITY_INTERACTIVE", subsystem: "inference" },
      paramsJson: JSON.stringify({ seconds: 31.5 }),
    });
    await fleet.until("the call is up", () => sleepers(31.5).length === 1);
    const [bystander] = sleepers(31.5);
    const { jobId } = await fleet.call("Submit", {
      ...{ ...JOB, key: "leak", runner: "leak", maxAttempts: 1, paramsJson: "{}" },
    });
    await fleet.until("it is ended", async () => (await stateOf(jobId)) === "quarantined");
    const { lastDetail } = await fleet.call("GetJob", { jobId });
    expect(lastDetail).toMatch(/^stopped for main memory: it grows so fast/);
    const [told] = fleet.events().filter((event) => event["decision"] === "relieved");
    expect(JSON.stringify(told)).toContain('"cause":"leak"');
    expect(sleepers(31.5)).toEqual([bystander]);
    expect(await stateOf(call)).toBe("running");
    const { nodes } = await fleet.call("ListNodes", {});
    expect(nodes).toMatchObject([{ node: "alpha", state: "ready" }]);
    await fleet.call("CancelJob", { jobId: call });
    await fleet.until("nothing of it is left", () => sleepers(31.5).length === 0);
  });
});

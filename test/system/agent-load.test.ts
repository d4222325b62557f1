/**
 * A thousand workloads on a whole agent: a process of its own with a simulated card, asked over its socket alone.
 * A tenth of them are killed in the middle of it and a tenth of the others leave at its end, nobody of these with
 * a release. `SPIRAL_LOAD_SECONDS=30` makes it as long as it ever has to bear.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connectLocal, type LocalClient } from "../../shared/local-client/client.ts";
import { createLoop, delay } from "../../shared/loop.ts";
import type { GpuStats } from "../../shared/wire/local-types.ts";
import { Fleet } from "../helpers/fleet.ts";
import { buildChild } from "../helpers/local-rig.ts";
import type { LoadCounts } from "./local-load.fixture.ts";

const NODE = "alpha";
const STAYING = [225, 225, 225, 225];
const KILLED = 100;
const FOR_MS = Number(process.env["SPIRAL_LOAD_SECONDS"] ?? 6) * 1_000;

const fleet = new Fleet();
const socketPath = join(fleet.root, "agents", NODE, "agent.sock");
let program = "";
let observer: LocalClient;
beforeAll(async () => {
  program = await buildChild("system/local-load.fixture.ts");
  await fleet.startHub();
  await fleet.startAgent(NODE);
  observer = connectLocal(socketPath);
});
afterAll(async () => {
  await observer.close();
  await fleet.stop();
  rmSync(program);
});

interface Load {
  readonly child: ChildProcess;
  readonly lines: AsyncIterator<string>;
}

function startLoad(clients: number, seed: number): Load {
  const args = [program, socketPath, String(clients), String(FOR_MS), String(seed)];
  const child = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "inherit"] });
  return { child, lines: createInterface({ input: child.stdout })[Symbol.asyncIterator]() };
}

async function card(): Promise<GpuStats> {
  const [only] = (await observer.stats()).gpus;
  if (only === undefined) throw new Error("the agent has lost its card");
  return only;
}

/** What was seen of the card while they were at it. */
class Watch {
  readonly seen = { looks: 0, least: 0, highestUse: 0, highestPressure: 0 };

  async look(): Promise<void> {
    const { reservedBytes, usedBytes, usableBytes, pressure, gates, budgets } = await card();
    const amounts = [reservedBytes, usedBytes, ...gates.map(({ live }) => live)];
    this.seen.looks += 1;
    this.seen.least = Math.min(this.seen.least, ...amounts, ...budgets.map(({ heldBytes }) => heldBytes));
    this.seen.highestUse = Math.max(this.seen.highestUse, usedBytes / usableBytes);
    this.seen.highestPressure = Math.max(this.seen.highestPressure, pressure);
  }
}

describe("1,000 clients of one agent", () => {
  it("pass no gate, and leave nothing behind when they vanish", async () => {
    const staying = STAYING.map(startLoad);
    const doomed = startLoad(KILLED, STAYING.length);
    for (const { lines } of [...staying, doomed]) expect((await lines.next()).value).toBe("connected");
    const watch = new Watch();
    const loop = createLoop({
      everyMs: 20,
      run: () => watch.look(),
      onError: (error) => expect.unreachable(String(error)),
    });
    for (const { child } of [...staying, doomed]) child.stdin?.write("go\n");
    await delay(FOR_MS / 2);
    doomed.child.kill("SIGKILL");
    const counts: LoadCounts[] = [];
    for (const { lines } of staying) counts.push(JSON.parse((await lines.next()).value ?? "{}"));
    await loop.stop();
    const total = (name: keyof LoadCounts): number => counts.reduce((sum, each) => sum + each[name], 0);
    const gates = (await card()).gates;
    const clients = STAYING.reduce((sum, each) => sum + each);
    expect(total("granted") + total("refused")).toBeGreaterThanOrEqual(clients);
    expect(total("granted")).toBeGreaterThan(KILLED);
    expect(total("refused")).toBeGreaterThan(0);
    expect(total("left")).toBeGreaterThan(0);
    expect([total("aboveGate"), total("notFreed"), total("failed")]).toEqual([0, 0, 0]);
    expect(watch.seen.least).toBe(0);
    expect(watch.seen.highestUse).toBeLessThan(Math.max(...gates.map(({ gate }) => gate)));
    await fleet.until("nothing is held any more", async () => {
      const { reservedBytes, gates } = await card();
      return reservedBytes === 0 && gates.every(({ live }) => live === 0);
    });
    expect(await observer.registry()).toEqual([]);
    await fleet.until("the card is as empty as before", async () => (await card()).usedBytes < 1024 ** 3);
    const log = readFileSync(join(fleet.root, "agents", NODE, "logs", "current.log"), "utf8");
    expect(log.split("\n").filter((line) => line.includes('"level":"error"'))).toEqual([]);
  });
});

/** Recovery: P8 and P9: how soon the hub is back, sees that somebody has gone, and has everything stopped. */
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { absoluteResult, type Figures, figuresOf, type Result, short } from "./result.ts";
import { type Hub, type Load, type Rig, rssBytes, until } from "./rig.ts";

const JOBS = 100_000;
/** With three attempts each job has ten events. */
const ATTEMPTS = 3;
const MIB = 1024 ** 2;

export async function p8(rig: Rig): Promise<readonly Result[]> {
  const results: Result[] = [];
  for (const isCrash of [true, false]) {
    const root = rig.root();
    rig.seed({ root, jobs: JOBS, attempts: ATTEMPTS, isCrash });
    const servesS: number[] = [];
    let rss = 0;
    for (let round = 0; round < rig.rounds; round++) {
      const copy = rig.root(root);
      const hub = await rig.hub(copy);
      servesS.push(hub.servesMs / 1000);
      rss = rssBytes(hub.pid);
      await hub.kill("SIGKILL");
    }
    const figures = figuresOf(servesS);
    const journalMib = statSync(join(root, "hub/journal.db")).size / MIB;
    const events = readFileSync(join(root, "spiral.jsonl")).length / MIB;
    results.push(
      absoluteResult({
        id: isCrash ? "P8 crash" : "P8 clean",
        what: `hub start to serving after ${isCrash ? "kill -9" : "a clean end"}, ${JOBS.toLocaleString("en")} jobs, 1 M events`,
        value: `${short(figures.median)} s`,
        figures,
        bar: "≤ 5 s",
        isMet: figures.median <= 5,
        notes: `journal ${short(journalMib)} MiB, spiral.jsonl ${short(events)} MiB, hub RSS ${short(rss / MIB)} MiB then`,
      }),
    );
  }
  return results;
}

export async function p9(rig: Rig): Promise<readonly Result[]> {
  const closed: number[] = [];
  const silent: number[] = [];
  const down: number[] = [];
  for (let round = 0; round < rig.rounds; round++) {
    closed.push(await timeUntilGone(rig, "SIGKILL"));
    silent.push(await timeUntilGone(rig, "SIGSTOP"));
    down.push(await timeDownNow(rig));
  }
  return [
    secondsResult("P9 closed", "50 agents killed → the hub has noticed the last", figuresOf(closed), 1),
    secondsResult(
      "P9 silent",
      "50 agents stopped (SIGSTOP) → the hub has let the last go",
      figuresOf(silent),
      10,
    ),
    secondsResult(
      "P9 down",
      "down --now → the work of 500 agents has ended, each with one job",
      figuresOf(down),
      3,
    ),
  ];
}

function secondsResult(id: string, what: string, figures: Figures, limitS: number): Result {
  const value = `${short(figures.median)} s`;
  return absoluteResult({ id, what, value, figures, bar: `≤ ${limitS} s`, isMet: figures.median <= limitS });
}

async function attachFleet(rig: Rig, count: number): Promise<{ readonly hub: Hub; readonly load: Load }> {
  const root = rig.root();
  rig.seed({ root, jobs: 2 * count, attempts: 0, isCrash: false });
  const hub = await rig.hub(root);
  const load = await rig.load();
  await load.ask("attach", { root, address: hub.address, count });
  return { hub, load };
}

async function timeUntilGone(rig: Rig, signal: "SIGKILL" | "SIGSTOP"): Promise<number> {
  const { hub, load } = await attachFleet(rig, 50);
  load.child.kill(signal);
  const goneMs = await until(async () => (await hub.attached()) === 0);
  await hub.kill("SIGKILL");
  load.child.kill("SIGKILL");
  return goneMs / 1000;
}

async function timeDownNow(rig: Rig): Promise<number> {
  const count = 500;
  const { hub, load } = await attachFleet(rig, count);
  await load.ask("claims", { active: count, slots: 1, isCompleting: false, ms: 60_000, targetJobs: count });
  const leases = async (): Promise<number> => {
    const { nodes } = await hub.client.call("ListNodes", {});
    return nodes.reduce((sum, node) => sum + node.leases, 0);
  };
  if ((await leases()) < count) throw new Error("not every agent holds a job");
  const startMs = performance.now();
  await hub.client.call("SetDesired", { state: "DESIRED_STATE_DOWN", isNow: true, reason: "bench" });
  await until(async () => (await leases()) === 0);
  const elapsedMs = performance.now() - startMs;
  await hub.kill("SIGKILL");
  load.child.kill("SIGKILL");
  return elapsedMs / 1000;
}

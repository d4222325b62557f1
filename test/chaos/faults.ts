/** Faults: what each kind does to the world and how it is healed. Every one says what it has done. */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { systemClock } from "../../shared/clock.ts";
import { must } from "../../shared/invariant.ts";
import { delay } from "../../shared/loop.ts";
import { type Downs, downThroughHub, downWithoutHub } from "./downs.ts";
import { type JobProcess, jobProcesses, kill } from "./processes.ts";
import type { WireMode } from "./proxy.ts";
import type { FaultKind, Plan } from "./schedule.ts";
import type { World } from "./world.ts";

export interface Scene {
  readonly world: World;
  readonly downs: Downs;
  /** Tokens of killed processes; faults add to it. */
  readonly killedTokens: Set<number>;
  /** From the start of a process until it served again. */
  readonly recoveries: { readonly name: "hub" | "agent"; readonly tookMs: number }[];
}

type Fault = (scene: Scene, plan: Plan) => Promise<string>;

const CALENDAR_STEPS_MS = [0, 3_600_000, -3_600_000, 86_400_000, -30 * 86_400_000, 10 * 365 * 86_400_000];
const SLOW_COMMIT_MS = { from: 100, to: 900 };
const WIRE_DELAY_MS = { from: 50, to: 600 };
const CUT_WITHIN_BYTES = 2_000;

const FAULTS: Readonly<Record<FaultKind, Fault>> = {
  "hub-kill": async ({ world, recoveries }, { holdMs }) => {
    await world.crew.end("hub");
    await delay(holdMs);
    recoveries.push({ name: "hub", tookMs: await restartHub(world) });
    return `kill -9, back ${holdMs} ms later`;
  },
  "hub-stop": async ({ world }, { holdMs }) => {
    world.crew.signal("hub", "SIGSTOP");
    await delay(holdMs);
    world.crew.signal("hub", "SIGCONT");
    return `stopped for ${holdMs} ms`;
  },
  "hub-disk-full": async ({ world }, { holdMs }) => {
    world.disk.fill();
    await delay(holdMs);
    world.disk.free();
    return `no byte was free for ${holdMs} ms`;
  },
  "hub-slow-disk": async ({ world }, { holdMs, dice }) => {
    const slowMs = Math.round(SLOW_COMMIT_MS.from + dice * (SLOW_COMMIT_MS.to - SLOW_COMMIT_MS.from));
    writeFileSync(world.slowFile, String(slowMs));
    await delay(holdMs);
    rmSync(world.slowFile);
    return `each commit took ${slowMs} ms more for ${holdMs} ms`;
  },
  "agent-kill": async ({ world, recoveries }, { subjects, holdMs }) => {
    const node = only(subjects);
    await world.crew.end(node);
    await delay(holdMs);
    const startMs = systemClock.bootMs();
    world.startAgent(node);
    await world.until(`${node} is back`, async () => (await world.readyNodes()).includes(node));
    recoveries.push({ name: "agent", tookMs: systemClock.bootMs() - startMs });
    return `kill -9, back ${holdMs} ms later`;
  },
  "agent-stop": async ({ world }, { subjects, holdMs }) => {
    world.crew.signal(only(subjects), "SIGSTOP");
    await delay(holdMs);
    world.crew.signal(only(subjects), "SIGCONT");
    return `stopped for ${holdMs} ms`;
  },
  "wire-drop": (scene, plan) => partition(scene, plan, { kind: "drop" }),
  "wire-blackhole": (scene, plan) => partition(scene, plan, { kind: "blackhole" }),
  "wire-deaf": (scene, plan) => partition(scene, plan, { kind: "deaf" }),
  "wire-delay": (scene, plan) => {
    const delayMs = Math.round(WIRE_DELAY_MS.from + plan.dice * (WIRE_DELAY_MS.to - WIRE_DELAY_MS.from));
    return partition(scene, plan, { kind: "delay", delayMs });
  },
  "wire-cut": async ({ world }, { subjects, dice }) => {
    const bytes = Math.floor(dice * CUT_WITHIN_BYTES);
    world.wires.get(only(subjects))?.cutAfter(bytes);
    return `broken after ${bytes} more bytes`;
  },
  unplug: async ({ world }, { holdMs }) => {
    world.cable?.plug(false);
    await delay(holdMs);
    world.cable?.plug(true);
    return `unplugged for ${holdMs} ms`;
  },
  "most-away": (scene, plan) => partition(scene, plan, { kind: "blackhole" }),
  "job-kill": (scene, plan) => killOne(scene, plan, { of: "job", what: "a process of a job" }),
  "group-kill": (scene, plan) =>
    killOne(scene, plan, { of: "job", what: "the group of a job", target: (pid) => -groupOf(pid) }),
  "shim-kill": (scene, plan) => killOne(scene, plan, { of: "shim", what: "a process of a shim" }),
  "clock-step": async ({ world }, { dice }) => {
    const stepMs = must(CALENDAR_STEPS_MS[Math.floor(dice * CALENDAR_STEPS_MS.length)], "dice is below 1");
    writeFileSync(world.skewFile, String(stepMs));
    return `calendar off by ${stepMs / 3_600_000} h`;
  },
  down: downThroughHub,
  "down-without-hub": async (scene, plan) => {
    const note = await downWithoutHub(scene, plan);
    scene.recoveries.push({ name: "hub", tookMs: await restartHub(scene.world) });
    await scene.downs.lift();
    return note;
  },
};

export function performFault(scene: Scene, plan: Plan): Promise<string> {
  return FAULTS[plan.kind](scene, plan);
}

async function restartHub(world: World): Promise<number> {
  const startMs = systemClock.bootMs();
  world.startHub();
  await world.until("the hub serves again", () => world.isServing());
  return systemClock.bootMs() - startMs;
}

async function partition({ world }: Scene, { subjects, holdMs }: Plan, mode: WireMode): Promise<string> {
  for (const node of subjects) world.wires.get(node)?.set(mode);
  await delay(holdMs);
  for (const node of subjects) world.wires.get(node)?.set({ kind: "open" });
  const how = mode.kind === "delay" ? `every byte ${mode.delayMs} ms late` : mode.kind;
  return `${how} for ${holdMs} ms`;
}

const KILL_TRIES = 20;
const KILL_AGAIN_MS = 100;

interface Target {
  readonly of: JobProcess["kind"];
  readonly what: string;
  readonly target?: (pid: number) => number;
}

async function killOne(
  { world, killedTokens }: Scene,
  { dice }: Plan,
  { of, what, target = (pid) => pid }: Target,
): Promise<string> {
  for (let tries = 0; tries < KILL_TRIES; tries++, await delay(KILL_AGAIN_MS)) {
    const found = jobProcesses(world.root).filter(({ kind, token }) => kind === of && token !== null);
    const victim = found[Math.floor(dice * found.length)];
    if (victim === undefined) continue;
    killedTokens.add(must(victim.token, "only those with a token were looked at"));
    if (kill(target(victim.pid))) return `kill -9 of ${what}, token ${victim.token}`;
  }
  return "nothing ran that could be killed";
}

function groupOf(pid: number): number {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "latin1");
    return Number(text.slice(text.lastIndexOf(")") + 2).split(" ")[2]);
  } catch {
    return pid; // it has ended meanwhile
  }
}

function only(subjects: readonly string[]): string {
  return must(subjects[0], "a fault of a node names it");
}

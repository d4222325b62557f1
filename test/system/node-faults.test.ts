/**
 * What a node does when its jobs misbehave: real processes under a real supervisor, with the means that this
 * machine has and, where the promise differs, without them.
 */
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { isAlive, isRunning, type ProcessStat, systemProcesses } from "../../agent/process/proc.ts";
import { chooseDriver } from "../../agent/process/resources/cgroup-driver.ts";
import { DEFAULT_LIMITS, type ResourceLimits } from "../../agent/process/resources/limits.ts";
import { type ResourceDriver, sweepDriver } from "../../agent/process/resources/resource-driver.ts";
import type { StartRequest } from "../../agent/process/supervisor-port.ts";
import { systemClock } from "../../shared/clock.ts";
import { must } from "../../shared/invariant.ts";
import {
  createRig,
  FAST_TIMING,
  python,
  removeDirectory,
  type SupervisorRig,
  scratchDirectory,
  shellJob,
  until,
} from "../helpers/supervisor-rig.ts";

const MIB = 1024 ** 2;
/** The bystander: an interactive job that must not notice. */
const BEATING = "n=0; while :; do n=$((n+1)); echo beat $n; sleep 0.05; done";

let directory = "";
let driver: ResourceDriver;
let rig: SupervisorRig;

async function open(of: (directory: string) => ResourceDriver, at?: string): Promise<void> {
  directory = at ?? (await scratchDirectory());
  driver = of(directory);
  rig = await createRig(directory, { driver });
}

async function close(): Promise<void> {
  for (const name of await readdir(directory)) {
    if (/^\d+$/.test(name)) await rig.supervisor.stop(Number(name), 0);
  }
  await rig.close();
  await removeDirectory(directory);
}

function limited(limits: Partial<ResourceLimits>, changes: Partial<StartRequest>): StartRequest {
  return shellJob("", { limits: { ...DEFAULT_LIMITS, ...limits }, ...changes });
}

async function startBystander(): Promise<void> {
  await rig.supervisor.start(shellJob(BEATING, { token: 99, jobId: "bystander" }));
}

/** The bystander goes on beating: from what it has said by now to a few beats more. */
async function expectBystanderBeats(): Promise<void> {
  const beats = async (): Promise<number> => (await rig.log(/beat/, 99)).match(/^beat/gm)?.length ?? 0;
  const now = await beats();
  await until(async () => expect(await beats()).toBeGreaterThan(now + 3));
}

const DRIVERS = [
  { name: "with the means of this machine", of: chooseDriver },
  { name: "without cgroups", of: () => sweepDriver },
];

describe.each(DRIVERS)("$name", ({ of }) => {
  beforeEach(() => open(of));
  afterEach(close);

  it("ends a worker that ignores TERM one grace later, with its children that ignore it too", async () => {
    // Ignored before anybody can be told to end: what is ignored stays so in children.
    const nap = "while :; do sleep 0.05; done";
    await rig.supervisor.start(shellJob(`trap "" TERM; sh -c '${nap}' & sh -c '${nap}' & echo $!; ${nap}`));
    const child = Number(await rig.log(/^\d+\n$/));
    const identity = must(systemProcesses.stat(child), "the child runs");
    const startMs = systemClock.bootMs();
    await rig.supervisor.stop(1, FAST_TIMING.termGraceMs);
    const tookMs = systemClock.bootMs() - startMs;
    expect((await rig.event("exited")).exit).toMatchObject({ signal: "SIGKILL", reason: "exited" });
    expect(isAlive(systemProcesses, identity)).toBe(false);
    expect(tookMs).toBeGreaterThanOrEqual(FAST_TIMING.termGraceMs);
    expect(tookMs).toBeLessThan(10 * FAST_TIMING.termGraceMs);
  });

  it("finds a worker that forks twice and leaves its session but keeps its environment", async () => {
    const nap = `71.${process.pid}`;
    await rig.supervisor.start(shellJob(`(setsid sleep ${nap} &) ; sleep 60`));
    const escapee = await until(() => must(findByCommand(`sleep\0${nap}\0`), "it has escaped"));
    expect(escapee.ppid).not.toBe((await rig.event("started")).pid);
    await rig.supervisor.stop(1, FAST_TIMING.termGraceMs);
    await rig.event("exited");
    expect(isAlive(systemProcesses, escapee)).toBe(false);
  });

  it("stops a job that leaks host memory, with its reason, while another lives", async () => {
    await startBystander();
    const leak = `
import time
held = []
while True:
    held.append(bytearray(4 * 1024 * 1024))
    time.sleep(0.01)
`;
    await rig.supervisor.start(limited({ memoryBytes: 80 * MIB }, python(leak)));
    const { exit, evidence } = await rig.event("exited");
    expect(exit.code).toBeNull();
    // Kernel and watch hold it to the same number: whoever sees it first gives the reason.
    const isKilled = driver.caps.memory === "kernel" && (evidence?.oomKills ?? 0) > 0;
    expect(isKilled || evidence?.breach?.limit === "memory").toBe(true);
    await expectBystanderBeats();
  });

  it("stops one of many processes that together leak, not only a single large one", async () => {
    const fork = `
import os, time
for _ in range(4):
    if os.fork() == 0:
        held = bytearray(30 * 1024 * 1024)
        time.sleep(60)
        os._exit(0)
os.wait()
raise SystemExit(3)
`;
    await rig.supervisor.start(limited({ memoryBytes: 90 * MIB }, python(fork)));
    const { exit, evidence } = await rig.event("exited");
    expect(exit).not.toMatchObject({ code: 0 });
    expect((evidence?.oomKills ?? 0) > 0 || evidence?.breach?.limit === "memory").toBe(true);
  });

  it("drains a job that floods its log, within the log's bound, while another lives", async () => {
    await startBystander();
    const limitBytes = 256 * 1024;
    await rig.supervisor.start(shellJob("yes flood", { logLimitBytes: limitBytes }));
    await rig.log(/flood/);
    await expectBystanderBeats();
    await rig.supervisor.stop(1, FAST_TIMING.termGraceMs);
    await rig.event("exited");
    const { logs } = rig.supervisor.paths(1);
    const files = (await readdir(logs)).filter((name) => name.endsWith(".log") && name !== "shim.log");
    const sizes = await Promise.all(files.map(async (name) => (await stat(join(logs, name))).size));
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(limitBytes);
    expect(rig.errors).toEqual([]);
  });

  it("stops a job that writes more than its directory may hold", async () => {
    await startBystander();
    const write = "while :; do head -c 1000000 /dev/zero >>out/data; sleep 0.01; done";
    await rig.supervisor.start(shellJob(write, { limits: { ...DEFAULT_LIMITS, diskBytes: 5 * MIB } }));
    const { evidence } = await rig.event("exited");
    expect(evidence?.breach).toMatchObject({ limit: "disk" });
    expect(evidence?.breach?.detail).toMatch(/^wrote \d+ bytes, allowed are 5242880$/);
    await expectBystanderBeats();
  });

  it("survives a fork bomb, which its bound on tasks starves or ends, while another lives", async () => {
    await startBystander();
    // Only where a small one is proved to be refused does the large one have nothing but the kernel to stop it.
    const isCapped = driver.caps.tasks === "kernel";
    if (isCapped) await expectRefusedFork();
    await rig.supervisor.start(limited({ tasks: 50 }, python(boundedBomb(500))));
    if (isCapped) expect(await rig.log(/made \d+\n/)).toBe("made 49\n");
    else expect((await rig.event("exited")).evidence?.breach).toMatchObject({ limit: "tasks" });
    await expectBystanderBeats();
    await rig.supervisor.stop(1, FAST_TIMING.termGraceMs);
    await rig.event("exited");
    expect(findByCommand(BOMB_MARK)).toBeNull();
  });

  it("ends the batch job that wrote most when the disk is nearly full, and no other", async () => {
    await close();
    const disk = await smallDisk();
    await open(of, disk.path);
    const fill = (mib: number): string => `head -c ${mib * MIB} /dev/zero >out/data; echo full; sleep 60`;
    const spare = { ...DEFAULT_LIMITS, yieldsDisk: true, diskBytes: disk.isReal ? null : 20 * MIB };
    const kept = { ...DEFAULT_LIMITS, yieldsDisk: false };
    await rig.supervisor.start(shellJob(fill(24), { token: 3, limits: kept }));
    await rig.supervisor.start(shellJob(fill(8), { token: 2, limits: spare }));
    await rig.log(/full/, 2);
    await rig.log(/full/, 3);
    expect(rig.events.map(({ kind }) => kind)).toEqual(["started", "started"]);
    await rig.supervisor.start(shellJob(fill(22), { token: 1, limits: spare }));
    const { evidence } = await rig.event("exited");
    expect(evidence?.breach?.limit).toBe("disk");
    if (disk.isReal)
      expect(evidence?.breach?.detail).toMatch(/^the disk is nearly full .* this job wrote most: /);
    expect(rig.events.filter(({ kind }) => kind === "exited")).toHaveLength(1);
    await rig.supervisor.forget(1);
    for (const token of [2, 3]) await rig.supervisor.stop(token, 0);
    disk.give();
  });

  it("keeps the agent's event loop free on a box full of processes", async () => {
    const crowd = spawn("python3", ["-c", CROWD], { detached: true, stdio: ["ignore", "pipe", "inherit"] });
    const group = must(crowd.pid, "the crowd was spawned");
    try {
      await once(must(crowd.stdout, "its stdout is piped"), "data");
      const worstMs: number[] = [];
      for (let token = 1; token <= 3; token++) {
        const delay = monitorEventLoopDelay({ resolution: 1 });
        delay.enable();
        await rig.supervisor.start(shellJob("sleep 60", { token }));
        await rig.supervisor.stop(token, FAST_TIMING.termGraceMs);
        await rig.event("exited", token);
        delay.disable();
        worstMs.push(delay.max / 1e6);
      }
      // The best round: what else this machine was doing meanwhile is not the agent's delay.
      expect(Math.min(...worstMs)).toBeLessThan(50);
    } finally {
      process.kill(-group, "SIGKILL");
      await until(() => expect(systemProcesses.list().some((each) => each.group === group)).toBe(false));
    }
  });
});

const BOMB_MARK = `bomb-${process.pid}`;
const CROWD = `
import os, time
for _ in range(1500):
    if os.fork() == 0:
        time.sleep(120)
        os._exit(0)
print("here", flush=True)
time.sleep(120)
`;

/** Forks until it is refused or has made so many, and says how many it got. */
function boundedBomb(forks: number): string {
  return `
import os, time
made = 0
for _ in range(${forks}):
    try:
        pid = os.fork()
    except OSError:
        break
    if pid == 0:
        time.sleep(60)
        os._exit(0)
    made += 1
print("made", made, flush=True)
time.sleep(60) # ${BOMB_MARK}
`;
}

/** Eight forks where four are allowed. */
async function expectRefusedFork(): Promise<void> {
  await rig.supervisor.start(limited({ tasks: 4 }, { ...python(boundedBomb(8)), token: 7 }));
  expect(await rig.log(/made \d+\n/, 7)).toBe("made 3\n");
  await rig.supervisor.stop(7, 0);
}

interface SmallDisk {
  readonly path: string;
  /** 64 MiB in all; where this machine lets nobody mount one, a folder whose jobs have a quota instead. */
  readonly isReal: boolean;
  give(): void;
}

async function smallDisk(): Promise<SmallDisk> {
  const path = await scratchDirectory();
  const mount = spawnSync("mount", ["-t", "tmpfs", "-o", "size=56m", "tmpfs", path], { stdio: "ignore" });
  if (mount.status !== 0) return { path, isReal: false, give: () => {} };
  return { path, isReal: true, give: () => void execFileSync("umount", ["--lazy", path]) };
}

/** A live process whose command line holds this. */
function findByCommand(text: string): ProcessStat | null {
  const found = systemProcesses
    .list()
    .find((each) => isRunning(each) && readCommand(each.pid).includes(text));
  return found ?? null;
}

function readCommand(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    return ""; // it has ended meanwhile
  }
}

/**
 * The promises of every resource driver, kept against real processes on the cgroups that this machine has.
 * Each test asks the driver which of the two ways it has to keep a promise, and holds it to that one.
 */
import { existsSync, mkdirSync, readFileSync, rmdirSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { isAlive, isRunning, type ProcessIdentity, systemProcesses } from "../../agent/process/proc.ts";
import { chooseDriver } from "../../agent/process/resources/cgroup-driver.ts";
import { DEFAULT_LIMITS, type ResourceLimits } from "../../agent/process/resources/limits.ts";
import { type ResourceDriver, sweepDriver } from "../../agent/process/resources/resource-driver.ts";
import type { StartRequest } from "../../agent/process/supervisor-port.ts";
import { systemClock } from "../../shared/clock.ts";
import { must } from "../../shared/invariant.ts";
import {
  createRig,
  python,
  removeDirectory,
  type SupervisorRig,
  scratchDirectory,
  shellJob,
  until,
} from "../helpers/supervisor-rig.ts";

const MIB = 1024 ** 2;
const PYTHON_HOG = "x = bytearray(200 * 1024 * 1024); import time; time.sleep(60)";
/** Forks until it is refused or has made 500, and says how many it got. */
const BOUNDED_BOMB = `
import os, time
made = 0
for _ in range(500):
    try:
        pid = os.fork()
    except OSError:
        break
    if pid == 0:
        time.sleep(60)
        os._exit(0)
    made += 1
print("made", made, flush=True)
time.sleep(60)
`;

function limited(limits: Partial<ResourceLimits>, script: string, changes: Partial<StartRequest> = {}) {
  return shellJob(script, { limits: { ...DEFAULT_LIMITS, ...limits }, ...changes });
}

const DRIVERS = [
  { name: "the driver that this machine allows", of: chooseDriver },
  { name: "the sweep driver", of: () => sweepDriver },
];

describe.each(DRIVERS)("$name", ({ of }) => {
  let directory = "";
  let driver: ResourceDriver;
  let rig: SupervisorRig;
  beforeEach(async () => {
    directory = await scratchDirectory();
    driver = of(directory);
    rig = await createRig(directory, { driver });
  });
  afterEach(async () => {
    for (const name of await readdir(directory)) await rig.supervisor.stop(Number(name), 0);
    await rig.close();
    await removeDirectory(directory);
  });

  it("holds the job and all it starts, but not the shim, in a leaf from its first instruction", async () => {
    await rig.supervisor.start(limited({}, "cat /proc/self/cgroup; echo; sleep 60 & wait"));
    const { pid } = await rig.event("started");
    const leaf = driver.open(1);
    if (driver.caps.kill === "sweep") {
      expect(leaf.members()).toBeNull();
      return;
    }
    const cgroups = (await rig.log(/\n\n/)).split("\n").filter((line) => line !== "");
    for (const path of leaf.directories) {
      expect(cgroups.filter((line) => path.endsWith(line.split(":").slice(2).join(":")))).not.toEqual([]);
    }
    const members = await until(() => {
      const found = must(leaf.members(), "the leaf is there");
      expect(found).toHaveLength(2);
      return found;
    });
    expect(members).toContain(pid);
  });

  it("leaves nothing of a job that has ended, nor of its place", async () => {
    await rig.supervisor.start(limited({}, "sleep 61 & setsid sleep 62 & exit 0"));
    expect((await rig.event("exited")).exit.code).toBe(0);
    expect(driver.tokens()).toEqual([]);
    for (const path of driver.open(1).directories) expect(existsSync(path)).toBe(false);
  });

  it("stops a job that breaks out of its session, drops its mark and is orphaned, if anybody can", async () => {
    // Double fork through a shell that is gone, a new session, an empty environment.
    const nap = `63.${process.pid}`;
    await rig.supervisor.start(limited({}, `(env -i setsid sleep ${nap} &) ; sleep 0.3; sleep 60`));
    const escapee = await until(() => sleeper(nap));
    await rig.supervisor.stop(1, 300);
    expect((await rig.event("exited")).exit.signal).toBe("SIGTERM");
    if (driver.caps.kill !== "sweep") return expect(isAlive(systemProcesses, escapee)).toBe(false);
    // Without a cgroup nothing ties it to the job any more: it is a stranger, and strangers are not killed.
    expect(isAlive(systemProcesses, escapee)).toBe(true);
    systemProcesses.signal(escapee.pid, "SIGKILL");
  });

  it("ends a job that takes more memory than it may, and says so", async () => {
    await rig.supervisor.start(limited({ memoryBytes: 60 * MIB }, "", python(PYTHON_HOG)));
    const { exit, evidence } = await rig.event("exited");
    expect(exit.code).toBeNull();
    // Where the kernel holds it too, whoever sees it first gives the reason.
    if (driver.caps.memory === "kernel" && (evidence?.oomKills ?? 0) > 0) {
      expect(exit.signal).toBe("SIGKILL");
      expect(evidence?.peakMemoryBytes).toBeLessThanOrEqual(60 * MIB);
    } else {
      expect(exit.signal).toBe("SIGTERM");
      expect(evidence).toMatchObject({ breach: { limit: "memory" } });
      expect(evidence?.breach?.detail).toMatch(/^holds \d+ bytes of memory, allowed are 62914560$/);
    }
  });

  it("does not end a job for pages that its processes share", async () => {
    const shared = `
import mmap, os, time
pages = mmap.mmap(-1, 80 * 1024 * 1024)
for offset in range(0, len(pages), 4096): pages[offset] = 1
for _ in range(2):
    if os.fork() == 0:
        sum(pages[offset] for offset in range(0, len(pages), 4096))
        open("ready." + str(os.getpid()), "w").close()
        time.sleep(1)
        os._exit(0)
os.wait(); os.wait()
`;
    // Three processes of 90 MiB resident each, 80 of them the same.
    await rig.supervisor.start(limited({ memoryBytes: 150 * MIB }, "", python(shared)));
    const { exit, evidence } = await rig.event("exited");
    expect(exit).toEqual({ code: 0, signal: null, reason: "exited" });
    expect(evidence?.breach).toBeNull();
  });

  it("bounds how many processes a job may have", async () => {
    await rig.supervisor.start(limited({ tasks: 20 }, "", python(BOUNDED_BOMB)));
    if (driver.caps.tasks === "kernel") {
      expect(await rig.log(/made \d+\n/)).toBe("made 19\n");
      await rig.supervisor.stop(1, 300);
      expect((await rig.event("exited")).evidence?.breach).toBeNull();
    } else {
      const { evidence } = await rig.event("exited");
      expect(evidence?.breach).toMatchObject({ limit: "tasks" });
    }
    expect(rig.errors).toEqual([]);
  });

  it("gives a job no more processor than its share of cores, where the kernel does that", async () => {
    const startMs = systemClock.bootMs();
    const spin = "while :; do :; done";
    await rig.supervisor.start(limited({ cpuCores: 0.2 }, `${spin} & ${spin}`, { nice: 19 }));
    await until(() => expect(systemClock.bootMs() - startMs).toBeGreaterThan(1_500));
    const usage = must(rig.supervisor.usage(1), "it runs");
    const ratio = usage.cpuMs / (systemClock.bootMs() - startMs);
    if (driver.caps.cpu === "kernel") expect(ratio).toBeLessThan(0.35);
    expect(ratio).toBeGreaterThan(0.05);
    expect(usage.processes).toBe(2);
  });

  it("kills what an agent without records left in its places", async () => {
    await rig.supervisor.start(limited({}, "sleep 60 & sleep 61"));
    const { pid } = await rig.event("started");
    // In its first moments it has not left the shim's group yet.
    await until(() => expect(systemProcesses.stat(pid)?.group).toBe(pid));
    const job = must(systemProcesses.stat(pid), "it runs");
    await rig.supervisor.close();
    await removeDirectory(`${directory}/1`);
    rig = await createRig(directory, { driver });
    expect(rig.adopted).toEqual([]);
    if (driver.caps.kill === "sweep") {
      // Its record, and with it every trace, is gone; the shim ends it at its deadline.
      expect(isAlive(systemProcesses, job)).toBe(true);
      systemProcesses.signal(-job.group, "SIGKILL");
    }
    await until(() => expect(isAlive(systemProcesses, job)).toBe(false));
    expect(driver.tokens()).toEqual([]);
  });

  it("lets the next agent, which knows nothing but the directory, find and end all of an adopted job", async () => {
    await rig.supervisor.start(limited({ tasks: 30 }, "setsid sleep 60 & setsid sleep 61 & wait"));
    await rig.event("started");
    await rig.close();
    rig = await createRig(directory, { driver: of(directory) });
    expect(rig.adopted).toMatchObject([{ token: 1, isRunning: true }]);
    const marked = (): number[] =>
      systemProcesses
        .list()
        .filter(
          (stat) =>
            isRunning(stat) && systemProcesses.hasEnviron(stat.pid, `SPIRAL_ATTEMPT_DIR=${directory}/1/job`),
        )
        .map((stat) => stat.pid);
    expect(marked().length).toBeGreaterThan(2);
    await rig.supervisor.stop(1, 300);
    await rig.event("exited");
    expect(marked()).toEqual([]);
  });
});

describe("chooseDriver", () => {
  it("does not fall back to searching where a cgroup can be made by hand", async () => {
    const directory = await scratchDirectory();
    const driver = chooseDriver(directory);
    if (canMakeCgroup()) expect(driver.name).not.toBe("sweep");
    expect(driver.name === "sweep").toBe(driver.open(1).directories.length === 0);
    driver.close();
    await removeDirectory(directory);
  });
});

/** Whether this machine lets us make a cgroup at the root of its pids hierarchy, or of v2. */
function canMakeCgroup(): boolean {
  return ["/sys/fs/cgroup", "/sys/fs/cgroup/pids"].some((root) => {
    const path = `${root}/probe-${process.pid}`;
    try {
      mkdirSync(path);
    } catch {
      return false;
    }
    const isCgroup = existsSync(`${path}/cgroup.procs`);
    rmdirSync(path);
    return isCgroup;
  });
}

/** The one process of this test that sleeps for so long. */
function sleeper(seconds: string): ProcessIdentity {
  const found = systemProcesses.list().find((stat) => {
    const path = `/proc/${stat.pid}/cmdline`;
    return isRunning(stat) && existsSync(path) && readFileSync(path, "utf8") === `sleep\0${seconds}\0`;
  });
  return must(found, "it sleeps");
}

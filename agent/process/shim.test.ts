import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { systemClock } from "../../shared/clock.ts";
import { packageRoot } from "../../shared/package-root.ts";
import { removeDirectory, scratchDirectory, until } from "../../test/helpers/supervisor-rig.ts";
import { attemptPaths, readExit, readProcesses, writeDeadline } from "./attempt-dir.ts";
import { isAlive, systemProcesses } from "./proc.ts";

/** The shim by itself: no agent reads, renews or cleans up. */
let root = "";
let paths = attemptPaths("/", 0);
beforeEach(async () => {
  root = await scratchDirectory();
  paths = attemptPaths(root, 1);
  await mkdir(paths.logs, { recursive: true });
  await mkdir(paths.job);
});
afterEach(() => removeDirectory(root));

const TICK_S = "0.1";
const GRACE_CS = "60";

function spawnShim(...argv: readonly string[]): ChildProcess {
  const shim = join(packageRoot(), "agent", "process", "shim.sh");
  return spawn("/bin/sh", [shim, paths.directory, ...argv], {
    detached: true,
    stdio: "ignore",
    env: {
      PATH: "/usr/bin:/bin",
      SPIRAL_ATTEMPT_DIR: paths.job,
      SPIRAL_SHIM_TICK: TICK_S,
      SPIRAL_SHIM_GRACE_CS: GRACE_CS,
    },
  });
}

describe("shim without an agent", () => {
  it.each([null, "garbage\n", "", "-5.00\n", "99999999999999999999.00\n", "12\n", "1e9.00\n", "1.2.33\n"])(
    "ends the job one grace after its start when the deadline is %j",
    async (text) => {
      if (text !== null) await writeFile(paths.deadline, text);
      const startMs = systemClock.bootMs();
      await once(spawnShim("sleep", "60"), "exit");
      expect(readExit(paths)).toEqual({ code: null, signal: "SIGTERM", reason: "deadline" });
      expect(systemClock.bootMs() - startMs).toBeGreaterThanOrEqual(Number(GRACE_CS) * 10);
    },
  );

  it("does not start a job whose deadline has passed: its lease may be another node's by now", async () => {
    writeDeadline(paths, systemClock.bootMs() - 50);
    const [status] = await once(spawnShim("sh", "-c", "echo it runs >ran"), "exit");
    expect(status).toBe(124);
    expect(await readdir(paths.job)).toEqual([]);
    expect(readProcesses(paths)).toBeNull();
  });

  it("ends a job at the last deadline it could read when the file goes", async () => {
    const endsAtMs = systemClock.bootMs() + 800;
    writeDeadline(paths, endsAtMs);
    const shim = spawnShim("sleep", "60");
    await until(() => expect(readProcesses(paths)).not.toBeNull());
    await rm(paths.deadline);
    await once(shim, "exit");
    expect(readExit(paths)?.reason).toBe("deadline");
    expect(systemClock.bootMs()).toBeGreaterThanOrEqual(endsAtMs - 10);
  });

  it("kills at once what is found a whole grace past its deadline: a machine that slept gave nobody time", async () => {
    writeDeadline(paths, systemClock.bootMs() + 60_000);
    const shim = spawnShim("sh", "-c", "trap 'echo asked >asked' TERM; while :; do sleep 0.05; done");
    await until(() => expect(readProcesses(paths)).not.toBeNull());
    writeDeadline(paths, systemClock.bootMs() - 1_000);
    await once(shim, "exit");
    expect(readExit(paths)).toEqual({ code: null, signal: "SIGKILL", reason: "deadline" });
    expect(await readdir(paths.job)).toEqual([]);
  });

  it("ends a job that nobody reads and that is blocked on its full fifo", async () => {
    writeDeadline(paths, systemClock.bootMs() + 400);
    await once(spawnShim("cat", "/dev/zero"), "exit");
    expect(readExit(paths)).toEqual({ code: null, signal: "SIGTERM", reason: "deadline" });
  });

  it("ends a job that has put fifos in the place of the shim's files", async () => {
    writeDeadline(paths, systemClock.bootMs() + 500);
    const script = "cd ..; rm deadline; mkfifo deadline expired exit.new; sleep 60";
    await once(spawnShim("sh", "-c", script), "exit");
    expect(readExit(paths)).toEqual({ code: null, signal: "SIGTERM", reason: "deadline" });
  });

  it("saves the last words of a job that nobody read", async () => {
    writeDeadline(paths, systemClock.bootMs() + 60_000);
    await once(spawnShim("sh", "-c", "echo out; echo err >&2; exit 9"), "exit");
    expect(await readFile(paths.tail, "utf8")).toBe("out\nerr\n");
    expect(readExit(paths)?.code).toBe(9);
  });

  it("kills at the deadline what left the job's session", async () => {
    writeDeadline(paths, systemClock.bootMs() + 400);
    const script = "setsid sh -c 'echo $$ >escaped; sleep 60' & sleep 60";
    await once(spawnShim("sh", "-c", script), "exit");
    const escaped = Number(await readFile(join(paths.job, "escaped"), "utf8"));
    expect(systemProcesses.stat(escaped)?.state ?? "Z").toBe("Z");
  });

  it("shrugs off TERM, HUP and INT, which are meant for others", async () => {
    writeDeadline(paths, systemClock.bootMs() + 60_000);
    const shim = spawnShim("sh", "-c", "while [ ! -e go ]; do sleep 0.05; done; exit 3");
    await until(() => expect(readProcesses(paths)).not.toBeNull());
    for (const signal of ["SIGTERM", "SIGHUP", "SIGINT"] as const) shim.kill(signal);
    await writeFile(join(paths.job, "go"), "");
    await once(shim, "exit");
    expect(readExit(paths)).toEqual({ code: 3, signal: null, reason: "exited" });
  });

  it("does not outlive its own death by more than a tick and a grace: the job is ended", async () => {
    writeDeadline(paths, systemClock.bootMs() + 60_000);
    const shim = spawnShim("sleep", "60");
    const processes = await until(() => {
      const found = readProcesses(paths);
      if (found === null) throw new Error("not started");
      return found;
    });
    shim.kill("SIGKILL");
    await until(() => expect(isAlive(systemProcesses, processes.job)).toBe(false));
    expect(readExit(paths)).toBeNull();
  });

  it("costs at most 4 MiB and one sleep a tick", async () => {
    writeDeadline(paths, systemClock.bootMs() + 60_000);
    const shim = spawnShim("sleep", "60");
    await until(() => {
      const leader = readProcesses(paths)?.job.pid;
      const members = systemProcesses.list().filter((stat) => stat.session === shim.pid);
      expect(members.map((stat) => stat.pid)).not.toContain(leader);
      expect(members).toHaveLength(3);
      expect(members.reduce((sum, { pid }) => sum + readPssKib(pid), 0)).toBeLessThan(4096);
    });
    systemProcesses.signal(-(readProcesses(paths)?.job.pid ?? Number.NaN), "SIGKILL");
    await once(shim, "exit");
  });
});

/** Proportional set size: shared pages are counted once over all who share them. */
function readPssKib(pid: number): number {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
  return Number(/^Pss:\s+(\d+) kB$/m.exec(rollup)?.[1]);
}

/**
 * The supervisor against what really happens to it: its process is killed, another takes over, pids are
 * reused, output comes in floods.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { build } from "esbuild";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import {
  attemptPaths,
  readExit,
  readProcesses,
  type ShimProcesses,
} from "../../agent/process/attempt-dir.ts";
import { isAlive, systemProcesses } from "../../agent/process/proc.ts";
import type { StartRequest } from "../../agent/process/supervisor-port.ts";
import { systemClock } from "../../shared/clock.ts";
import { must } from "../../shared/invariant.ts";
import { packageRoot } from "../../shared/package-root.ts";
import {
  createRig,
  removeDirectory,
  type SupervisorRig,
  scratchDirectory,
  shellJob,
  until,
} from "../helpers/supervisor-rig.ts";

const AGENT = join(packageRoot(), "node_modules", ".cache", "supervisor-test", `agent-${process.pid}.mjs`);
const HEARTBEAT = "n=0; while :; do n=$((n+1)); echo beat $n; sleep 0.02; done";

let directory = "";
let rig: SupervisorRig | null = null;
let agent: ChildProcess | null = null;

beforeAll(async () => {
  await build({
    entryPoints: [join(packageRoot(), "test", "system", "supervisor-agent.fixture.ts")],
    outfile: AGENT,
    bundle: true,
    platform: "node",
    format: "esm",
    logLevel: "error",
  });
  return () => rm(AGENT);
});
beforeEach(async () => {
  directory = await scratchDirectory();
});
afterEach(async () => {
  agent?.kill("SIGKILL");
  rig ??= await createRig(directory);
  for (const token of await readdir(directory)) await rig.supervisor.stop(Number(token), 0);
  await rig.close();
  rig = null;
  await removeDirectory(directory);
});

/** Another process has started these attempts; the identities are of the first. */
async function startElsewhere(...requests: readonly StartRequest[]): Promise<ShimProcesses> {
  agent = spawn(process.execPath, [AGENT, directory, JSON.stringify(requests)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(must(agent.stdout, "the fixture's stdout is piped"), "data");
  return must(readProcesses(attemptPaths(directory, 1)), "the fixture has started attempt 1");
}

async function killAgent(): Promise<void> {
  const dying = must(agent, "no agent runs");
  dying.kill("SIGKILL");
  await once(dying, "exit");
}

describe("when the agent is killed", () => {
  it("lets the job run on and ends it at its deadline, and the exit says so", async () => {
    const deadlineBootMs = systemClock.bootMs() + 2_500;
    const { job, shim } = await startElsewhere(shellJob(HEARTBEAT, { deadlineBootMs }));
    await killAgent();
    expect(isAlive(systemProcesses, job)).toBe(true);
    await until(() => expect(isAlive(systemProcesses, shim)).toBe(false));
    expect(isAlive(systemProcesses, job)).toBe(false);
    expect(systemClock.bootMs()).toBeGreaterThanOrEqual(deadlineBootMs - 10);
    expect(readExit(attemptPaths(directory, 1))).toMatchObject({ signal: "SIGTERM", reason: "deadline" });
  });

  it("hands the job over to the next agent, which continues its log and can extend it", async () => {
    const deadlineBootMs = systemClock.bootMs() + 3_000;
    const { job } = await startElsewhere(shellJob(HEARTBEAT, { deadlineBootMs }));
    await until(async () => expect(await readFile(currentLog(), "utf8")).toContain("beat 5\n"));
    await killAgent();
    rig = await createRig(directory);
    expect(rig.adopted).toEqual([
      { token: 1, jobId: "job-1", meta: { runner: "exec" }, job, isRunning: true },
    ]);
    rig.supervisor.extend(1, systemClock.bootMs() + 60_000);
    await until(() => expect(systemClock.bootMs()).toBeGreaterThan(deadlineBootMs + 300));
    expect(isAlive(systemProcesses, job)).toBe(true);
    await rig.supervisor.stop(1, 5_000);
    expect((await rig.event("exited")).exit).toMatchObject({ signal: "SIGTERM", reason: "exited" });
    const beats = [...(await rig.log(/beat/)).matchAll(/^beat (\d+)$/gm)].map((match) => Number(match[1]));
    // What the killed process had taken out of the fifo but not yet written is gone with it: at most one read.
    const missing = beats.filter((beat, index) => index > 0 && beat !== (beats[index - 1] ?? 0) + 1);
    expect(missing.length).toBeLessThanOrEqual(1);
    expect(beats.length).toBeGreaterThan(60);
  });

  it("tells the next agent how a job ended meanwhile, with the last words nobody read", async () => {
    const { shim } = await startElsewhere(
      shellJob("while [ ! -e go ]; do sleep 0.02; done; echo why; exit 9"),
    );
    await killAgent();
    await writeFile(join(directory, "1", "job", "go"), "");
    await until(() => expect(isAlive(systemProcesses, shim)).toBe(false));
    rig = await createRig(directory);
    expect(rig.adopted).toMatchObject([{ token: 1, isRunning: false }]);
    expect((await rig.event("exited")).exit).toEqual({ code: 9, signal: null, reason: "exited" });
    expect(await rig.log(/why/)).toBe("why\n");
  });

  it("adopts many attempts, running and ended, and forgets them one by one", async () => {
    const jobs = [1, 2, 3, 4].map((token) =>
      shellJob(token % 2 === 1 ? "sleep 60" : `exit ${token}`, { token, jobId: `job-${token}` }),
    );
    await startElsewhere(...jobs);
    const shims = [2, 4].map((token) => must(readProcesses(attemptPaths(directory, token)), "started").shim);
    await until(() => expect(shims.some((shim) => isAlive(systemProcesses, shim))).toBe(false));
    await killAgent();
    rig = await createRig(directory);
    expect(rig.adopted.map(({ token, isRunning }) => `${token} ${isRunning}`)).toEqual([
      "1 true",
      "2 false",
      "3 true",
      "4 false",
    ]);
    expect((await rig.event("exited", 4)).exit.code).toBe(4);
    await rig.event("exited", 2);
    await rig.supervisor.forget(2);
    await rig.supervisor.forget(4);
    expect((await readdir(directory)).sort()).toEqual(["1", "3"]);
  });
});

describe("when the shim is killed", () => {
  it("ends the job and reports that nobody knows how it ended", async () => {
    rig = await createRig(directory);
    await rig.supervisor.start(shellJob('trap "" TERM; while :; do sleep 0.05; done'));
    const { job, shim } = must(readProcesses(rig.supervisor.paths(1)), "started");
    systemProcesses.signal(shim.pid, "SIGKILL");
    await rig.event("vanished");
    expect(isAlive(systemProcesses, job)).toBe(false);
  });
});

describe("when a pid has been reused", () => {
  it("neither adopts nor kills the stranger who has the number now", async () => {
    const stranger = spawn("sleep", ["60"], { detached: true, stdio: "ignore" });
    const { pid, startTicks } = must(systemProcesses.stat(must(stranger.pid, "spawned")), "it runs");
    await startElsewhere(shellJob("exit 0"));
    const paths = attemptPaths(directory, 1);
    await until(() => expect(readExit(paths)).not.toBeNull());
    await killAgent();
    await rm(paths.exit);
    await writeFile(paths.pid, `job ${pid} ${startTicks - 1}\nshim ${pid} ${startTicks - 2}\n`);
    rig = await createRig(directory);
    expect(rig.adopted).toMatchObject([{ token: 1, isRunning: false }]);
    await rig.event("vanished");
    await rig.supervisor.stop(1, 0);
    expect(isAlive(systemProcesses, { pid, startTicks })).toBe(true);
    stranger.kill("SIGKILL");
  });

  it("believes no pid from before a reboot", async () => {
    const { job, shim } = await startElsewhere(shellJob("sleep 60"));
    await killAgent();
    const paths = attemptPaths(directory, 1);
    const record = JSON.parse(await readFile(paths.meta, "utf8"));
    await writeFile(paths.meta, JSON.stringify({ ...record, bootId: "an-earlier-boot" }));
    await writeFile(
      paths.pid,
      `job ${process.pid} ${must(systemProcesses.stat(process.pid), "us").startTicks}\n`,
    );
    rig = await createRig(directory);
    expect(rig.adopted).toMatchObject([{ token: 1, job: null, isRunning: false }]);
    await rig.event("vanished");
    // The mark, unlike a pid, cannot be a stranger's.
    expect([job, shim].some((identity) => isAlive(systemProcesses, identity))).toBe(false);
  });
});

describe("when the record is not whole", () => {
  it("removes what was never started and kills what was started without being recorded", async () => {
    await mkdir(attemptPaths(directory, 7).inputs, { recursive: true });
    const { job, shim } = await startElsewhere(shellJob("sleep 60"));
    await killAgent();
    await rm(attemptPaths(directory, 1).pid);
    rig = await createRig(directory);
    expect(rig.adopted).toMatchObject([{ token: 1, job: null, isRunning: false }]);
    expect(await readdir(directory)).toEqual(["1"]);
    await rig.event("vanished");
    expect([job, shim].some((identity) => isAlive(systemProcesses, identity))).toBe(false);
  });
});

describe("when a job floods its output", () => {
  it("keeps the newest bytes inside the limit and lets the job finish", async () => {
    rig = await createRig(directory);
    const script = "yes 'the quick brown fox jumps over the lazy dog' | head -c 52428800; echo; echo done";
    await rig.supervisor.start(shellJob(script, { logLimitBytes: 1024 * 1024 }));
    expect((await rig.event("exited")).exit.code).toBe(0);
    const text = await rig.log(/\ndone\n$/);
    expect(text.length).toBeGreaterThan(700 * 1024);
    expect(await logBytes()).toBeLessThanOrEqual(1024 * 1024);
  });

  it("cuts a line that never ends and says how long it was", async () => {
    rig = await createRig(directory);
    await rig.supervisor.start(shellJob("head -c 20000000 /dev/zero; echo; echo done"));
    await rig.event("exited");
    expect(await rig.log(/done/)).toMatch(/^\0{8192} \[19991808 bytes cut\]\ndone\n$/);
  });

  it("goes on draining when the log cannot be written, and says what was lost", async () => {
    rig = await createRig(directory);
    await rig.supervisor.start(
      shellJob("while [ ! -e go ]; do sleep 0.02; done; seq 50000; echo first; sleep 60"),
    );
    const { logs } = rig.supervisor.paths(1);
    await mkdir(join(logs, "current.log"));
    await writeFile(join(directory, "1", "job", "go"), "");
    await until(() => expect(rig?.errors).toHaveLength(1));
    await rig.supervisor.stop(1, 1_000);
    expect((await rig.event("exited")).exit.signal).toBe("SIGTERM");
  });
});

function currentLog(): string {
  return join(attemptPaths(directory, 1).logs, "current.log");
}

async function logBytes(): Promise<number> {
  const { logs } = attemptPaths(directory, 1);
  const files = (await readdir(logs)).filter((file) => file.endsWith(".log") && file !== "shim.log");
  const sizes = await Promise.all(files.map(async (file) => (await stat(join(logs, file))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}

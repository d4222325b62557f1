import { readFileSync } from "node:fs";
import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { systemClock } from "../../shared/clock.ts";
import { readDeadline } from "./attempt-dir.ts";
import { isRunning, type ProcessTable, systemProcesses } from "./proc.ts";
import {
  createRig,
  FAST_TIMING,
  removeDirectory,
  type SupervisorRig,
  scratchDirectory,
  shellJob,
  until,
} from "./supervisor.fixture.ts";

let directory = "";
let rig: SupervisorRig;
beforeEach(async () => {
  directory = await scratchDirectory();
  rig = await createRig(directory);
});
afterEach(async () => {
  for (const name of await readdir(directory)) await rig.supervisor.stop(Number(name), 0);
  await rig.close();
  await removeDirectory(directory);
});

describe("start", () => {
  it.each([
    { script: "exit 0", exit: { code: 0, signal: null, reason: "exited" } },
    { script: "exit 7", exit: { code: 7, signal: null, reason: "exited" } },
    { script: "kill -SEGV $$", exit: { code: null, signal: "SIGSEGV", reason: "exited" } },
    { script: "kill -KILL $$", exit: { code: null, signal: "SIGKILL", reason: "exited" } },
  ])("reports how `$script` ended", async ({ script, exit }) => {
    await rig.supervisor.start(shellJob(script));
    expect((await rig.event("exited")).exit).toEqual(exit);
    expect(rig.events.map((event) => event.kind)).toEqual(["started", "exited"]);
    expect(rig.errors).toEqual([]);
  });

  it("hands argv over verbatim: quotes, newlines, substitutions, empty and leading-dash words", async () => {
    const words = [`it's "quoted"`, "two\nlines", "$(id) `id` $HOME", "", "-n", "*", "naïve ☂", "a\\b"];
    const argv = [
      process.execPath,
      "-e",
      "console.log(JSON.stringify(process.argv.slice(1)))",
      "--",
      ...words,
    ];
    await rig.supervisor.start(shellJob("", { argv }));
    await rig.event("exited");
    expect(JSON.parse(await rig.log(/\n/))).toEqual(words);
  });

  it("runs the job in its own session, in its directory, with its own environment only", async () => {
    const script = 'pwd; cut -d" " -f1,5,6 /proc/$$/stat; env | sort; cat params.json /proc/$$/oom_score_adj';
    await rig.supervisor.start(shellJob(script, { env: { PATH: "/usr/bin:/bin", HF_HOME: "/models" } }));
    const { pid } = await rig.event("started");
    await rig.event("exited");
    const [cwd, ids, ...rest] = (await rig.log(/500\n$/)).split("\n");
    expect(cwd).toBe(join(directory, "1"));
    expect(ids).toBe(`${pid} ${pid} ${pid}`);
    const names = rest.filter((line) => line.includes("=")).map((line) => line.split("=")[0]);
    expect(names).toEqual(["HF_HOME", "PATH", "PWD", "SPIRAL_ATTEMPT_DIR", "SPIRAL_TOKEN"]);
    expect(rest).toContain('{"seed":7}500');
  });

  it("leaves the job's signals as they were and its fifo open as stdout and stderr only", async () => {
    const script = "grep -E '^Sig(Ign|Blk)' /proc/self/status; ls -l /proc/$$/fd | grep -c out.fifo";
    await rig.supervisor.start(shellJob(script));
    await rig.event("exited");
    expect(await rig.log(/2\n$/)).toBe("SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n2\n");
  });

  it("applies the niceness", async () => {
    await rig.supervisor.start(shellJob("nice; ionice -p $$", { nice: 7 }));
    await rig.event("exited");
    expect(await rig.log(/idle/)).toBe("7\nidle\n");
  });

  it("says in the log and by status 127 that a command does not exist", async () => {
    await rig.supervisor.start(shellJob("", { argv: ["no-such-command"] }));
    expect((await rig.event("exited")).exit.code).toBe(127);
    expect(await rig.log(/no-such-command/)).toContain("No such file");
  });

  it("refuses a token that was used before, also by an earlier agent", async () => {
    await rig.supervisor.start(shellJob("exit 0"));
    await expect(rig.supervisor.start(shellJob("exit 0"))).rejects.toMatchObject({ code: "alreadyExists" });
  });

  it("reports the job's progress as it changes and ignores what makes no sense", async () => {
    const script = "echo 0.25 >progress; sleep 0.2; echo 7 >progress; sleep 0.2; echo 1 >progress; sleep 0.2";
    await rig.supervisor.start(shellJob(script));
    await rig.event("exited");
    const ratios = rig.events.map((event) => (event.kind === "progress" ? event.ratio : null));
    expect(ratios.filter((ratio) => ratio !== null)).toEqual([0.25, 1]);
  });

  it("is not held up by a job that puts a fifo where its progress belongs", async () => {
    await rig.supervisor.start(shellJob("mkfifo progress; sleep 0.3"));
    expect((await rig.event("exited")).exit.code).toBe(0);
  });
});

describe("deadline", () => {
  it("ends the job when it passes and says so", async () => {
    await rig.supervisor.start(shellJob("sleep 60", { deadlineBootMs: systemClock.bootMs() + 200 }));
    const { exit } = await rig.event("exited");
    expect(exit).toEqual({ code: null, signal: "SIGTERM", reason: "deadline" });
  });

  it("kills a job that ignores TERM one grace later, with all its children", async () => {
    const script = 'trap "" TERM; sleep 61 & sleep 62 & echo $!; while :; do sleep 0.1; done';
    await rig.supervisor.start(shellJob(script, { deadlineBootMs: systemClock.bootMs() + 200 }));
    const child = Number(await rig.log(/^\d+\n$/));
    const { exit } = await rig.event("exited");
    expect(exit).toEqual({ code: null, signal: "SIGKILL", reason: "deadline" });
    expect(systemProcesses.stat(child)?.state ?? "Z").toBe("Z");
  });

  it("keeps the job alive for as long as it is extended", async () => {
    const startMs = systemClock.bootMs();
    await rig.supervisor.start(shellJob("sleep 1.2; exit 5", { deadlineBootMs: startMs + 400 }));
    for (let beat = 0; rig.events.length < 2; beat++) {
      rig.supervisor.extend(1, systemClock.bootMs() + 400);
      await until(() =>
        expect(rig.events.length > 1 || systemClock.bootMs() > startMs + beat * 100).toBe(true),
      );
    }
    expect((await rig.event("exited")).exit).toEqual({ code: 5, signal: null, reason: "exited" });
  });

  it("holds the last good deadline when the file turns to garbage or goes", async () => {
    await rig.supervisor.start(shellJob("sleep 60", { deadlineBootMs: systemClock.bootMs() + 900 }));
    await writeFile(rig.supervisor.paths(1).deadline, "999999999 or never\n");
    const { exit } = await rig.event("exited");
    expect(exit.reason).toBe("deadline");
  });
});

describe("stop", () => {
  it("ends an obedient job with TERM, long before the grace is over", async () => {
    await rig.supervisor.start(
      shellJob('trap "echo bye; exit 0" TERM; echo ready; while :; do sleep 0.05; done'),
    );
    await rig.log(/ready/);
    await rig.supervisor.stop(1, 60_000);
    expect((await rig.event("exited")).exit).toEqual({ code: 0, signal: null, reason: "exited" });
    expect(await rig.log(/bye/)).toMatch(/^ready\n(Terminated\n)?bye\n$/);
  });

  it("kills a job that ignores TERM when the grace is over", async () => {
    await rig.supervisor.start(shellJob('trap "" TERM; echo ready; while :; do sleep 0.05; done'));
    await rig.log(/ready/);
    await rig.supervisor.stop(1, 200);
    expect((await rig.event("exited")).exit).toEqual({ code: null, signal: "SIGKILL", reason: "exited" });
  });

  it("takes the shorter grace of two", async () => {
    await rig.supervisor.start(shellJob('trap "" TERM; echo ready; while :; do sleep 0.05; done'));
    await rig.log(/ready/);
    const patient = rig.supervisor.stop(1, 60_000);
    await rig.supervisor.stop(1, 0);
    await patient;
    expect((await rig.event("exited")).exit.signal).toBe("SIGKILL");
  });

  it("does not let a renewal on its way save a job that is being stopped", async () => {
    await rig.supervisor.start(shellJob('trap "" TERM; echo ready; while :; do sleep 0.05; done'));
    await rig.log(/ready/);
    const stopping = rig.supervisor.stop(1, 300);
    const inForceMs = readDeadline(rig.supervisor.paths(1)) ?? 0;
    rig.supervisor.extend(1, systemClock.bootMs() + 60_000);
    expect(readDeadline(rig.supervisor.paths(1))).toBe(inForceMs);
    expect(inForceMs - systemClock.bootMs()).toBeLessThanOrEqual(300 + FAST_TIMING.proofMs);
    await stopping;
  });

  it.each([
    { name: "a background child", leave: "sleep 63 &" },
    { name: "a child in a session of its own", leave: "setsid sleep 64 &" },
    { name: "a double fork in a session of its own", leave: "(setsid sleep 65 &)" },
    { name: "a child in a session of its own without the environment", leave: "env -i setsid sleep 66 &" },
  ])("finds and kills $name", async ({ leave }) => {
    await rig.supervisor.start(shellJob(`echo $$; ${leave}\nwhile :; do sleep 0.05; done`));
    const job = Number(await rig.log(/^\d+\n$/));
    const seconds = /6\d/.exec(leave)?.[0] ?? "";
    const escapee = await until(() => findSleep(seconds));
    expect(escapee).not.toBe(job);
    await rig.supervisor.stop(1, 100);
    expect(rig.events.at(-1)?.kind).toBe("exited");
    expect(() => findSleep(seconds)).toThrow();
  });

  it("kills what a job leaves behind when it ends by itself", async () => {
    await rig.supervisor.start(shellJob("setsid sleep 67 & sleep 68 & exit 0"));
    expect((await rig.event("exited")).exit.code).toBe(0);
    expect(() => findSleep("67")).toThrow();
    expect(() => findSleep("68")).toThrow();
  });

  it("resolves for a token that it does not know", async () => {
    await rig.supervisor.stop(99, 10);
  });
});

describe("a process that cannot be killed", () => {
  it("is reported as wedged, and as ended only when it is gone", async () => {
    let isKillable = false;
    const signal: ProcessTable["signal"] = (pid, name) =>
      isKillable ? systemProcesses.signal(pid, name) : true;
    const stubborn = await createRig(join(directory, "stubborn"), { ...systemProcesses, signal });
    await stubborn.supervisor.start(shellJob("echo ready; sleep 69"));
    const { pid } = await stubborn.event("started");
    await stubborn.supervisor.stop(1, 50);
    expect((await stubborn.event("wedged")).pids).toContain(pid);
    expect(stubborn.events.map((event) => event.kind)).toEqual(["started", "wedged"]);
    await expect(stubborn.supervisor.forget(1)).rejects.toMatchObject({ code: "refused" });
    isKillable = true;
    await stubborn.event("exited");
    await stubborn.close();
    await removeDirectory(join(directory, "stubborn"));
  });
});

describe("forget", () => {
  it("refuses while the attempt runs and leaves no trace when it has ended", async () => {
    await rig.supervisor.start(shellJob("sleep 0.2"));
    await expect(rig.supervisor.forget(1)).rejects.toMatchObject({ code: "refused" });
    await rig.event("exited");
    await rig.supervisor.forget(1);
    expect(await readdir(directory)).toEqual([]);
  });
});

describe("usage", () => {
  it("sums memory and processor time over the job and its children, and is unknown afterwards", async () => {
    const spin = "while :; do :; done";
    await rig.supervisor.start(shellJob(`sh -c '${spin}' & ${spin}`));
    await until(() => {
      const usage = rig.supervisor.usage(1);
      expect(usage?.cpuMs).toBeGreaterThan(300);
      expect(usage?.rssBytes).toBeGreaterThan(1024 * 1024);
    });
    await rig.supervisor.stop(1, 0);
    expect(rig.supervisor.usage(1)).toBeNull();
  });
});

/** The pid of the `sleep SECONDS` of this test. */
function findSleep(seconds: string): number {
  const pids = systemProcesses
    .list()
    .filter(isRunning)
    .map((stat) => stat.pid);
  const found = pids.find((pid) => readCommand(pid) === `sleep\0${seconds}\0`);
  if (found === undefined) throw new Error(`no sleep ${seconds}`);
  return found;
}

function readCommand(pid: number): string | null {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    return null;
  }
}

import { readFileSync } from "node:fs";
import { readdir, unlink, writeFile } from "node:fs/promises";
import { getPriority } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { systemClock } from "../../shared/clock.ts";
import {
  createRig,
  FAST_TIMING,
  removeDirectory,
  type SupervisorRig,
  scratchDirectory,
  shellJob,
  until,
} from "../../test/helpers/supervisor-rig.ts";
import { readDeadline } from "./attempt-dir.ts";
import { isRunning, type ProcessStat, type ProcessTable, systemProcesses } from "./proc.ts";
import type { StartRequest } from "./supervisor-port.ts";

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
    expect(cwd).toBe(join(directory, "1", "job"));
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

  it("applies the niceness, on top of the agent's own", async () => {
    await rig.supervisor.start(shellJob("nice; ionice -p $$", { nice: 7 }));
    await rig.event("exited");
    expect(await rig.log(/idle/)).toBe(`${getPriority() + 7}\nidle\n`);
  });

  it("says in the log and by status 127 that a command does not exist", async () => {
    await rig.supervisor.start(shellJob("", { argv: ["no-such-command"] }));
    expect((await rig.event("exited")).exit.code).toBe(127);
    expect(await rig.log(/no-such-command/)).toContain("No such file");
  });

  it.each([
    { name: "no command at all", argv: [] },
    { name: "an argument that no kernel accepts", argv: ["echo", "a\0b"] },
    { name: "more arguments than a kernel accepts", argv: ["echo", "x".repeat(4_000_000)] },
  ])("refuses $name and leaves nothing behind", async ({ argv }) => {
    await expect(rig.supervisor.start(shellJob("", { argv }))).rejects.toMatchObject({ code: "internal" });
    expect(await readdir(directory)).toEqual([]);
  });

  it("does not take a command for an option", async () => {
    await rig.supervisor.start(shellJob("", { argv: ["-n", "5", "true"], nice: 1 }));
    expect((await rig.event("exited")).exit.code).toBe(127);
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

describe("restart", () => {
  const exits = (): readonly string[] =>
    rig.events.flatMap((event) => (event.kind === "exited" ? [String(event.exit.code)] : []));

  it("runs another process in the same directory, whose log goes on", async () => {
    const job = shellJob("echo 0.5 >progress; echo first; touch kept; exit 3");
    await rig.supervisor.start(job);
    await rig.event("exited");
    await rig.supervisor.restart(shellJob("ls progress; echo second; test -e kept && exit 4"));
    await until(() => expect(exits()).toEqual(["3", "4"]));
    expect(await rig.log(/second/)).toMatch(/^first\n.*No such file.*\nsecond\n$/);
    expect(rig.events.filter(({ kind }) => kind === "started")).toHaveLength(2);
    expect(rig.errors).toEqual([]);
  });

  it("writes its parameters through no link that the process before has left", async () => {
    const target = join(directory, "target");
    await writeFile(target, "mine");
    await rig.supervisor.start(shellJob(`ln -sf ${target} params.json; exit 3`));
    await rig.event("exited");
    await rig.supervisor.restart(shellJob("exit 4"));
    await until(() => expect(exits()).toEqual(["3", "4"]));
    expect(readFileSync(target, "utf8")).toBe("mine");
    await unlink(target);
  });

  it("begins only when nothing of the process before is left, even of one that still runs", async () => {
    await rig.supervisor.start(shellJob("trap '' TERM; sleep 3141.5 & wait"));
    const { pid } = await rig.event("started");
    await rig.supervisor.restart(shellJob("exit 4"));
    expect(systemProcesses.stat(pid)).toBeNull();
    await until(() => expect(exits().at(-1)).toBe("4"));
  });

  it("is refused for an attempt that was never begun", async () => {
    await expect(rig.supervisor.restart(shellJob("exit 0"))).rejects.toMatchObject({ code: "refused" });
  });

  it("leaves the next agent one that it can adopt, with the deadline that was moved in between", async () => {
    await rig.supervisor.start(shellJob("exit 3"));
    await rig.event("exited");
    const deadlineBootMs = systemClock.bootMs() + 90_000;
    rig.supervisor.extend(1, deadlineBootMs);
    expect(readDeadline(rig.supervisor.paths(1))).toBeGreaterThan(deadlineBootMs - 20);
    await rig.close();
    rig = await createRig(directory);
    expect(rig.adopted).toMatchObject([{ token: 1, isRunning: false, job: { pid: expect.any(Number) } }]);
    await rig.event("exited");
    await rig.supervisor.restart(shellJob("exit 4"));
    await until(() => expect(exits()).toEqual(["3", "4"]));
  });
});

describe("deadline", () => {
  it("ends the job when it passes and says so", async () => {
    await rig.supervisor.start(shellJob("sleep 60", { deadlineBootMs: systemClock.bootMs() + 1_000 }));
    const { exit } = await rig.event("exited");
    expect(exit).toEqual({ code: null, signal: "SIGTERM", reason: "deadline" });
  });

  it("kills a job that ignores TERM one grace later, with all its children", async () => {
    const script = 'trap "" TERM; sleep 61 & sleep 62 & echo $!; while :; do sleep 0.1; done';
    await rig.supervisor.start(shellJob(script, { deadlineBootMs: systemClock.bootMs() + 1_000 }));
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
    { name: "a background child", leave: "sleep $NAP &" },
    { name: "a child in a session of its own", leave: "setsid sleep $NAP &" },
    { name: "a double fork in a session of its own", leave: "(setsid sleep $NAP &)" },
    { name: "a child in a session of its own without the environment", leave: "env -i setsid sleep $NAP &" },
  ])("finds and kills $name", async ({ leave }) => {
    await rig.supervisor.start(nappingJob(`${leave}\nwhile :; do sleep 0.05; done`));
    const escapee = await until(findNapper);
    expect(escapee).not.toBe((await rig.event("started")).pid);
    await rig.supervisor.stop(1, 100);
    expect(rig.events.at(-1)?.kind).toBe("exited");
    expect(findNapper).toThrow();
  });

  it("kills what a job leaves behind when it ends by itself", async () => {
    await rig.supervisor.start(nappingJob("setsid sleep $NAP & sleep $NAP & exit 0"));
    expect((await rig.event("exited")).exit.code).toBe(0);
    expect(findNapper).toThrow();
  });

  it("ends jobs in the very moment of their start, and one that is still being started", async () => {
    const tokens = Array.from({ length: 12 }, (_, index) => index + 1);
    const stopSoon = async (token: number): Promise<void> => {
      const starting = rig.supervisor.start(shellJob("sleep 70", { token }));
      if (token % 2 === 0) await starting;
      await rig.supervisor.stop(token, 5_000);
      await starting;
    };
    await Promise.all(tokens.map(stopSoon));
    const ends = rig.events.filter((event) => event.kind !== "started");
    expect(ends.map((event) => event.kind)).toEqual(tokens.map(() => "exited"));
  });

  it("resolves for a token that it does not know", async () => {
    await rig.supervisor.stop(99, 10);
  });
});

describe("a process that cannot be killed", () => {
  it("is reported as wedged, and as ended only when it is gone", async () => {
    let survivor: readonly ProcessStat[] = [];
    const processes: ProcessTable = {
      ...systemProcesses,
      pids: () => [...systemProcesses.pids(), ...survivor.map(({ pid }) => pid)],
      stat: (pid) => survivor.find((stat) => stat.pid === pid) ?? systemProcesses.stat(pid),
    };
    const stubborn = await createRig(join(directory, "stubborn"), { processes });
    await stubborn.supervisor.start(shellJob("sleep 69"));
    const { pid, startTicks } = await stubborn.event("started");
    const pids = { pid: 2 ** 22 + 1, ppid: pid, group: pid, session: pid };
    survivor = [{ ...pids, startTicks, state: "D", cpuMs: 0 }];
    await stubborn.supervisor.stop(1, 50);
    expect(await stubborn.event("wedged")).toEqual({ kind: "wedged", token: 1, pids: [pids.pid] });
    stubborn.supervisor.tick();
    await expect(stubborn.supervisor.forget(1)).rejects.toMatchObject({ code: "refused" });
    expect(stubborn.events.map((event) => event.kind)).toEqual(["started", "wedged"]);
    survivor = [];
    expect((await stubborn.event("exited")).exit.signal).toBe("SIGTERM");
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

  it("removes what was only prepared, and a token that is not there is no error", async () => {
    const paths = await rig.supervisor.prepare(1);
    await writeFile(join(paths.inputs, "frame.webp"), "bytes");
    await rig.supervisor.forget(1);
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

/** Seconds that no other process on this box sleeps. */
const NAP = `60.${process.pid}`;

function nappingJob(script: string): StartRequest {
  return shellJob(script, { env: { PATH: "/usr/bin:/bin", NAP } });
}

/** The pid of a live `sleep $NAP`. */
function findNapper(): number {
  const pids = systemProcesses
    .list()
    .filter(isRunning)
    .map((stat) => stat.pid);
  const found = pids.find((pid) => readCommand(pid) === `sleep\0${NAP}\0`);
  if (found === undefined) throw new Error("nobody naps");
  return found;
}

function readCommand(pid: number): string | null {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    return null;
  }
}

/** The promises of the uid driver, kept as root against real processes and a job that attacks its records. */
import { chmodSync, readdirSync, statSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readDeadline } from "../../agent/process/attempt-dir.ts";
import { isAlive, systemProcesses } from "../../agent/process/proc.ts";
import { DEFAULT_LIMITS } from "../../agent/process/resources/limits.ts";
import type { ResourceDriver } from "../../agent/process/resources/resource-driver.ts";
import { createUidDriver } from "../../agent/process/resources/uid-driver.ts";
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

const UIDS = { first: 61_200, last: 61_201 };

let root = "";
let attempts = "";
let driver: ResourceDriver;
let rig: SupervisorRig;

beforeEach(async () => {
  root = await scratchDirectory();
  chmodSync(root, 0o711);
  attempts = join(root, "attempts");
  driver = createUidDriver(attempts, UIDS);
  rig = await createRig(attempts, { driver });
});

afterEach(async () => {
  for (const name of readdirSync(attempts)) await rig.supervisor.stop(Number(name), 0);
  await rig.close();
  await removeDirectory(root);
});

const start = (script: string, changes: Partial<Parameters<typeof shellJob>[1]> = {}) =>
  rig.supervisor.start(shellJob(script, changes));

describe("a job with a user of its own", () => {
  it("works in its folder, reads its parameters and leaves its result, its outputs and its log", async () => {
    await start(
      'id -u; cat params.json; echo 0.5 >progress; echo x >out/x; echo "{}" >new && mv new result.json; echo said >/dev/stdout',
    );
    const { exit } = await rig.event("exited");
    expect(exit).toEqual({ code: 0, signal: null, reason: "exited" });
    const paths = rig.supervisor.paths(1);
    expect(await readFile(paths.result, "utf8")).toBe("{}\n");
    expect(statSync(join(paths.out, "x")).uid).toBe(UIDS.first);
    expect(await rig.log(/said/)).toBe('61200\n{"seed":7}said\n');
  });

  it("can neither forge its end, nor move its deadline, nor touch its shim", async () => {
    // A decoy, for a driver that fails this test lets the attack run as root.
    const decoy = join(root, "decoy");
    await writeFile(decoy, "untouched");
    const attack = `
      for name in exit exit.new deadline deadline.new pid agent meta.json expired; do
        echo 9999999.00 >../$name; rm -f ../$name; ln -s ${decoy} ../$name; mv params.json ../$name
      done
      mv ../deadline ../gone; kill -9 $PPID; echo 1 >/proc/$PPID/oom_score_adj; : <../out.fifo &
      exit 3`;
    await start(`( ${attack} ) 2>/dev/null; echo attacked; sleep 60`);
    await rig.log(/attacked/);
    const paths = rig.supervisor.paths(1);
    const deadlineMs = must(readDeadline(paths), "a deadline stands");
    expect(deadlineMs).toBeLessThan(9_999_999_000);
    await rig.supervisor.stop(1, 100);
    expect((await rig.event("exited")).exit).toMatchObject({ signal: "SIGTERM", reason: "exited" });
    expect(await readFile(decoy, "utf8")).toBe("untouched");
  });

  it("is ended whole, even what left its session, its environment and its parent", async () => {
    await start("setsid env -i sh -c 'sleep 60 & echo escaped $!' & wait; sleep 60");
    const pid = Number(/escaped (\d+)/.exec(await rig.log(/escaped \d+/))?.[1]);
    const escaped = must(systemProcesses.stat(pid), "the escaped process runs");
    expect(must(driver.open(1).members(), "members")).toContain(pid);
    await rig.supervisor.stop(1, 100);
    await rig.event("exited");
    expect(isAlive(systemProcesses, escaped)).toBe(false);
    expect(driver.open(1).members()).toEqual([]);
  });

  it("is ended whole by its shim alone", async () => {
    await start("setsid env -i sh -c 'sleep 60 & echo escaped $!' & wait; echo over");
    const pid = Number(/escaped (\d+)/.exec(await rig.log(/escaped \d+/))?.[1]);
    await rig.event("exited");
    expect(systemProcesses.stat(pid)?.state ?? "gone").toMatch(/gone|Z/);
  });

  it("is refused the task too many by the kernel, and its neighbour is not", async () => {
    const bomb =
      "import os, time\nfor n in range(50):\n  try:\n    p = os.fork()\n  except OSError:\n    break\n  if p == 0: time.sleep(60)\nprint('made', n, flush=True)\ntime.sleep(60)";
    await rig.supervisor.start({
      ...shellJob(""),
      ...python(bomb),
      limits: { ...DEFAULT_LIMITS, tasks: 20 },
    });
    const made = Number(/made (\d+)/.exec(await rig.log(/made \d+/))?.[1]);
    // Fewer where zombies of an earlier job wait for an init that does not reap.
    expect(made).toBeGreaterThan(5);
    expect(made).toBeLessThan(20);
    await start("sleep 0.1 && echo unhindered", { token: 2 });
    expect(await rig.log(/unhindered/, 2)).toBe("unhindered\n");
    expect(statSync(rig.supervisor.paths(2).job).uid).toBe(UIDS.last);
  });

  it("keeps its user over a change of agents, and a third job waits for one", async () => {
    await start("sleep 60");
    await start("sleep 60", { token: 2 });
    await rig.close();
    rig = await createRig(attempts, { driver: createUidDriver(attempts, UIDS) });
    expect(rig.adopted).toMatchObject([{ isRunning: true }, { isRunning: true }]);
    await expect(start("sleep 60", { token: 3 })).rejects.toMatchObject({ code: "resourceExhausted" });
    await rig.supervisor.stop(1, 0);
    await rig.event("exited", 1);
    await rig.supervisor.forget(1);
    await until(() => start("sleep 60", { token: 3 }));
    expect(statSync(rig.supervisor.paths(3).job).uid).toBe(UIDS.first);
  });
});

describe("createUidDriver", () => {
  it("refuses users that are accounts, and a folder that no job could reach", async () => {
    expect(() => createUidDriver(attempts, { first: 65_000, last: 65_535 })).toThrow(/is the account nobody/);
    chmodSync(root, 0o700);
    expect(() => createUidDriver(attempts, UIDS)).toThrow(`chmod o+x ${root}`);
  });
});

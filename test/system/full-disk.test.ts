/** A real full disk under a real hub (a small tmpfs; needs root to mount it), and what it looks like by a quota. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { writeFileDurable } from "../../shared/durable-file.ts";
import { packageRoot } from "../../shared/package-root.ts";
import { keepSpare, writeFileSpared } from "../../shared/spare-file.ts";
import { Fleet } from "../helpers/fleet.ts";

let hubDisk = "";
let fleet: Fleet;
beforeEach(() => {
  // A lease has to outlast the start of a process on a busy machine.
  fleet = new Fleet(0.3, mkdtempSync(join(tmpdir(), "spiral-full-")));
  hubDisk = join(fleet.root, "hub");
  mkdirSync(hubDisk);
  // The hub's alone: agents are other machines.
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=6m,mode=700", "tmpfs", hubDisk]);
});
afterEach(async () => {
  await fleet.end();
  execFileSync("umount", ["-l", hubDisk]);
  rmSync(fleet.root, { recursive: true });
});

async function stateOf(jobId: string): Promise<string> {
  return (await fleet.call("GetJob", { jobId })).state;
}

const ballast = (): string => join(hubDisk, "ballast");

/** Leaves no byte, and submits until the journal has noticed. */
async function fillDisk(): Promise<void> {
  try {
    writeFileSync(ballast(), Buffer.alloc(8 * 1024 * 1024));
  } catch {
    // The disk is full now: that was the point.
  }
  let isNoticed = false;
  for (let i = 0; i < 3_000 && !isNoticed; i++) {
    const given = fleet.submitSleep(`filling-${i}`, 1).then(
      () => "taken",
      () => "refused",
    );
    const held = new Promise((resolve) => setTimeout(() => resolve("held"), 1_500));
    isNoticed = (await Promise.race([given, held])) !== "taken";
  }
  await expect(fleet.submitSleep("refused", 1)).rejects.toThrow(/free space/);
}

/** Makes processes from now on meet a spent quota where they would have met a full disk. */
function spendQuota(): void {
  const library = join(fleet.root, "quota-stub.so");
  const source = join(packageRoot(), "test/fixtures/quota-stub/quota-stub.c");
  execFileSync("gcc", [
    "-shared",
    "-fPIC",
    "-O1",
    "-Wall",
    "-Wextra",
    "-Werror",
    "-o",
    library,
    source,
    "-ldl",
  ]);
  fleet.environment = { LD_PRELOAD: library };
}

describe.each([
  { name: "a full disk", prepare: () => {} },
  { name: "a spent quota", prepare: spendQuota },
])("$name", ({ prepare }) => {
  beforeEach(prepare);

  it("refuses work and orders, answers status and down at once, and goes on when there is space", async () => {
    await fleet.startHub();
    await fleet.submitSleep("before", 1);
    await fillDisk();
    const status = await fleet.call("GetStatus", {});
    expect(status.warnings.join()).toContain("full");
    expect(status.undurableEvents).toBeGreaterThan(0);
    await expect(fleet.call("ListJobs", {})).rejects.toThrow(/not durable/);
    const jobId = await fleet.submitSleep("before", 1).catch(() => "j_000001");
    await expect(fleet.call("CancelJob", { jobId, reason: "" })).rejects.toThrow(/free space/);
    const up = { state: "DESIRED_STATE_UP", isForced: true, reason: "test" } as const;
    await expect(fleet.call("SetDesired", up)).rejects.toThrow(/free space/);
    await fleet.call("SetDesired", { state: "DESIRED_STATE_DOWN", reason: "disk" });
    rmSync(ballast());
    await fleet.until("new work is taken again", () => fleet.submitSleep("after", 1));
    const { jobs } = await fleet.call("ListJobs", {});
    expect(jobs.length).toBeGreaterThanOrEqual(2);
    expect(fleet.process("hub").exitCode).toBeNull();
  });

  it("costs no running work: not when its agent redials, not when the hub starts over", async () => {
    await fleet.startHub();
    await fleet.startAgent("alpha");
    await fleet.call("SetDesired", { state: "DESIRED_STATE_UP", isForced: true, reason: "test" });
    const jobId = await fleet.submitSleep("long", 120);
    await fleet.until("it runs", async () => (await stateOf(jobId)) === "running");
    await fleet.call("Cordon", { node: "alpha", reason: "nothing beside it" });
    await fillDisk();

    fleet.process("alpha").kill("SIGSTOP");
    await new Promise((resolve) => setTimeout(resolve, 2 * fleet.timing.suspectMs));
    fleet.process("alpha").kill("SIGCONT");
    await new Promise((resolve) => setTimeout(resolve, fleet.timing.leaseTtlMs + fleet.timing.marginMs));
    expect(endsOf(jobId)).toEqual([]);

    await fleet.kill("hub");
    await fleet.startHub();
    await new Promise((resolve) => setTimeout(resolve, fleet.timing.leaseTtlMs + fleet.timing.marginMs));
    expect(endsOf(jobId)).toEqual([]);
    expect((await fleet.call("GetStatus", {})).running).toBe(1);
    const { undurableEvents } = await fleet.call("Why", { kind: "job", name: jobId });
    expect(undurableEvents).toBeGreaterThan(0);

    rmSync(ballast());
    await fleet.until("orders are taken again", () => fleet.call("CancelJob", { jobId, reason: "done" }));
    await fleet.until("it has ended", async () => (await stateOf(jobId)) === "cancelled");
  });

  it("keeps a fleet down over the death of the hub that told it so", async () => {
    await fleet.startHub();
    await fleet.startAgent("alpha");
    await fleet.call("SetDesired", { state: "DESIRED_STATE_UP", isForced: true, reason: "test" });
    await fillDisk();
    await fleet.call("SetDesired", { state: "DESIRED_STATE_DOWN", reason: "disk" });
    await fleet.kill("hub");
    rmSync(ballast());
    await fleet.startHub();
    expect((await fleet.call("GetStatus", {})).desired).toBe("DESIRED_STATE_DOWN");
  });
});

describe("a spared file", () => {
  it("is written on a full disk, once for each spare, and never half", async () => {
    const path = join(hubDisk, "file");
    await keepSpare(path);
    writeFileSync(ballast(), Buffer.alloc(5 * 1024 * 1024));
    for (let i = 0; await isWritten(`large-${i}`, 64 * 1024); i++);
    for (let i = 0; await isWritten(`small-${i}`, 1); i++);
    await writeFileSpared(path, "one");
    expect(readFileSync(path, "utf8").trimEnd()).toBe("one");
    await expect(writeFileSpared(path, "two")).rejects.toMatchObject({ code: "ENOSPC" });
    expect(readFileSync(path, "utf8").trimEnd()).toBe("one");
  });
});

function isWritten(name: string, bytes: number): Promise<boolean> {
  return writeFileDurable(join(hubDisk, name), Buffer.alloc(bytes)).then(
    () => true,
    () => false,
  );
}

/** How attempts of a job have ended, as the agent says. */
function endsOf(jobId: string): readonly string[] {
  const log = readFileSync(join(fleet.root, "agents/alpha/logs/current.log"), "utf8");
  return log.split("\n").filter((line) => line.includes('"attempt.ended"') && line.includes(jobId));
}

/** A real full disk under a real agent (a small tmpfs; needs root to mount it). */
import { execFileSync } from "node:child_process";
import { appendFileSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { isDiskFull } from "../../shared/disk-full.ts";
import { packageRoot } from "../../shared/package-root.ts";
import { Fleet } from "../helpers/fleet.ts";

/** Of no other test. */
const SECONDS = 120.75;

let nodeDisk = "";
let fleet: Fleet;
beforeEach(() => {
  fleet = new Fleet(0.3, mkdtempSync(join(tmpdir(), "spiral-full-")));
  nodeDisk = join(fleet.root, "agents");
  mkdirSync(nodeDisk);
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=6m,mode=700", "tmpfs", nodeDisk]);
});
afterEach(async () => {
  await fleet.end();
  execFileSync("umount", ["-l", nodeDisk]);
  rmSync(fleet.root, { recursive: true });
});

const ballast = (): string => join(nodeDisk, "ballast");

/** Leaves no byte. */
function fillDisk(): void {
  for (const bytes of [1024 * 1024, 4096, 1]) {
    while (isWritten(Buffer.alloc(bytes)));
  }
}

function isWritten(bytes: Buffer): boolean {
  try {
    appendFileSync(ballast(), bytes);
    return true;
  } catch (error) {
    if (!isDiskFull(error)) throw error;
    return false;
  }
}

/** `spiral-agent down` on the box itself; throws when it fails. */
function latchDown(): void {
  const words = ["down", "--now", "--root", fleet.root, "--node", "alpha"];
  execFileSync(process.execPath, [join(packageRoot(), "bin/spiral-agent.mjs"), ...words]);
}

/** Whether the job's process is on this machine. */
function isRunning(): boolean {
  const rows = execFileSync("ps", ["-eo", "args"], { encoding: "utf8" }).split("\n");
  return rows.some((row) => row.trim() === `sleep ${SECONDS}`);
}

async function runLong(): Promise<void> {
  await fleet.call("Submit", {
    key: "long",
    producer: "test",
    runner: "sleep",
    paramsJson: JSON.stringify({ seconds: SECONDS }),
    priority: "PRIORITY_BATCH",
    lane: "LANE_CPU",
    subsystem: "rendering",
    onHubLoss: "ON_HUB_LOSS_STOP",
  });
  await fleet.until("it runs", isRunning);
}

describe("spiral-agent down on a full disk", () => {
  it("ends the work of the node, and keeps it down over a restart of its agent", async () => {
    await fleet.startHub();
    await fleet.startAgent("alpha");
    await fleet.call("SetDesired", { state: "DESIRED_STATE_UP", isForced: true, reason: "test" });
    await runLong();
    fillDisk();
    latchDown();
    await fleet.until("its work has ended", () => !isRunning());
    await fleet.kill("alpha");
    rmSync(ballast());
    await fleet.startAgent("alpha");
    const { nodes } = await fleet.call("ListNodes", {});
    expect(nodes).toMatchObject([{ node: "alpha", isLatchedDown: true }]);
  });
});

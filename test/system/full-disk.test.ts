/** A real full disk under a real hub (a small tmpfs; needs root to mount it). */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Fleet } from "../helpers/fleet.ts";

let disk = "";
let fleet: Fleet;
beforeEach(() => {
  disk = mkdtempSync(join(tmpdir(), "spiral-disk-"));
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=6m,mode=700", "tmpfs", disk]);
  fleet = new Fleet(0.1, join(disk, "root"));
});
afterEach(async () => {
  await fleet.stop();
  execFileSync("umount", ["-l", disk]);
  rmSync(disk, { recursive: true });
});

function submit(key: string): Promise<unknown> {
  return fleet.call("Submit", {
    key,
    producer: "test",
    runner: "sleep",
    paramsJson: JSON.stringify({ seconds: 1, note: "x".repeat(8_000) }),
    priority: "PRIORITY_BATCH",
    lane: "LANE_CPU",
    subsystem: "rendering",
    onHubLoss: "ON_HUB_LOSS_STOP",
  });
}

describe("a full disk", () => {
  it("refuses new work, answers status and down at once, and goes on when there is space", async () => {
    await fleet.startHub();
    await submit("before");
    const ballast = join(disk, "ballast");
    try {
      writeFileSync(ballast, Buffer.alloc(6 * 1024 * 1024));
    } catch {
      // The disk is full now: that was the point.
    }
    let refused = 0;
    for (let i = 0; i < 400 && refused === 0; i++) {
      const outcome = await Promise.race([
        submit(`full-${i}`).then(
          () => "taken",
          (error: Error) => error.message,
        ),
        new Promise<string>((resolve) => setTimeout(() => resolve("held"), 1_500)),
      ]);
      if (outcome !== "taken") refused++;
    }
    await expect(submit("refused")).rejects.toThrow(/free space/);
    const status = await fleet.call("GetStatus", {});
    expect(status.warnings.join()).toContain("full");
    await fleet.call("SetDesired", { state: "DESIRED_STATE_DOWN", reason: "disk" });
    rmSync(ballast);
    await fleet.until("new work is taken again", () => submit("after"));
    const { jobs } = await fleet.call("ListJobs", {});
    expect(jobs.length).toBeGreaterThanOrEqual(2);
    expect(fleet.process("hub").exitCode).toBeNull();
  });
});

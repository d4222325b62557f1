/** An older copy of the root put back under running agents: real processes, real signals. */
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Fleet } from "../helpers/fleet.ts";

let fleet: Fleet;
let copies = "";
beforeEach(() => {
  copies = mkdtempSync(join(tmpdir(), "spiral-copy-"));
});
afterEach(async () => {
  await fleet.stop();
  rmSync(copies, { recursive: true });
});

/** What a person would copy: everything of the hub, and the logs that are made from its journal. */
const COPIED = ["hub", "renders", "spiral.jsonl", "insights.jsonl", "convergence.jsonl"];

function copyRoot(from: string, to: string): void {
  for (const name of COPIED) {
    rmSync(join(to, name), { recursive: true, force: true });
    cpSync(join(from, name), join(to, name), { recursive: true });
  }
}

async function finished(jobId: string): Promise<boolean> {
  return (await fleet.call("GetJob", { jobId })).state === "succeeded";
}

/** Every token and job id that a journal has given, read from the log that is made from it. */
function given(): { tokens: number[]; jobs: string[] } {
  const of = (kind: string) => fleet.events().filter((event) => event.kind === kind);
  return {
    tokens: of("job.leased").map((event) => Number(event["token"])),
    jobs: of("job.submitted").map((event) => String(event["jobId"])),
  };
}

describe("an older copy of the root", () => {
  it("reuses no number, is SAFE until a person accepts it, and then goes on", async () => {
    fleet = new Fleet(0.1);
    await fleet.startHub();
    await Promise.all(["alpha", "beta"].map((node) => fleet.startAgent(node)));
    await fleet.call("SetDesired", { state: "DESIRED_STATE_UP", isForced: true, reason: "test" });
    const early = await fleet.submitSleep("early", 0.2);
    await fleet.until("the early job is done", () => finished(early));
    await fleet.kill("hub");
    copyRoot(fleet.root, copies);
    const old = given();

    await fleet.startHub();
    const late = await Promise.all([1, 2, 3, 4].map((n) => fleet.submitSleep(`late-${n}`, 0.2)));
    for (const jobId of late) await fleet.until(`${jobId} is done`, () => finished(jobId));
    const held = await fleet.submitSleep("held", 300, {
      onHubLoss: "ON_HUB_LOSS_FINISH",
      maxRuntimeMs: 300_000,
    });
    await fleet.until(
      "a job runs",
      async () => (await fleet.call("GetJob", { jobId: held })).state === "running",
    );
    await new Promise((resolve) => setTimeout(resolve, 2 * fleet.timing.heartbeatMs));
    await fleet.kill("hub");
    const forgotten = given();
    copyRoot(copies, fleet.root);

    await fleet.startHub();
    const anew = await fleet.submitSleep("anew", 0.2);
    await fleet.until("it is SAFE", async () => {
      const { warnings } = await fleet.call("GetStatus", {});
      return warnings.some((text) => text.startsWith("SAFE:") && text.includes("--accept-rollback"));
    });
    expect((await fleet.call("Why", { kind: "job", name: anew })).rule).toBe("safe");
    expect(fleet.output("hub")).toContain("rollback.suspected");
    const up = { state: "DESIRED_STATE_UP", reason: "test" } as const;
    await expect(fleet.call("SetDesired", { ...up, isForced: true })).rejects.toThrow(/older copy/);
    await fleet.until("both are attached", async () => {
      const { nodes } = await fleet.call("ListNodes", {});
      return nodes.filter(({ state }) => state === "ready").length === 2;
    });
    await fleet.until("what was held goes on", async () => {
      const { nodes } = await fleet.call("ListNodes", {});
      return nodes.reduce((sum, { running }) => sum + running, 0) === 1;
    });

    await fleet.call("SetDesired", { ...up, isRollbackAccepted: true, reason: "the disk is gone" });
    await fleet.until("the new job is done", () => finished(anew));
    const now = given();
    const newTokens = now.tokens.slice(old.tokens.length);
    const newJobs = now.jobs.slice(old.jobs.length);
    expect(newTokens.length).toBeGreaterThan(0);
    expect(newTokens.filter((token) => forgotten.tokens.includes(token))).toEqual([]);
    expect(newJobs.filter((jobId) => forgotten.jobs.includes(jobId))).toEqual([]);
    expect(Math.min(...newTokens)).toBeGreaterThan(Math.max(...forgotten.tokens));
    const kinds = fleet.events().map(({ kind }) => kind);
    expect(kinds).toEqual(
      expect.arrayContaining(["rollback.suspected", "rollback.accepted", "rollback.settled"]),
    );
    const granted = fleet
      .events()
      .filter(({ kind }) => kind === "job.leased" || kind.startsWith("rollback."));
    expect(granted.at(-1)?.kind).toBe("job.leased");
  });
});

/** `spiral doctor` as a person runs it: on an empty root, beside a running fleet, and on a box in trouble. */
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  end,
  type Ran,
  type Running,
  removeRoot,
  scratchRoot,
  spiral,
  start,
  startAgent,
  startHub,
} from "../helpers/cli-rig.ts";

let parent = "";
let root = "";
const running: Running[] = [];
beforeEach(async () => {
  parent = await scratchRoot();
  root = join(parent, "root");
});
afterEach(async () => {
  for (const each of running.splice(0).reverse()) await end(each);
  await removeRoot(parent);
});

interface Shown {
  readonly id: string;
  readonly severity: string;
  readonly title: string;
}

function findingsOf({ stdout }: Ran): readonly Shown[] {
  return JSON.parse(stdout).findings;
}

function severityOf(ran: Ran, id: string): string | undefined {
  return findingsOf(ran).find((finding) => finding.id === id)?.severity;
}

describe("spiral doctor", () => {
  it("looks at a box that has nothing yet, and leaves nothing there", async () => {
    const ran = await spiral(["doctor", "--root", root, "--json"]);
    expect([0, 1]).toContain(ran.code);
    expect(ran.stderr).toBe("");
    expect(severityOf(ran, "disk.root")).toBe("note");
    expect(severityOf(ran, "node.none")).toBe("note");
    expect(existsSync(root)).toBe(false);
  });

  it("finds a running fleet well", async () => {
    mkdirSync(root, { mode: 0o700 });
    running.push(await startHub(root));
    running.push(await startAgent(root, "alpha"));
    const ran = await spiral(["doctor", "--root", root, "--json"]);
    const ids = ["node.agent", "node.config", "node.document", "network.hub", "disk.root", "disk.secrets"];
    expect(ids.map((id) => [id, severityOf(ran, id)])).toEqual(ids.map((id) => [id, "ok"]));
    expect([0, 1]).toContain(ran.code);
    expect(findingsOf(ran).find(({ id }) => id === "node.gpu")).toMatchObject({
      severity: "note",
      title: expect.stringMatching(/^alpha: the agent governs .* simulated/),
    });
    const secret = readFileSync(join(root, "agents/alpha/secret"), "utf8").trim();
    expect(ran.stdout).not.toContain(secret);
  });

  it("names what is wrong, saves the report for its owner alone and exits with 3", async () => {
    mkdirSync(join(root, "agents/alpha"), { recursive: true });
    chmodSync(root, 0o777);
    writeFileSync(join(root, "agents/alpha/secret"), "f00d".repeat(16), { mode: 0o644 });
    writeFileSync(join(root, "agents/alpha/node.json"), '{"gates":{"policy":"none"}}');
    const report = join(parent, "report.md");
    const ran = await spiral(["doctor", "--root", root, "--report", report]);
    expect(ran.code).toBe(3);
    expect(ran.stdout).toContain(`→ chmod 0700 ${root}`);
    expect(ran.stdout).toMatch(/✗ alpha: node.json is refused: .*\n\s+.*gates.policy/);
    const saved = readFileSync(report, "utf8");
    expect(saved).toContain("(`disk.secrets`)");
    expect(`${saved}${ran.stdout}`).not.toContain("f00df00d");
    expect(statSync(report).mode & 0o777).toBe(0o600);
  });

  it("waits for no driver that hangs", async () => {
    mkdirSync(root, { mode: 0o700 });
    const smi = join(parent, "nvidia-smi");
    // It hangs for as long as it is there itself: the test ends it by taking it away.
    const hangs = '#!/bin/sh\ntrap "" TERM\nwhile [ -f "$0" ]; do sleep 0.1; done\n';
    writeFileSync(smi, hangs, { mode: 0o755 });
    const doctor = await start("agent", ["doctor", "--root", root, "--json"], { SPIRAL_NVIDIA_SMI: smi });
    const ran = await doctor.ended;
    expect(ran.code).toBe(3);
    expect(severityOf(ran, "gpu.driver")).toBe("fail");
  });

  it("refuses an address that cannot be", async () => {
    expect(await spiral(["doctor", "--root", root, "--hub", "nowhere"])).toMatchObject({ code: 2 });
  });
});

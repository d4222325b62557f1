/** A short run of the whole chaos tool: it torments a real fleet, finds nothing broken and leaves nothing behind. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { packageRoot } from "../../shared/package-root.ts";
import { jobProcesses } from "../chaos/processes.ts";

let out: string;
beforeEach(() => {
  out = mkdtempSync(join(tmpdir(), "chaos-test-"));
});
afterEach(() => rmSync(out, { recursive: true }));

interface Ended {
  readonly code: number | null;
  readonly said: string;
  /** Where the run had its root and logs. */
  readonly place: string;
}

async function chaos(args: readonly string[], interruptAfter: RegExp | null = null): Promise<Ended> {
  const argv = [join(packageRoot(), "test/chaos/main.mjs"), "--out", out, ...args];
  const child = spawn(process.execPath, argv, { stdio: ["ignore", "pipe", "inherit"] });
  let said = "";
  child.stdout.on("data", (chunk) => {
    said += chunk;
    if (interruptAfter?.test(said) === true) child.kill("SIGINT");
  });
  const [code] = await once(child, "close");
  return { code, said, place: /everything is in (\S+)/.exec(said)?.[1] ?? "" };
}

function expectNothingLeft({ place }: Ended): void {
  expect(place).not.toBe("");
  expect(existsSync(place)).toBe(false);
  expect(jobProcesses(join(place, "root"))).toEqual([]);
  expect(readFileSync("/proc/mounts", "utf8")).not.toContain(place);
}

describe("chaos", () => {
  it("finds every promise kept in a short run, says what it did, and leaves nothing behind", async () => {
    const ended = await chaos(["--minutes", "0.4", "--agents", "4", "--jobs", "200", "--seed", "3"]);
    expect(ended.said).toContain("lost 0, duplicated 0, doubly published 0");
    expect(ended.code).toBe(0);
    const { summary, violations } = JSON.parse(readFileSync(join(out, "chaos-report.json"), "utf8"));
    expect(violations).toEqual([]);
    expect(summary).toMatchObject({ jobs: 200, acknowledged: 200 });
    expect(summary.faults).toBeGreaterThanOrEqual(4);
    expect(readFileSync(join(out, "chaos-report.md"), "utf8")).toContain("# Chaos: every promise was kept");
    expectNothingLeft(ended);
  });

  it("ends everything when it is interrupted", async () => {
    const ended = await chaos(["--minutes", "5", "--agents", "2"], /fault 1:/);
    expect(ended.code).toBe(130);
    expectNothingLeft(ended);
  });
});

import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { systemProcesses } from "../../process/proc.ts";
import { lookAtNode, type NodeLook } from "./node.ts";

const NOW = { bootId: "boot", bootMs: 1_000 };
let root = "";
let directory = "";
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "doctor-node-"));
  directory = join(root, "agents/alpha");
  mkdirSync(directory, { recursive: true });
});
afterEach(() => rmSync(root, { recursive: true }));

function lookAtAlpha(environment: Readonly<Record<string, string>> = {}): Promise<NodeLook> {
  return lookAtNode({ root, node: "alpha", directory }, environment, NOW);
}

describe("lookAtNode", () => {
  it("finds a node without files well, and makes none", async () => {
    const { facts, document, clientPids, agentCards } = await lookAtAlpha();
    expect(facts).toMatchObject({ problems: [], agent: { kind: "none" }, latch: null });
    expect(document).toMatchObject({ kind: "valid", isPresent: false });
    expect([clientPids, agentCards]).toEqual([null, null]);
    expect(existsSync(join(directory, "runners"))).toBe(false);
  });

  it("names what is wrong in settings, runners and document", async () => {
    mkdirSync(join(directory, "runners"));
    writeFileSync(join(directory, "runners/x.json"), '{"name":"x"}');
    writeFileSync(join(directory, "node.json"), '{"governance":{"maxLayer":9}}');
    const { facts, document } = await lookAtAlpha({ SPIRAL_GPU_SLOTS: "many" });
    expect(facts.problems).toEqual([expect.stringContaining("gpuSlots"), expect.stringContaining("x.json")]);
    expect(document).toMatchObject({
      kind: "refused",
      problem: expect.stringContaining("governance.maxLayer"),
    });
  });

  it("repeats nothing of a file that is no JSON, because parsers quote it", async () => {
    const text = '{"consumers":[{"evict":{"headers":{"authorization": s3cret}}}]}';
    writeFileSync(join(directory, "node.json"), text);
    writeFileSync(join(directory, "agent.json"), "s3cret");
    const { facts, document } = await lookAtAlpha();
    expect(document).toMatchObject({
      kind: "refused",
      problem: expect.stringContaining("node.json:1:53: invalid symbol"),
    });
    expect(facts.problems).toHaveLength(1);
    expect(JSON.stringify([facts, document])).not.toContain("s3cret");
  });

  it("tells an agent that died from one that runs and does not answer", async () => {
    const own = systemProcesses.stat(process.pid);
    writeFileSync(join(directory, "agent.lock"), `${process.pid} ${own?.startTicks}\n`);
    expect((await lookAtAlpha()).facts.agent).toMatchObject({ kind: "mute", pid: process.pid });
    writeFileSync(join(directory, "agent.lock"), `${process.pid} 1\n`);
    expect((await lookAtAlpha()).facts.agent).toEqual({ kind: "dead", pid: process.pid });
  });
});

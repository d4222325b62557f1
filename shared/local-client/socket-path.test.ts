import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { findAgentSocket } from "./socket-path.ts";

let root = "";
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "root-"));
});
afterEach(() => rmSync(root, { recursive: true }));

function addAgent(node: string): string {
  const path = join(root, "agents", node, "agent.sock");
  mkdirSync(join(root, "agents", node), { recursive: true });
  writeFileSync(path, "");
  return path;
}

describe("findAgentSocket", () => {
  it("takes the one that was named, whatever is there", () => {
    addAgent("alpha");
    expect(findAgentSocket("/run/agent.sock", root)).toBe("/run/agent.sock");
  });

  it("finds the only agent below the root", () => {
    mkdirSync(join(root, "agents", "beta"), { recursive: true });
    const path = addAgent("alpha");
    expect(findAgentSocket(undefined, root)).toBe(path);
    expect(findAgentSocket("", root)).toBe(path);
  });

  it("says what to do when there is none, or more than one", () => {
    expect(() => findAgentSocket(undefined, root)).toThrow(/start spiral-agent/);
    addAgent("alpha");
    addAgent("beta");
    expect(() => findAgentSocket(undefined, root)).toThrow(/SPIRAL_AGENT_SOCKET to one of .*alpha.*beta/);
  });
});

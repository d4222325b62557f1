import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { listNodes, lookAtDisk } from "./disk.ts";

const SECRET = "ab".repeat(32);
let parent = "";
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), "doctor-disk-"));
});
afterEach(() => rmSync(parent, { recursive: true }));

function write(path: string, text: string, mode: number): void {
  mkdirSync(join(parent, path, ".."), { recursive: true });
  writeFileSync(join(parent, path), text);
  chmodSync(join(parent, path), mode);
}

describe("lookAtDisk", () => {
  it("takes the space of the nearest directory that exists", async () => {
    const facts = await lookAtDisk(join(parent, "a/b"), []);
    expect(facts).toMatchObject({
      directory: { kind: "seen", value: null },
      space: { kind: "seen", value: { path: parent } },
    });
  });

  it("reads the modes of secrets, judges their form, and keeps their content to itself", async () => {
    write("hub/secrets/operator", `${SECRET}\n`, 0o600);
    write("hub/secrets/viewer", "half", 0o644);
    write("agents/alpha/secret", `${SECRET}\n`, 0o600);
    const facts = await lookAtDisk(parent, ["alpha", "beta"]);
    expect(facts.secrets).toEqual([
      { path: join(parent, "hub/secrets/operator"), mode: 0o600, isWellFormed: true },
      { path: join(parent, "hub/secrets/viewer"), mode: 0o644, isWellFormed: false },
      { path: join(parent, "agents/alpha/secret"), mode: 0o600, isWellFormed: true },
    ]);
    expect(JSON.stringify(facts)).not.toContain(SECRET);
  });
});

describe("listNodes", () => {
  it("names the directories below agents, and none where there is no root", async () => {
    write("agents/beta/x", "", 0o600);
    write("agents/alpha/x", "", 0o600);
    write("agents/notes.txt", "", 0o600);
    expect(await listNodes(parent)).toEqual(["alpha", "beta"]);
    expect(await listNodes(join(parent, "missing"))).toEqual([]);
  });
});

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { checkJournalKind, claimRoot, rootProblem } from "./root-marker.ts";

let root = "";
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "root-marker-"));
});
afterEach(() => rmSync(root, { recursive: true }));

describe("the marker of an artifact root", () => {
  it("is made once and kept", async () => {
    const id = await claimRoot(root);
    await expect(claimRoot(root)).resolves.toBe(id);
    expect(rootProblem(root, id)).toBeNull();
  });

  it("lets any root lead a journal that has none yet", () => {
    expect(rootProblem(root, null)).toBeNull();
  });

  it("keeps a root out that was not mounted, and one of another journal", async () => {
    expect(rootProblem(root, "an id")).toMatch(/journal\.id is missing; mount the shared root/);
    await claimRoot(root);
    expect(rootProblem(root, "an id")).toMatch(/belongs to another journal/);
  });

  it("tells a root with an embedded journal from one whose journal is in PostgreSQL", async () => {
    const address = "postgres://db/spiral";
    checkJournalKind(root, null);
    checkJournalKind(root, address);
    mkdirSync(join(root, "hub"));
    writeFileSync(join(root, "hub/journal.db"), "");
    expect(() => checkJournalKind(root, address)).toThrow(/a journal is not moved/);
    await claimRoot(root);
    expect(() => checkJournalKind(root, null)).toThrow(/is in PostgreSQL .*: name it with --journal/);
  });
});

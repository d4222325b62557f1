import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startHub } from "./settings.ts";

let root = "";
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "settings-"));
  mkdirSync(join(root, "hub"));
});
afterEach(() => rmSync(root, { recursive: true }));

describe("startHub", () => {
  it("tells how to start the one hub of a root", () => {
    expect(startHub(root)).toContain(`spiral hub serve --root ${root}\``);
  });

  it("says of a root that several hubs share that another one takes over", () => {
    writeFileSync(join(root, "hub", "journal.id"), "x");
    expect(startHub(root)).toMatch(/another takes over within 10 s; .* --journal postgres:/);
  });
});

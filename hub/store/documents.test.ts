import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CONTROL } from "../../test/helpers/hub-world.ts";
import { openDocuments } from "./documents.ts";

let root = "";
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "documents-"));
});
afterEach(() => rmSync(root, { recursive: true }));

const GOOD = JSON.stringify(CONTROL, null, 2);

async function open() {
  const seen: unknown[] = [];
  const problems = new Map<string, string | null>();
  const documents = await openDocuments(root, {
    onControl: (document) => seen.push(document),
    onCalibration: (document) => seen.push(document),
    onProblem: (file, problem) => problems.set(file, problem),
  });
  return { documents, seen, problems };
}

describe("control.json", () => {
  it("is optional, and read when it appears", async () => {
    const { documents, seen } = await open();
    expect(seen).toEqual([]);
    writeFileSync(join(root, "control.json"), GOOD);
    await documents.look();
    expect(seen).toMatchObject([CONTROL]);
    await documents.look();
    expect(seen).toHaveLength(1);
  });

  it.each([
    ["a word that is none", GOOD.replace('"seed": 7', '"seed": oops'), /control\.json:3:\d+: invalid symbol/],
    ["a missing comma", GOOD.replace('"seed": 7,', '"seed": 7'), /control\.json:4:\d+: comma expected/],
    ["a trailing comma", `{\n"prompt": "x",\n}`, /control\.json:3:1: property name expected/],
    ["an unfinished file", GOOD.slice(0, 200), /control\.json:\d+:\d+: /],
    ["an empty file", "", /control\.json:1:\d+: /],
    ["a field of the wrong kind", GOOD.replace('"seed": 7', '"seed": "x"'), /control\.json:3: seed: /],
    [
      "a subsystem that no agent would take",
      GOOD.replace('"subsystem": "rendering"', '"subsystem": "Rendering"'),
      /subsystem: must be a name/,
    ],
    ["more frames than outputs", GOOD.replace(/"frames": \d+/, '"frames": 501'), /frames/],
    ["an unknown field", GOOD.replace('"seed": 7', '"seeds": 7'), /control\.json:\d+: .*seeds/],
    [
      "a bound that is broken",
      GOOD.replace('"watermark": 4', '"watermark": 0'),
      /control\.json:4: watermark/,
    ],
  ])("refuses %s, naming the place", async (_what, text, message) => {
    writeFileSync(join(root, "control.json"), text);
    await expect(open()).rejects.toThrow(message);
  });

  it("reads a file with a byte order mark", async () => {
    writeFileSync(join(root, "control.json"), `\ufeff${GOOD}`);
    expect((await open()).seen).toMatchObject([CONTROL]);
  });

  it("keeps the last good document in force under a bad edit, and says when it is mended", async () => {
    writeFileSync(join(root, "control.json"), GOOD);
    const { documents, seen, problems } = await open();
    writeFileSync(join(root, "control.json"), "{");
    await documents.look();
    expect(problems.get("control.json")).toMatch(/control\.json:1:/);
    writeFileSync(join(root, "control.json"), GOOD.replace("gold on black", "ember"));
    await documents.look();
    expect(problems.get("control.json")).toBeNull();
    expect(seen.at(-1)).toMatchObject({ prompt: "ember" });
  });
});

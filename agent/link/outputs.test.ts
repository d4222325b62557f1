import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { manifestText, parseManifest } from "../../shared/model/manifest.ts";
import { hashOutputs } from "./outputs.ts";

const fresh = (): string => mkdtempSync(join(tmpdir(), "outputs-"));

describe("hashOutputs", () => {
  it("lists every file in the order of a manifest that the hub accepts", async () => {
    const directory = fresh();
    mkdirSync(join(directory, "frames"));
    for (const path of ["z.json", "frames/1", "frames/0", "A"]) writeFileSync(join(directory, path), path);
    const files = await hashOutputs(directory);
    expect(files.map(({ path }) => path)).toEqual(["A", "frames/0", "frames/1", "z.json"]);
    expect(files[0]).toMatchObject({
      bytes: 1,
      sha256: "559aead08264d5795d3909718cdd05abd49572e84fe55590eef31a88a08fdffd",
    });
    expect(parseManifest(manifestText(files)).kind).toBe("ok");
  });

  it("finds nothing in an empty directory", async () => {
    expect(await hashOutputs(fresh())).toEqual([]);
  });

  it("refuses a link, a name that may not be published and more files than a job may have", async () => {
    const linked = fresh();
    symlinkSync("/etc/passwd", join(linked, "x"));
    await expect(hashOutputs(linked)).rejects.toMatchObject({ code: "invalid" });
    const named = fresh();
    writeFileSync(join(named, "a\nb"), "");
    await expect(hashOutputs(named)).rejects.toThrow("control character");
    const many = fresh();
    for (let i = 0; i <= 512; i++) writeFileSync(join(many, String(i)), "");
    await expect(hashOutputs(many)).rejects.toThrow("more than 512 files");
  });
});

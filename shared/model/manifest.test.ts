import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { OutputFile } from "./job.ts";
import {
  MANIFEST_LIMITS,
  manifestProblem,
  manifestText,
  outputProblem,
  parseManifest,
  pathProblem,
} from "./manifest.ts";

const SHA = "ab".repeat(32);
const file = (path: string, extra: Partial<OutputFile> = {}): OutputFile => ({
  path,
  sha256: SHA,
  bytes: 1,
  ...extra,
});

describe("pathProblem", () => {
  it.each(["render.webm", "frames/0001.webp", "a b/ü.json", "..x", "x..", ".hidden", "a".repeat(200)])(
    "accepts %j",
    (path) => expect(pathProblem(path)).toBeNull(),
  );
  it.each([
    ["", "empty segment"],
    ["/etc/passwd", "absolute"],
    ["..", '".."'],
    ["../x", '".."'],
    ["a/../../x", '".."'],
    ["./a", '"."'],
    ["a//b", "empty segment"],
    ["a/", "empty segment"],
    ["a\\b", "backslash"],
    ["a\u0000b", "control"],
    ["a\nb", "control"],
    ["ü".repeat(101), "longer than 200 bytes"],
  ])("refuses %j", (path, reason) => expect(pathProblem(path)).toContain(reason));
});

describe("outputProblem", () => {
  it.each([
    [file("manifest.json"), "own name"],
    [file("a", { sha256: SHA.toUpperCase() }), "lower-case hex"],
    [file("a", { bytes: -1 }), "whole number"],
    [file("a", { bytes: 1.5 }), "whole number"],
    [file("a", { bytes: MANIFEST_LIMITS.totalBytes + 1 }), "larger"],
  ])("refuses %j", (output, reason) => expect(outputProblem(output)).toContain(reason));
  it("accepts an empty file and a manifest of the job's own below a directory", () => {
    expect(outputProblem(file("sub/manifest.json", { bytes: 0 }))).toBeNull();
  });
});

describe("manifestProblem", () => {
  const many = (count: number): OutputFile[] => Array.from({ length: count }, (_, i) => file(`f${i}`));
  it("accepts as many files as a job may have and not one more", () => {
    expect(manifestProblem(many(MANIFEST_LIMITS.files))).toBeNull();
    expect(manifestProblem(many(MANIFEST_LIMITS.files + 1))).toContain("more than 512 files");
  });
  it("refuses none, doubles and too many bytes together", () => {
    expect(manifestProblem([])).toContain("at least one");
    expect(manifestProblem([file("a"), file("a")])).toContain("twice");
    const half = MANIFEST_LIMITS.totalBytes / 2;
    expect(manifestProblem([file("a", { bytes: half }), file("b", { bytes: half })])).toBeNull();
    expect(manifestProblem([file("a", { bytes: half }), file("b", { bytes: half + 1 })])).toContain("larger");
  });
  it("refuses a text that would not fit one message", () => {
    const quoted = many(512).map((_, i) => file(`${'"'.repeat(190)}${i}`));
    expect(manifestProblem(quoted)).toContain("manifest is longer");
  });
});

describe("parseManifest", () => {
  it("reads what manifestText wrote, whatever the order", () => {
    const path = fc.stringMatching(/^[a-z]{1,8}(\/[a-z]{1,8}){0,2}$/);
    const files = fc.uniqueArray(fc.record({ path, sha256: fc.constant(SHA), bytes: fc.nat() }), {
      selector: (output) => output.path,
      minLength: 1,
      maxLength: 20,
    });
    fc.assert(
      fc.property(files, (list) => {
        const text = manifestText(list);
        expect(manifestText([...list].reverse())).toBe(text);
        const parsed = parseManifest(text);
        expect(parsed.kind === "ok" && manifestText(parsed.files)).toBe(text);
      }),
    );
  });
  it.each([
    ["not json", "is not {files"],
    ["[]", "is not {files"],
    ['{"files":[{"path":"a","sha256":1,"bytes":1}]}', "is not {files"],
    [manifestText([file("../x")]), '".."'],
    [`${manifestText([file("a")])}\n`, "canonical"],
    [manifestText([file("a")]).replace("{", '{"extra":1,'), "canonical"],
    [`{"files":${JSON.stringify([file("b"), file("a")])}}`, "canonical"],
    ["x".repeat(MANIFEST_LIMITS.textBytes + 1), "longer than"],
  ])("refuses %.60j", (text, reason) => {
    const parsed = parseManifest(text);
    expect(parsed.kind === "refused" && parsed.reason).toContain(reason);
  });
});

import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openPart } from "./part-file.ts";

const bytes = Buffer.from("a spiral that has converged");
const expected = { bytes: bytes.length, sha256: createHash("sha256").update(bytes).digest("hex") };
const freshPath = (): string => join(mkdtempSync(join(tmpdir(), "part-")), "x.part");

describe("openPart", () => {
  it("goes on where an earlier transfer was cut", async () => {
    const path = freshPath();
    const first = await openPart(path, expected);
    await first.append(bytes.subarray(0, 10));
    await first.close();
    const second = await openPart(path, expected);
    expect(second.offset).toBe(10);
    await second.append(bytes.subarray(10));
    expect(await second.finish()).toBe(true);
    expect(readFileSync(path)).toEqual(bytes);
  });

  it("drops a part whose content is not what was announced", async () => {
    const path = freshPath();
    const part = await openPart(path, expected);
    await part.append(Buffer.alloc(bytes.length));
    expect(await part.finish()).toBe(false);
    expect(existsSync(path)).toBe(false);
  });

  it("does not take a short file for a whole one", async () => {
    const part = await openPart(freshPath(), expected);
    await part.append(bytes.subarray(1));
    expect(await part.finish()).toBe(false);
  });

  it("refuses more bytes than announced", async () => {
    const part = await openPart(freshPath(), expected);
    await expect(part.append(Buffer.alloc(bytes.length + 1))).rejects.toThrow("more than the announced 27");
    await part.close();
  });

  it("starts anew when the leftover is longer than the file can be", async () => {
    const path = freshPath();
    writeFileSync(path, "x".repeat(100));
    const part = await openPart(path, expected);
    expect(part.offset).toBe(0);
    await part.close();
    expect(readFileSync(path)).toHaveLength(0);
  });

  it("follows no link", async () => {
    const path = freshPath();
    const victim = `${path}.victim`;
    writeFileSync(victim, "precious");
    symlinkSync(victim, path);
    await expect(openPart(path, expected)).rejects.toThrow("ELOOP");
    expect(readFileSync(victim, "utf8")).toBe("precious");
  });
});

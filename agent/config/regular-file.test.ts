import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { readRegularFile } from "./regular-file.ts";

const directory = mkdtempSync(join(tmpdir(), "regular-"));
afterAll(() => rmSync(directory, { recursive: true }));

describe("readRegularFile", () => {
  it("reads a file", () => {
    writeFileSync(join(directory, "node.json"), "{}");
    expect(readRegularFile(join(directory, "node.json"))).toBe("{}");
  });

  it("refuses a pipe that nobody writes to, and a directory, instead of waiting", () => {
    const pipe = join(directory, "pipe.json");
    execFileSync("mkfifo", [pipe]);
    expect(() => readRegularFile(pipe)).toThrow("pipe.json is no regular file");
    expect(() => readRegularFile(directory)).toThrow("is no regular file");
  });

  it("says what is not there as the system does", () => {
    expect(() => readRegularFile(join(directory, "absent"))).toThrow(
      expect.objectContaining({ code: "ENOENT" }),
    );
  });
});

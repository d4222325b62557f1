import { existsSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { describeError } from "./errors.ts";
import { ensureFolder, fileProblem } from "./file-problem.ts";

describe("fileProblem", () => {
  it("sends who may not read a file to its owner", () => {
    const error = Object.assign(new Error("EACCES: permission denied, open '/r/x'"), { code: "EACCES" });
    const problem = fileProblem("/r/x", error);
    expect(problem.code).toBe("permissionDenied");
    expect(describeError(problem)).toBe("cannot read /r/x: permission denied; run as the root's owner");
  });

  it("tells any other reason once", () => {
    const error = Object.assign(new Error("EISDIR: illegal operation"), { code: "EISDIR" });
    const problem = fileProblem("/r/x", error);
    expect(problem.code).toBe("config");
    expect(describeError(problem)).toBe("cannot read /r/x: EISDIR: illegal operation");
  });
});

describe("ensureFolder", () => {
  let scratch: string;
  beforeEach(() => {
    scratch = mkdtempSync(join(tmpdir(), "spiral-folder-"));
  });
  afterEach(() => rmSync(scratch, { recursive: true }));

  it("makes those above as well, for their owner alone, and may be asked again", () => {
    const path = join(scratch, "a/b/c");
    ensureFolder(path);
    ensureFolder(path);
    expect(existsSync(path)).toBe(true);
    expect(statSync(join(scratch, "a")).mode & 0o777).toBe(0o700);
  });

  it("gives up where no folder can be made", () => {
    expect(() => ensureFolder("/proc/no-such-root/hub")).toThrow(
      "cannot make /proc/no-such-root/hub: ENOENT",
    );
  });
});

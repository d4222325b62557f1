import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { packageRoot } from "../../shared/package-root.ts";

const root = packageRoot();
const scratch = mkdtempSync(join(tmpdir(), "proto-gen-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** Path to content of every file below a directory. */
function readTree(directory: string): ReadonlyMap<string, string> {
  if (!existsSync(directory)) return new Map();
  const files = readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((item) => item.isFile())
    .map((item) => join(item.parentPath, item.name))
    .sort();
  return new Map(files.map((path) => [relative(directory, path), readFileSync(path, "utf8")]));
}

describe("proto/gen", () => {
  it("is what npm run proto:gen makes of the proto files", () => {
    const protos = readdirSync(join(root, "proto/fleet/v1")).filter((name) => name.endsWith(".proto"));
    const fresh = join(scratch, "gen");
    if (protos.length > 0) execFileSync(process.execPath, [join(root, "bin/proto-gen.mjs"), fresh]);
    expect(readTree(fresh).size).toBeGreaterThanOrEqual(protos.length);
    expect(readTree(join(root, "proto/gen"))).toEqual(readTree(fresh));
  });
});

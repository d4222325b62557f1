import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { hashFile, listTree, makeDirectories } from "./file-tree.ts";

const fresh = (): string => mkdtempSync(join(tmpdir(), "tree-"));

describe("listTree", () => {
  it("lists files of every depth with their sizes, and the directories above them", async () => {
    const root = fresh();
    mkdirSync(join(root, "frames/deep"), { recursive: true });
    writeFileSync(join(root, "a.json"), "1");
    writeFileSync(join(root, "frames/deep/b"), "");
    const tree = await listTree(root, 10);
    expect([...tree.files].sort((a, b) => a.path.localeCompare(b.path))).toEqual([
      { path: "a.json", bytes: 1 },
      { path: "frames/deep/b", bytes: 0 },
    ]);
    expect(tree.directories).toEqual([root, join(root, "frames"), join(root, "frames/deep")]);
  });

  it("refuses a link, a pipe and a root that is a link", async () => {
    const linked = fresh();
    symlinkSync("/etc/passwd", join(linked, "x"));
    await expect(listTree(linked, 10)).rejects.toThrow('"x" is neither a file nor a directory');
    const piped = fresh();
    execFileSync("mkfifo", [join(piped, "p")]);
    await expect(listTree(piped, 10)).rejects.toThrow('"p" is neither');
    const root = join(fresh(), "root");
    symlinkSync(linked, root);
    await expect(listTree(root, 10)).rejects.toThrow("is not a directory");
  });

  it("stops counting at the bound", async () => {
    const root = fresh();
    for (let i = 0; i < 4; i++) writeFileSync(join(root, String(i)), "");
    expect((await listTree(root, 4)).files).toHaveLength(4);
    await expect(listTree(root, 3)).rejects.toThrow("more than 3 files");
  });
});

describe("makeDirectories", () => {
  it("makes each level and is content with those that are there", async () => {
    const root = fresh();
    await makeDirectories(root, "a/b");
    await makeDirectories(root, "a/b/c");
    expect((await listTree(root, 10)).directories).toHaveLength(4);
  });

  it("follows no link and replaces no file", async () => {
    const root = fresh();
    const outside = fresh();
    symlinkSync(outside, join(root, "out"));
    writeFileSync(join(root, "file"), "");
    await expect(makeDirectories(root, "out/x")).rejects.toThrow('"out" is not a directory');
    await expect(makeDirectories(root, "file/x")).rejects.toThrow('"file" is not a directory');
    expect((await listTree(outside, 10)).directories).toEqual([outside]);
  });
});

describe("hashFile", () => {
  it("gives size and SHA-256, and follows no link", async () => {
    const root = fresh();
    writeFileSync(join(root, "abc"), "abc");
    expect(await hashFile(join(root, "abc"))).toEqual({
      bytes: 3,
      sha256: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    });
    symlinkSync(join(root, "abc"), join(root, "link"));
    await expect(hashFile(join(root, "link"))).rejects.toThrow("ELOOP");
  });
});

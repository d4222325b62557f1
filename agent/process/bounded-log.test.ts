import { readdir, readFile, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readLog, removeDirectory, scratchDirectory } from "../../test/helpers/supervisor-rig.ts";
import { createBoundedLog } from "./bounded-log.ts";

let directory = "";
beforeEach(async () => {
  directory = await scratchDirectory();
});
afterEach(() => removeDirectory(directory));

async function writeAll(limitBytes: number, chunks: readonly string[]): Promise<void> {
  const log = createBoundedLog(directory, limitBytes);
  for (const chunk of chunks) await log.append(Buffer.from(chunk));
  await log.close();
}

describe("createBoundedLog", () => {
  it("keeps the newest bytes, never more than its limit, in four files", async () => {
    const lines = Array.from({ length: 1000 }, (_, index) => `line ${String(index).padStart(4, "0")}\n`);
    await writeAll(1000, lines);
    const files = await readdir(directory);
    expect(files.sort()).toEqual(["1.log", "2.log", "3.log", "current.log"]);
    const sizes = await Promise.all(files.map(async (file) => (await stat(join(directory, file))).size));
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(1000);
    const text = await readLog(directory);
    expect(lines.join("").endsWith(text)).toBe(true);
    expect(text.length).toBeGreaterThan(700);
  });

  it("splits a chunk that is larger than a file", async () => {
    const chunk = Array.from({ length: 500 }, (_, index) => String(index % 10)).join("");
    await writeAll(100, [chunk]);
    const text = await readLog(directory);
    expect(text.length).toBeLessThanOrEqual(100);
    expect(chunk.endsWith(text)).toBe(true);
  });

  it("continues the log of an earlier agent and counts what it holds", async () => {
    await writeAll(100, ["a".repeat(20)]);
    await writeAll(100, ["b".repeat(20)]);
    expect(await readFile(join(directory, "current.log"), "utf8")).toBe("b".repeat(15));
    expect(await readLog(directory)).toBe("a".repeat(20) + "b".repeat(20));
  });

  it("does not follow a link that the job put in the place of its log", async () => {
    const target = join(directory, "precious");
    await writeFile(target, "precious");
    await symlink(target, join(directory, "current.log"));
    await expect(writeAll(100, ["overwritten"])).rejects.toMatchObject({ code: "ELOOP" });
    expect(await readFile(target, "utf8")).toBe("precious");
  });
});

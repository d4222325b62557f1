import { mkdir, symlink, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { removeDirectory, scratchDirectory } from "../../../test/helpers/supervisor-rig.ts";
import { type DiskSpace, type DiskUse, isNearlyFull, judgeDisk, measureDirectory } from "./disk-watch.ts";

const GIB = 1024 ** 3;
const ROOMY: DiskSpace = { totalBytes: 100 * GIB, freeBytes: 50 * GIB };
const FULL: DiskSpace = { totalBytes: 100 * GIB, freeBytes: GIB };

function use(
  token: number,
  bytes: number,
  changes: Partial<DiskUse> & Partial<DiskUse["limits"]> = {},
): DiskUse {
  const { diskBytes = null, yieldsDisk = true, isEnding = false } = changes;
  return { token, bytes, limits: { diskBytes, yieldsDisk }, isEnding };
}

describe("isNearlyFull", () => {
  it.each([
    { totalBytes: 100 * GIB, freeBytes: 2 * GIB, isFull: false },
    { totalBytes: 100 * GIB, freeBytes: 2 * GIB - 1, isFull: true },
    { totalBytes: 20 * GIB, freeBytes: GIB, isFull: false },
    { totalBytes: 20 * GIB, freeBytes: GIB - 1, isFull: true },
    { totalBytes: 0, freeBytes: 0, isFull: false },
  ])("of $totalBytes bytes with $freeBytes free: $isFull", ({ isFull, ...space }) => {
    expect(isNearlyFull(space)).toBe(isFull);
  });
});

describe("judgeDisk", () => {
  it.each<{ name: string; uses: DiskUse[]; space: DiskSpace; ends: number[] }>([
    { name: "nobody on a roomy disk", uses: [use(1, 40 * GIB)], space: ROOMY, ends: [] },
    { name: "who is over its quota", uses: [use(1, 11, { diskBytes: 10 })], space: ROOMY, ends: [1] },
    { name: "nobody at its quota", uses: [use(1, 10, { diskBytes: 10 })], space: ROOMY, ends: [] },
    {
      name: "the largest writer that may go",
      uses: [use(1, 5), use(2, 9), use(3, 7)],
      space: FULL,
      ends: [2],
    },
    {
      name: "nobody that is not batch",
      uses: [use(1, 9, { yieldsDisk: false }), use(2, 5)],
      space: FULL,
      ends: [2],
    },
    { name: "the lower token among equals", uses: [use(4, 5), use(3, 5)], space: FULL, ends: [3] },
    { name: "nobody who wrote nothing", uses: [use(1, 0)], space: FULL, ends: [] },
    {
      name: "nobody else while one is ending",
      uses: [use(1, 9, { isEnding: true }), use(2, 5)],
      space: FULL,
      ends: [],
    },
    {
      name: "nobody else when a quota already frees something",
      uses: [use(1, 9, { diskBytes: 5 }), use(2, 50)],
      space: FULL,
      ends: [1],
    },
    { name: "nobody twice", uses: [use(1, 9, { diskBytes: 5, isEnding: true })], space: ROOMY, ends: [] },
  ])("ends $name", ({ uses, space, ends }) => {
    expect([...judgeDisk(uses, space).keys()]).toEqual(ends);
  });

  it("says what was measured", () => {
    expect(judgeDisk([use(1, 11, { diskBytes: 10 })], ROOMY).get(1)?.detail).toBe(
      "wrote 11 bytes, allowed are 10",
    );
    expect(judgeDisk([use(1, 11)], FULL).get(1)?.detail).toBe(
      "the disk is nearly full (1073741824 of 107374182400 bytes free), this job wrote most: 11 bytes",
    );
  });
});

describe("measureDirectory", () => {
  let directory = "";
  beforeEach(async () => {
    directory = await scratchDirectory();
  });
  afterEach(() => removeDirectory(directory));

  it("counts what the disk gives up, in folders too, and follows no link", async () => {
    await mkdir(join(directory, "a", "b"), { recursive: true });
    await writeFile(join(directory, "a", "b", "real"), Buffer.alloc(64 * 1024, 1));
    await writeFile(join(directory, "sparse"), "");
    await truncate(join(directory, "sparse"), GIB);
    await symlink("/usr", join(directory, "link"));
    const bytes = await measureDirectory(directory);
    expect(bytes).toBeGreaterThanOrEqual(64 * 1024);
    expect(bytes).toBeLessThan(128 * 1024);
  });

  it("stops counting at its bound", async () => {
    for (let index = 0; index < 20; index++)
      await writeFile(join(directory, `${index}`), Buffer.alloc(4096, 1));
    expect(await measureDirectory(directory, 5)).toBe(5 * 4096);
  });

  it("is 0 for what is not there", async () => {
    expect(await measureDirectory(join(directory, "gone"))).toBe(0);
  });
});

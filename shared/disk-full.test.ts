import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { hasNoRoom, isDiskFull } from "./disk-full.ts";

const { ENOSPC, EDQUOT, EIO } = constants.errno;
const failure = (errno: number, code: string): Error => Object.assign(new Error(code), { errno, code });

describe("isDiskFull", () => {
  it.each([
    { what: "no space", error: failure(-ENOSPC, "ENOSPC"), isFull: true },
    { what: "a spent quota, told by a call that waits", error: failure(-EDQUOT, "UNKNOWN"), isFull: true },
    {
      what: "a spent quota, told by one that does not",
      error: failure(-EDQUOT, "Unknown system error -122"),
      isFull: true,
    },
    { what: "a broken disk", error: failure(-EIO, "EIO"), isFull: false },
    { what: "another unknown error", error: failure(-1_000, "UNKNOWN"), isFull: false },
    { what: "an error of ours", error: new Error("ENOSPC"), isFull: false },
    { what: "no error", error: { errno: -ENOSPC }, isFull: false },
  ])("is $isFull for $what", ({ error, isFull }) => {
    expect(isDiskFull(error)).toBe(isFull);
  });
});

// What it is for needs a full disk: test/system/full-disk.test.ts.
describe("hasNoRoom", () => {
  it("finds room, and leaves nothing of its look behind", () => {
    const directory = mkdtempSync(join(tmpdir(), "spiral-room-"));
    expect(hasNoRoom(join(directory, "journal.db"))).toBe(false);
    expect(readdirSync(directory)).toEqual([]);
    rmSync(directory, { recursive: true });
  });

  it("does not take another failure for a full disk", () => {
    expect(hasNoRoom("/nowhere/journal.db")).toBe(false);
  });
});

import { describe, expect, it } from "vitest";
import { momentWords } from "./moment-words.ts";

const DAY_MS = 86_400_000;

describe("momentWords", () => {
  it.each([
    [1_777_672_800_000, "2026-05-01 22:00 UTC"],
    [951_782_340_000, "2000-02-28 23:59 UTC"],
    [951_782_400_000, "2000-02-29 00:00 UTC"],
    [4_107_542_400_000, "2100-03-01 00:00 UTC"],
    [2_932_896 * DAY_MS, "9999-12-31 00:00 UTC"],
    [2_932_897 * DAY_MS, null],
    [0, null],
    [Number.MAX_SAFE_INTEGER, null],
  ])("tells %d as %s", (wallMs, expected) => {
    expect(momentWords(wallMs)).toBe(expected);
  });
});

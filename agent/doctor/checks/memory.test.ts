import { describe, expect, it } from "vitest";
import { checkHostMemory, checkPageSize, checkStalls, checkSwap, type MemoryFacts } from "./memory.ts";

const GIB = 1024 ** 3;
const FACTS: MemoryFacts = {
  ...{ mode: "numa", arch: "arm64", pageBytes: 65_536, vramBytes: 96 * GIB, oomKills: 0 },
  ...{ swapTotalBytes: 32 * GIB, swapUsedBytes: 0, totalBytes: 480 * GIB, availableBytes: 400 * GIB },
  hasPressureStalls: true,
};
type Case = readonly [string, Partial<MemoryFacts>, string];

describe("checkPageSize", () => {
  it.each<Case>([
    ["64 KiB on Grace", {}, "ok"],
    ["4 KiB on Grace", { pageBytes: 4096 }, "note"],
    ["4 KiB on x86", { pageBytes: 4096, arch: "x64", mode: "ordinary" }, "ok"],
    ["unknown", { pageBytes: null }, "note"],
  ])("%s", (_, facts, severity) => expect(checkPageSize({ ...FACTS, ...facts }).severity).toBe(severity));
});

describe("checkSwap", () => {
  it.each<Case>([
    ["a third of VRAM on a coherent box", {}, "ok"],
    ["exactly a quarter", { swapTotalBytes: 24 * GIB }, "ok"],
    ["none on a coherent box", { swapTotalBytes: 0 }, "warn"],
    ["less than a quarter", { swapTotalBytes: 24 * GIB - 1 }, "warn"],
    ["far more than a half", { swapTotalBytes: 200 * GIB }, "note"],
    ["none on an ordinary box", { swapTotalBytes: 0, mode: "ordinary" }, "ok"],
    ["none where VRAM is unknown", { swapTotalBytes: 0, vramBytes: null }, "ok"],
    ["unknown", { swapTotalBytes: null }, "note"],
  ])("%s", (_, facts, severity) => expect(checkSwap({ ...FACTS, ...facts }).severity).toBe(severity));

  it("says how much is advised", () => {
    expect(checkSwap({ ...FACTS, swapTotalBytes: 0 }).title).toContain("24.0 GiB to 48.0 GiB are advised");
  });
});

describe("checkHostMemory", () => {
  it.each<Case>([
    ["plenty available", {}, "ok"],
    ["at the gate of batch", { availableBytes: 96 * GIB }, "warn"],
    ["processes killed since boot", { oomKills: 2 }, "note"],
    ["unknown", { availableBytes: null }, "warn"],
  ])("%s", (_, facts, severity) => {
    expect(checkHostMemory({ ...FACTS, ...facts }, 0.8).severity).toBe(severity);
  });
});

describe("checkStalls", () => {
  it.each([
    [true, "ok"],
    [false, "note"],
  ])("PSI %s", (hasPressureStalls, severity) => {
    expect(checkStalls({ ...FACTS, hasPressureStalls }).severity).toBe(severity);
  });
});

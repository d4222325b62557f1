import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  cpuRatioBetween,
  parseCpuTicks,
  parseMeminfo,
  parseNodeList,
  parseNodeMemory,
  parsePageBytes,
  parseStalls,
  parseVmstat,
} from "./kernel-text.ts";

const KIB = 1024;

describe("parseCpuTicks", () => {
  it("counts idle and iowait as not busy and guest time once", () => {
    expect(parseCpuTicks("cpu  100 10 50 800 40 5 5 0 90 9\ncpu0 1 1 1 1\n")).toEqual({
      busy: 170,
      total: 1010,
    });
  });

  it("says null for a file that is no /proc/stat", () => {
    for (const text of ["", "cpu  a b c d\n", "cpu0 1 2 3 4\n", "cpu  1 2 3\n"]) {
      expect(parseCpuTicks(text)).toBeNull();
    }
  });
});

describe("cpuRatioBetween", () => {
  it("is the busy share of the time that passed", () => {
    expect(cpuRatioBetween({ busy: 100, total: 1000 }, { busy: 175, total: 1100 })).toBe(0.75);
  });

  it("is unknown when no time has passed and stays in range when counters run backwards", () => {
    expect(cpuRatioBetween({ busy: 1, total: 10 }, { busy: 1, total: 10 })).toBeNull();
    expect(cpuRatioBetween({ busy: 9, total: 10 }, { busy: 5, total: 20 })).toBe(0);
  });
});

describe("parseMeminfo", () => {
  it("reads kB as 1024 bytes and finds labels only at the start of a line", () => {
    const text = "XMemTotal: 7 kB\nMemTotal: 100 kB\nMemAvailable: 40 kB\nSwapTotal: 10 kB\nSwapFree: 4 kB\n";
    expect(parseMeminfo(text)).toEqual({
      totalBytes: 100 * KIB,
      availableBytes: 40 * KIB,
      swapTotalBytes: 10 * KIB,
      swapUsedBytes: 6 * KIB,
    });
  });

  it("keeps swap unknown where it is not told, instead of 0", () => {
    const memory = parseMeminfo("MemTotal: 100 kB\nMemAvailable: 40 kB\n");
    expect(memory).toMatchObject({ swapTotalBytes: null, swapUsedBytes: null });
  });

  it.each([
    ["no total", "MemAvailable: 40 kB\n"],
    ["no available", "MemTotal: 100 kB\n"],
    ["more available than there is", "MemTotal: 100 kB\nMemAvailable: 101 kB\n"],
    ["a total of nothing", "MemTotal: 0 kB\nMemAvailable: 0 kB\n"],
    ["a negative figure", "MemTotal: 100 kB\nMemAvailable: -4 kB\n"],
  ])("is unknown with %s", (_case, text) => {
    expect(parseMeminfo(text)).toBeNull();
  });
});

describe("parseNodeMemory", () => {
  const node = (rows: Readonly<Record<string, number>>): string =>
    Object.entries(rows)
      .map(([name, kib]) => `Node 3 ${name}: ${kib} kB\n`)
      .join("");
  const whole = { MemTotal: 1000, MemFree: 100, "Active(file)": 200, "Inactive(file)": 300 };

  it("counts the file LRU and reclaimable slab, without what is still to be written", () => {
    const text = node({ ...whole, SReclaimable: 50, Dirty: 20, Writeback: 5, Shmem: 400 });
    expect(parseNodeMemory(3, text)).toEqual({
      node: 3,
      totalBytes: 1000 * KIB,
      freeBytes: 100 * KIB,
      reclaimableBytes: 525 * KIB,
    });
  });

  it("never makes more reclaimable than is used, nor less than nothing", () => {
    expect(parseNodeMemory(3, node({ ...whole, SReclaimable: 9000 }))?.reclaimableBytes).toBe(900 * KIB);
    expect(parseNodeMemory(3, node({ ...whole, Dirty: 9000 }))?.reclaimableBytes).toBe(0);
  });

  it("is unknown when a figure is missing or more is free than there is", () => {
    for (const name of Object.keys(whole)) {
      const { [name as keyof typeof whole]: _, ...rest } = whole;
      expect(parseNodeMemory(3, node(rest)), name).toBeNull();
    }
    expect(parseNodeMemory(3, node({ ...whole, MemFree: 1001 }))).toBeNull();
  });
});

describe("parseStalls", () => {
  it("reads both kinds, and leaves the one that is missing unknown", () => {
    const some = "some avg10=4.25 avg60=1.00 avg300=0.50 total=9\n";
    const full = "full avg10=1.50 avg60=0.40 avg300=0.10 total=4\n";
    expect(parseStalls(some + full)).toEqual({ somePercent: 4.25, fullPercent: 1.5 });
    expect(parseStalls(some)).toEqual({ somePercent: 4.25, fullPercent: null });
    expect(parseStalls(full)).toEqual({ somePercent: null, fullPercent: 1.5 });
  });

  it("believes no share above 100 % or below 0", () => {
    expect(parseStalls("full avg10=400.00 avg60=0\n").fullPercent).toBeNull();
    expect(parseStalls("full avg10=-1 avg60=0\n").fullPercent).toBeNull();
  });
});

describe("parseVmstat", () => {
  it("adds both directions of swap and knows neither without the other", () => {
    expect(parseVmstat("pswpin 3\npswpout 4\noom_kill 2\n")).toEqual({ swappedPages: 7, oomKills: 2 });
    expect(parseVmstat("pswpin 3\n")).toEqual({ swappedPages: null, oomKills: null });
  });
});

describe("parseNodeList", () => {
  it.each([
    ["", []],
    ["0\n", [0]],
    ["0-1,3", [0, 1, 3]],
    ["0,2-4\n", [0, 2, 3, 4]],
  ])("reads %j", (text, nodes) => {
    expect(parseNodeList(text)).toEqual(nodes);
  });

  it.each(["0-", "zero", "3-1", "0-99999", "1,,2", "-1"])("refuses %j", (text) => {
    expect(parseNodeList(text)).toBeNull();
  });
});

describe("parsePageBytes", () => {
  it("finds the page size among the pairs, and nothing in a torn vector", () => {
    const auxv = Buffer.alloc(48);
    for (const [index, word] of [16n, 77n, 6n, 65_536n, 0n, 0n].entries()) {
      auxv.writeBigUInt64LE(word, index * 8);
    }
    expect(parsePageBytes(auxv)).toBe(65_536);
    expect(parsePageBytes(auxv.subarray(0, 24))).toBeNull();
  });
});

describe("any text", () => {
  it("gives whole amounts or null, and never throws", () => {
    const label = fc.constantFrom(
      "MemTotal:",
      "MemAvailable:",
      "MemFree:",
      "Active(file):",
      "pswpin ",
      "full ",
    );
    const line = fc.tuple(label, fc.oneof(fc.integer().map(String), fc.string())).map((row) => row.join(" "));
    fc.assert(
      fc.property(fc.array(line), (lines) => {
        const text = lines.join("\n");
        const memory = parseMeminfo(text);
        const node = parseNodeMemory(0, text);
        const amounts = [memory?.totalBytes, memory?.availableBytes, node?.freeBytes, node?.reclaimableBytes];
        for (const bytes of amounts.filter((amount) => amount !== undefined)) {
          expect(Number.isSafeInteger(bytes) && bytes >= 0).toBe(true);
        }
        parseStalls(text);
        parseVmstat(text);
        parseCpuTicks(text);
      }),
    );
  });
});

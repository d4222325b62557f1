import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { hostPressure } from "../../shared/policy/host-memory.ts";
import { createCpuReader } from "./cpu-reader.ts";
import { createMemoryReader, type MemoryReading } from "./memory-reader.ts";
import { createProcHost } from "./proc-host.ts";
import { createProcessSampler, parseProcessStat } from "./process-sampler.ts";
import { HOST_ROOTS, type HostRoots } from "./roots.ts";

const FIXTURES = new URL("../../test/fixtures/sysfs", import.meta.url).pathname;
const GIB = 1024 ** 3;

function box(name: string): HostRoots {
  return { proc: join(FIXTURES, name, "proc"), sys: join(FIXTURES, name, "sys") };
}

function readOnce(name: string): MemoryReading {
  const reader = createMemoryReader(box(name));
  const reading = reader.read(0);
  reader.close();
  return reading;
}

const copies: string[] = [];
afterEach(() => {
  for (const copy of copies.splice(0)) rmSync(copy, { recursive: true });
});

/** A box whose files a test may rewrite. */
function ownBox(name: string): HostRoots {
  const copy = mkdtempSync(join(tmpdir(), "host-"));
  copies.push(copy);
  cpSync(join(FIXTURES, name), copy, { recursive: true });
  return { proc: join(copy, "proc"), sys: join(copy, "sys") };
}

describe("createMemoryReader", () => {
  it.each([
    ["gh200-numa", 480, 404, 1],
    ["gh200-cdmm", 480, 404, 0],
    ["one-node", 64, 48, 0],
    ["two-socket", 256, 118, 0],
    ["no-numa", 8, 6, 0],
  ] as const)("reads the main memory of %s", (name, totalGib, availableGib, hbmNodes) => {
    const reading = readOnce(name);
    expect(reading.host?.totalBytes).toBe(totalGib * GIB);
    expect(reading.host?.availableBytes).toBe(availableGib * GIB);
    expect(reading.hbmNodes).toHaveLength(hbmNodes);
  });

  it("tells how much of the HBM node is only page cache", () => {
    const [node] = readOnce("gh200-numa").hbmNodes;
    expect(node).toEqual({ node: 1, totalBytes: 96 * GIB, freeBytes: 6 * GIB, reclaimableBytes: 60 * GIB });
  });

  it("reads stalls, swap and kills of a whole box", () => {
    expect(readOnce("one-node")).toMatchObject({
      host: { psiFullPercent: 1.5, swapBytesPerSecond: null },
      swapTotalBytes: 8 * GIB,
      swapUsedBytes: 2 * GIB,
      ioStallPercent: 0.06,
      oomKills: 2,
    });
  });

  it("knows what a kernel without PSI and swap counters does not tell", () => {
    const reading = readOnce("no-numa");
    expect(reading).toMatchObject({ host: { psiFullPercent: null }, ioStallPercent: null, oomKills: null });
  });

  it("says unknown for garbage and for an empty box, and never throws", () => {
    const unknown = { host: null, swapUsedBytes: null, ioStallPercent: null, oomKills: null, hbmNodes: [] };
    expect(readOnce("garbage")).toMatchObject(unknown);
    expect(readOnce("no such box")).toMatchObject(unknown);
  });

  it("measures swap traffic between two looks, in bytes by this kernel's page size", () => {
    const roots = ownBox("one-node");
    const auxv = Buffer.alloc(16);
    auxv.writeBigUInt64LE(6n, 0);
    auxv.writeBigUInt64LE(65_536n, 8);
    mkdirSync(join(roots.proc, "self"));
    writeFileSync(join(roots.proc, "self/auxv"), auxv);
    const reader = createMemoryReader(roots);
    reader.read(0);
    writeFileSync(join(roots.proc, "vmstat"), "pswpin 1500\npswpout 5500\noom_kill 2\n");
    expect(reader.read(2_000).host?.swapBytesPerSecond).toBe(500 * 65_536);
    reader.close();
  });

  it("sees the HBM that the driver brings online later", () => {
    const roots = ownBox("gh200-numa");
    const list = join(roots.sys, "devices/system/node/has_memory");
    writeFileSync(list, "0\n");
    const reader = createMemoryReader(roots);
    expect(reader.read(0).hbmNodes).toHaveLength(0);
    writeFileSync(list, "0-8\n");
    expect(reader.read(59_000).hbmNodes).toHaveLength(0);
    expect(reader.read(61_000).hbmNodes).toHaveLength(1);
    reader.close();
  });
});

describe("createCpuReader", () => {
  it("knows nothing on the first look and the share since then on the next", () => {
    const roots = ownBox("one-node");
    const reader = createCpuReader(roots.proc);
    expect(reader.read()).toEqual({ usedRatio: null, stallPercent: 21.57 });
    writeFileSync(join(roots.proc, "stat"), "cpu  4030 100 1000 20070 400 0 50 0 0 0\n");
    expect(reader.read().usedRatio).toBe(0.3);
    reader.close();
  });

  it("stays unknown on garbage", () => {
    const reader = createCpuReader(box("garbage").proc);
    reader.read();
    expect(reader.read()).toEqual({ usedRatio: null, stallPercent: null });
    reader.close();
  });
});

describe("createProcHost", () => {
  it("gives the frame a memory ratio without the HBM", () => {
    const clock = { bootMs: () => 0, wallMs: () => 0 };
    const host = createProcHost(box("gh200-numa"), clock);
    const { host: memory } = readOnce("gh200-numa");
    expect(host.read().memoryRatio).toBe(memory === null ? null : hostPressure(memory));
    expect(host.read().memoryRatio).toBeCloseTo(76 / 480);
    expect(host.oomKills()).toBe(2);
  });
});

describe("createProcessSampler", () => {
  it("finds this very process on this very box and bounds its answer", () => {
    const sampler = createProcessSampler(HOST_ROOTS.proc, 4096);
    const first = sampler.sample(1_000, 0);
    expect(first.length).toBeLessThanOrEqual(50);
    expect(first.every(({ cpuPercent }) => cpuPercent === null)).toBe(true);
    const own = sampler.sample(50, 1_000).find(({ pid }) => pid === process.pid);
    expect(own?.cpuPercent).toBeGreaterThanOrEqual(0);
    expect(own?.rssBytes).toBeGreaterThan(1024 ** 2);
  });
});

describe("parseProcessStat", () => {
  const rest = "S 1 1 1 0 -1 0 0 0 0 0 30 12 7 7 20 0 1 0 555 1000 42 9";

  it("lets a process be called what it likes", () => {
    expect(parseProcessStat(`7 (a) b (c) ${rest}`)).toEqual({
      name: "a) b (c",
      cpuTicks: 42,
      startTicks: 555,
      rssPages: 42,
    });
  });

  it.each(["", "7 a S 1", "7 (a) S 1 2", "7 (a) S x"])("refuses %j", (text) => {
    expect(parseProcessStat(text)).toBeNull();
  });
});

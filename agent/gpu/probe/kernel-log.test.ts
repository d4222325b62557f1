import { execFile } from "node:child_process";
import { constants } from "node:fs";
import { mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { delay } from "../../../shared/loop.ts";
import type { XidReport } from "../xid.ts";
import { followKernelLog, type KernelLog } from "./kernel-log.ts";

let directory = "";
let path = "";
let log: KernelLog | null = null;
const seen: XidReport[] = [];
const unavailable: string[] = [];
const follow = (): void => {
  log = followKernelLog({
    path,
    everyMs: 10,
    onXid: (report) => seen.push(report),
    onUnavailable: (reason) => unavailable.push(reason),
  });
};
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "spiral-kmsg-"));
  path = join(directory, "kmsg");
  seen.length = 0;
  unavailable.length = 0;
});
afterEach(async () => {
  await log?.stop();
  await rm(directory, { recursive: true });
});
const xid = (code: number): string =>
  `4,88${code},1234567,-;NVRM: Xid (PCI:0009:01:00): ${code}, pid=7, name=x\n SUBSYSTEM=pci\n`;
describe("followKernelLog", () => {
  it("reports what comes after the start, and nothing from before it", async () => {
    // A fifo answers an empty non-blocking read with EAGAIN, as /dev/kmsg does.
    await promisify(execFile)("mkfifo", [path]);
    const kernel = await open(path, constants.O_RDWR);
    await kernel.write(xid(13));
    follow();
    while (seen.length === 0) {
      await delay(20);
      await kernel.write(xid(79));
    }
    await kernel.close();
    expect(seen[0]).toEqual({ pciAddress: "0009:01:00.0", code: 79, pid: 7, detail: "name=x" });
    expect(unavailable).toEqual([]);
  });

  it("passes over lines that are no report", async () => {
    await promisify(execFile)("mkfifo", [path]);
    const kernel = await open(path, constants.O_RDWR);
    follow();
    while (seen.length === 0) {
      await kernel.write("6,1,1,-;usb 1-1: new device\n");
      await delay(20);
      await kernel.write(xid(31));
      await delay(20);
    }
    await kernel.close();
    expect(seen.every(({ code }) => code === 31)).toBe(true);
  });

  it("says once that it may not read the log", async () => {
    follow();
    while (unavailable.length === 0) await delay(5);
    await delay(50);
    expect(unavailable).toEqual([expect.stringContaining("ENOENT")]);
  });
});

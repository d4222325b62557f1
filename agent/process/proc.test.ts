import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isAlive, parseStat, systemProcesses } from "./proc.ts";

const FIELDS = "S 17 4619 4618 0 -1 4194304 98 0 0 0 5 6 7 8 20 0 1 0 65669 3133440 382";

describe("parseStat", () => {
  it("reads ids, start time and the processor time of itself and its children", () => {
    expect(parseStat(`4626 (cat) ${FIELDS}`)).toEqual({
      pid: 4626,
      state: "S",
      ppid: 17,
      group: 4619,
      session: 4618,
      startTicks: 65669,
      cpuMs: 260,
    });
  });

  it.each(["a b", ") S 1 1 1 ", "((", "a\nb) Z 9 9 9", ""])("is not fooled by a process named %j", (name) => {
    expect(parseStat(`4626 (${name}) ${FIELDS}`)).toMatchObject({
      pid: 4626,
      session: 4618,
      startTicks: 65669,
    });
  });

  it.each(["", "4626", "4626 (cat", "4626 (cat) S 17", "x (cat) S 1 1 1", `4626 (cat) ${"S ".repeat(40)}`])(
    "is null for %j",
    (text) => {
      expect(parseStat(text)).toBeNull();
    },
  );

  it("never throws and never makes up a number", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const stat = parseStat(text);
        expect(stat === null || Number.isSafeInteger(stat.startTicks)).toBe(true);
      }),
    );
  });
});

describe("systemProcesses", () => {
  it("shows this process as the kernel does", () => {
    const own = systemProcesses.stat(process.pid);
    expect(own?.ppid).toBe(process.ppid);
    expect(systemProcesses.list().map((stat) => stat.pid)).toContain(process.pid);
    expect(systemProcesses.rssBytes(process.pid)).toBeGreaterThan(10 * 1024 * 1024);
  });

  it("compares whole environment entries", () => {
    const [entry = ""] = readFileSync("/proc/self/environ", "utf8").split("\0");
    expect(systemProcesses.hasEnviron(process.pid, entry)).toBe(true);
    expect(systemProcesses.hasEnviron(process.pid, entry.slice(0, -1))).toBe(false);
    expect(systemProcesses.hasEnviron(process.pid, entry.slice(1))).toBe(false);
  });

  it("knows nothing about a pid that does not exist", () => {
    const pid = 2 ** 22 + 1;
    expect(systemProcesses.stat(pid)).toBeNull();
    expect(systemProcesses.rssBytes(pid)).toBeNull();
    expect(systemProcesses.hasEnviron(pid, "A=b")).toBe(false);
    expect(systemProcesses.signal(pid, "SIGTERM")).toBe(false);
  });
});

describe("isAlive", () => {
  it("takes a later process of the same number for another one", () => {
    const startTicks = systemProcesses.stat(process.pid)?.startTicks ?? 0;
    expect(isAlive(systemProcesses, { pid: process.pid, startTicks })).toBe(true);
    expect(isAlive(systemProcesses, { pid: process.pid, startTicks: startTicks + 1 })).toBe(false);
  });
});

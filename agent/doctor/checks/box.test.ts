import { describe, expect, it } from "vitest";
import { seen, unseen } from "../seen.ts";
import {
  type CgroupFacts,
  type ClockFacts,
  checkCgroup,
  checkClock,
  checkOomScore,
  checkOpenFiles,
  checkRuntime,
} from "./box.ts";

describe("checkCgroup", () => {
  const facts: CgroupFacts = {
    ...{ subject: "agent", version: "v2", path: "/sys/fs/cgroup/a", controllers: ["memory", "pids", "cpu"] },
    ...{ isWritable: true, hasKill: true },
  };
  it.each<readonly [string, Partial<CgroupFacts>, string]>([
    ["v2 that is delegated", {}, "ok"],
    ["v1 with memory and pids", { version: "v1", hasKill: false, controllers: ["memory", "pids"] }, "ok"],
    ["an agent without delegation", { isWritable: false }, "warn"],
    ["an agent without the pids controller", { controllers: ["memory"] }, "warn"],
    [
      "a shell without delegation, which says nothing about the unit",
      { isWritable: false, subject: "shell" },
      "note",
    ],
    ["no cgroups", { version: "none", path: null, controllers: [] }, "warn"],
  ])("judges %s", (_, change, severity) => {
    expect(checkCgroup({ ...facts, ...change }).severity).toBe(severity);
  });

  it("names the controller that is missing", () => {
    expect(checkCgroup({ ...facts, controllers: ["memory"] }).title).toContain("without pids");
  });
});

describe("checkRuntime", () => {
  it.each([
    ["v20.19.0", "ok"],
    ["20.20.2", "ok"],
    ["24.0.0", "ok"],
    ["20.18.9", "fail"],
    ["18.20.4", "fail"],
  ])("Node %s", (version, severity) => expect(checkRuntime(version).severity).toBe(severity));
});

describe("checkOpenFiles", () => {
  it("goes by the hard limit, which Node takes for itself", () => {
    expect(checkOpenFiles(seen({ subject: "agent", soft: 1024, hard: 65_536 })).severity).toBe("ok");
    expect(checkOpenFiles(seen({ subject: "agent", soft: 1024, hard: 4_095 })).severity).toBe("warn");
    expect(checkOpenFiles(unseen("no /proc")).severity).toBe("note");
  });
});

describe("checkOomScore", () => {
  it.each([
    [-900, ["ok"]],
    [0, ["warn"]],
    [null, []],
  ])("%s", (score, severities) => {
    expect(checkOomScore(score).map(({ severity }) => severity)).toEqual(severities);
  });
});

describe("checkClock", () => {
  const HOUR_MS = 3_600_000;
  const facts: ClockFacts = {
    ...{ wallMs: 1_800_000_000_000, daemons: ["chronyd"], isMarkedSynchronised: false },
    ...{ rtcOffsetMs: 400, hasInit: true },
  };
  it.each<readonly [string, Partial<ClockFacts>, string]>([
    ["a daemon", {}, "ok"],
    ["timesyncd's mark alone", { daemons: [], isMarkedSynchronised: true }, "ok"],
    ["nobody", { daemons: [] }, "warn"],
    ["nobody where daemons would not show", { daemons: [], hasInit: false }, "note"],
    ["a hardware clock ten minutes off", { rtcOffsetMs: 600_000 }, "warn"],
    ["a hardware clock in local time", { rtcOffsetMs: 2 * HOUR_MS + 400 }, "ok"],
    ["a hardware clock in local time of India", { rtcOffsetMs: 5.5 * HOUR_MS }, "ok"],
    ["no hardware clock", { rtcOffsetMs: null }, "ok"],
    ["1970", { wallMs: 5_000 }, "fail"],
  ])("judges %s", (_, change, severity) =>
    expect(checkClock({ ...facts, ...change }).severity).toBe(severity),
  );
});

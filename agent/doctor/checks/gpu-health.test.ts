import { describe, expect, it } from "vitest";
import type { RecoveryAction, ThrottleReason } from "../../../shared/model/health.ts";
import type { GpuCard } from "../../gpu/sensor.ts";
import { seen, unseen } from "../seen.ts";
import {
  checkHidden,
  checkHolders,
  checkRecovery,
  checkThrottle,
  checkXids,
  type TimedXid,
  type VramHolder,
} from "./gpu-health.ts";

const GIB = 1024 ** 3;

function card(change: Partial<GpuCard> = {}, usedGib = 0): GpuCard {
  return {
    reading: {
      ...{
        uuid: "GPU-a",
        name: "H200",
        totalBytes: 140 * GIB,
        usedBytes: usedGib * GIB,
        utilisationRatio: 0,
      },
      ...{ temperatureC: 91, powerW: 90, source: "nvml" },
    },
    ...{ processes: [], freeBytes: 0, reservedBytes: 0, throttle: [], recovery: "none" },
    ...{ memoryAccounting: "driver", pciAddress: null, parentUuid: null, fault: null },
    ...change,
  };
}

const severities = (findings: readonly { readonly severity: string }[]): readonly string[] =>
  findings.map(({ severity }) => severity);

describe("checkThrottle", () => {
  it.each<readonly [string, readonly ThrottleReason[] | null, string]>([
    ["an idle card", ["idle"], "ok"],
    ["a card at its power cap, which is normal under load", ["power-cap"], "ok"],
    ["heat", ["power-cap", "hw-thermal"], "warn"],
    ["a power brake", ["power-brake"], "warn"],
    ["a driver that does not say", null, "note"],
  ])("judges %s", (_, throttle, severity) => {
    expect(severities(checkThrottle([card({ throttle })]))).toEqual([severity]);
  });

  it("names reason and temperature", () => {
    const [finding] = checkThrottle([card({ throttle: ["hw-thermal"] })]);
    expect(finding?.evidence).toEqual(["H200 with 140.0 GiB: hw-thermal at 91 °C"]);
  });

  it("says nothing without a card", () => expect(checkThrottle([])).toEqual([]));
});

describe("checkRecovery", () => {
  it.each<readonly [RecoveryAction | null, string]>([
    ["none", "ok"],
    [null, "note"],
    ["gpu-reset", "fail"],
    ["node-reboot", "fail"],
    ["other", "fail"],
  ])("judges %s", (recovery, severity) => {
    expect(severities(checkRecovery([card({ recovery })]))).toEqual([severity]);
  });
});

describe("checkXids", () => {
  const xid = (code: number, ageMs = 7_200_000): TimedXid => ({
    ...{ code, ageMs, pid: 42, pciAddress: "0009:01:00.0", detail: "" },
  });
  it.each<readonly [string, readonly TimedXid[], string]>([
    ["none", [], "ok"],
    ["a job's own fault", [xid(13), xid(31)], "note"],
    ["a card that fell off the bus", [xid(13), xid(79)], "warn"],
    ["a row to be remapped", [xid(63)], "warn"],
  ])("judges %s", (_, reports, severity) => {
    expect(severities(checkXids(seen(reports), true))).toEqual([severity]);
  });

  it("shows the serious ones with their age", () => {
    const [finding] = checkXids(seen([xid(13), xid(79)]), true);
    expect(finding?.evidence).toEqual([
      "2 h ago: Xid 79, GPU has fallen off the bus, pid 42, 0009:01:00.0: quarantine",
    ]);
  });

  it("calls a log that it may not read unknown, and does not look for Xids without a card", () => {
    expect(checkXids(unseen("EPERM"), true)).toMatchObject([{ severity: "note", evidence: ["EPERM"] }]);
    expect(checkXids(unseen("EPERM"), false)).toEqual([]);
  });
});

describe("checkHolders", () => {
  const holder = (pid: number, owner: VramHolder["owner"]): VramHolder => ({
    pid,
    name: "python",
    bytes: 3 * GIB,
    owner,
  });

  it("is silent about jobs, clients and declared servers", () => {
    const known = [
      holder(1, { kind: "attempt" }),
      holder(2, { kind: "client" }),
      holder(3, { kind: "declared", id: "node/flux" }),
    ];
    expect(checkHolders(known)).toEqual([]);
  });

  it("warns of jobs without an agent and notes strangers, each by pid, name and bytes", () => {
    const findings = checkHolders([
      holder(7, { kind: "orphan", directory: "/r/agents/a/attempts/9" }),
      holder(8, { kind: "unknown" }),
    ]);
    expect(findings).toMatchObject([
      { id: "gpu.leftover", severity: "warn", evidence: ["pid 7 (python): 3.0 GiB, /r/agents/a/attempts/9"] },
      { id: "gpu.foreign", severity: "note", evidence: ["pid 8 (python): 3.0 GiB"] },
    ]);
    expect(findings[0]?.cure).toContain("kill 7");
  });
});

describe("checkHidden", () => {
  const process = { pid: 1, name: "python", usedBytes: 20 * GIB };
  it.each<readonly [string, GpuCard, number]>([
    ["everything is accounted for", card({ processes: [process] }, 21), 0],
    ["30 GiB belong to nobody", card({ processes: [process] }, 50), 1],
    ["the driver knows no size of one", card({ processes: [{ ...process, usedBytes: null }] }, 50), 0],
    ["the driver lists no processes", card({ processes: null }, 50), 0],
    ["the memory is a NUMA node, where page cache counts", card({ memoryAccounting: "os-numa" }, 50), 0],
  ])("when %s", (_, each, count) => expect(checkHidden([each])).toHaveLength(count));
});

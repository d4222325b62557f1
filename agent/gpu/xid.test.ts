import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseXid, xidAction, xidRule } from "./xid.ts";

describe("parseXid", () => {
  it.each([
    {
      line: "NVRM: Xid (PCI:0009:01:00): 79, pid=4242, name=python, GPU has fallen off the bus.",
      report: {
        pciAddress: "0009:01:00.0",
        code: 79,
        pid: 4242,
        detail: "name=python, GPU has fallen off the bus.",
      },
    },
    {
      line: "[ 12.5] NVRM: Xid (PCI:0000:af:00): 119, pid='<unknown>', name=<unknown>, Timeout after 45s of GSP RPC",
      report: {
        pciAddress: "0000:af:00.0",
        code: 119,
        pid: null,
        detail: "name=<unknown>, Timeout after 45s of GSP RPC",
      },
    },
    {
      line: "NVRM: Xid (PCI:0000:23:00): 79, GPU has fallen off the bus.",
      report: { pciAddress: "0000:23:00.0", code: 79, pid: null, detail: "GPU has fallen off the bus." },
    },
    {
      line: "NVRM: Xid (PCI:0000:23:00): 48",
      report: { pciAddress: "0000:23:00.0", code: 48, pid: null, detail: "" },
    },
  ])("reads $line", ({ line, report }) => {
    expect(parseXid(line)).toEqual(report);
  });

  it.each([
    "NVRM: GPU 0000:01:00.0: GPU has fallen off the bus.",
    "NVRM: Xid (PCI:nowhere): 79",
    "eth0: link up",
    "",
  ])("passes over %j", (line) => {
    expect(parseXid(line)).toBeNull();
  });

  it("never throws", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (before, after) => {
        parseXid(`${before}NVRM: Xid (PCI:0000:01:00): ${after}`);
      }),
    );
  });
});

describe("xidRule", () => {
  it.each([
    ["app-fault", [13, 31, 43, 45, 68]],
    ["drain", [46, 48, 62, 64, 74, 92, 94, 109, 119, 120, 122, 123, 124, 125, 140, 143, 154]],
    ["quarantine", [79, 95]],
    ["schedule-reset", [63]],
    ["note", [1, 999]],
  ] as const)("asks for %s at %j", (action, codes) => {
    for (const code of codes) expect(xidRule(code).action).toBe(action);
  });

  it("drains for a changed recovery action unless it changed to none", () => {
    const report = { pciAddress: "0000:01:00.0", code: 154, pid: null };
    const changed = "GPU recovery action changed from 0x0 (None) to 0x1 (GPU Reset Required)";
    const cured = "GPU recovery action changed from 0x1 (GPU Reset Required) to 0x0 (None)";
    expect(xidAction({ ...report, detail: changed })).toBe("drain");
    expect(xidAction({ ...report, detail: cured })).toBe("note");
  });
});

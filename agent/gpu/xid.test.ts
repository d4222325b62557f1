import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseXid } from "./xid.ts";

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

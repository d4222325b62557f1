import { describe, expect, it } from "vitest";
import { parseRecord, readXids } from "./kernel-log.ts";

const XID = "NVRM: Xid (PCI:0009:01:00): 79, pid=1234, name=python, GPU has fallen off the bus.";

describe("parseRecord", () => {
  it("takes an Xid with its age from a record and its properties", () => {
    const record = `4,8123,60000000,-;${XID}\n SUBSYSTEM=pci\n`;
    expect(parseRecord(record, 90_000)).toMatchObject({ code: 79, pid: 1234, ageMs: 30_000 });
  });

  it.each(["4,8123,60000000,-;usb 1-1: new device", "", "garbage;NVRM: Xid"])("passes over %j", (record) => {
    expect(parseRecord(record, 90_000)).toBeNull();
  });
});

describe("readXids", () => {
  it("says why a log cannot be read", async () => {
    await expect(readXids("/nonexistent/kmsg", 0)).rejects.toThrow("ENOENT");
  });
});

/** Xid: the driver's error reports as they stand in the kernel log. What is done about them: core/health-policy. Pure. */
import { pciAddress } from "./probe/card.ts";

export interface XidReport {
  /** `PPPP:BB:DD.F` of the card. */
  readonly pciAddress: string;
  readonly code: number;
  /** Null where the driver does not know it. */
  readonly pid: number | null;
  /** The rest of the line. */
  readonly detail: string;
}

/**
 * Reads one line of the kernel log, with or without what dmesg or journalctl put before it:
 * `NVRM: Xid (PCI:0009:01:00): 79, pid=1234, name=python, GPU has fallen off the bus.`
 * @returns null when the line is not an Xid report
 */
export function parseXid(line: string): XidReport | null {
  const match = /NVRM: Xid \(PCI:([0-9a-fA-F:.]+)\): (\d{1,5})(?:,\s*(.*))?$/.exec(line.trim());
  if (match === null) return null;
  const [, address = "", code, rest = ""] = match;
  const card = pciAddress(address);
  if (card === null) return null;
  const pid = /^pid='?(\d+)'?(?:,|$)/.exec(rest)?.[1];
  const detail = rest.replace(/^pid=(?:'[^']*'|[^,]*)(?:,\s*|$)/, "");
  return { pciAddress: card, code: Number(code), pid: pid === undefined ? null : Number(pid), detail };
}

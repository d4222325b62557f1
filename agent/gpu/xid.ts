/**
 * Xid: the driver's error reports in the kernel log, and what each asks for. The numbers are NVIDIA's (Xid
 * catalogue); what is done about them is ours and is data, so that a site can compare it with its own rules.
 * The agent never resets a GPU and never reboots. Pure.
 */
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

export type XidAction =
  /** The job's own fault: it fails, the node stays. */
  | "app-fault"
  /** The victim ends, nothing new begins on this card, a human looks. */
  | "drain"
  /** Nothing on this card can be trusted: its work is stopped now. */
  | "quarantine"
  /** Goes on until the next idle window, in which a human resets the card. */
  | "schedule-reset"
  /** Written down. */
  | "note";

interface XidRule {
  readonly action: XidAction;
  readonly meaning: string;
}

const XID_RULES: Readonly<Record<number, XidRule>> = {
  13: { action: "app-fault", meaning: "graphics engine exception" },
  31: { action: "app-fault", meaning: "GPU memory page fault" },
  43: { action: "app-fault", meaning: "GPU stopped processing a channel" },
  45: { action: "app-fault", meaning: "preemptive cleanup after an earlier error" },
  68: { action: "app-fault", meaning: "video decoder exception" },
  46: { action: "drain", meaning: "GPU stopped processing" },
  48: { action: "drain", meaning: "double-bit ECC error" },
  62: { action: "drain", meaning: "internal microcontroller halt" },
  63: { action: "schedule-reset", meaning: "a memory row is to be remapped" },
  64: { action: "drain", meaning: "remapping a memory row failed" },
  74: { action: "drain", meaning: "NVLink error" },
  79: { action: "quarantine", meaning: "GPU has fallen off the bus" },
  92: { action: "drain", meaning: "high rate of single-bit ECC errors" },
  94: { action: "drain", meaning: "contained memory error" },
  95: { action: "quarantine", meaning: "uncontained memory error" },
  109: { action: "drain", meaning: "context switch timeout" },
  119: { action: "drain", meaning: "GSP firmware does not answer" },
  120: { action: "drain", meaning: "GSP firmware error" },
  122: { action: "drain", meaning: "SPI PMU read failure" },
  123: { action: "drain", meaning: "SPI PMU write failure" },
  124: { action: "drain", meaning: "SPI PMU erase failure" },
  125: { action: "drain", meaning: "inforom failure" },
  140: { action: "drain", meaning: "unrecovered ECC error" },
  143: { action: "drain", meaning: "GPU initialisation failure" },
  154: { action: "drain", meaning: "the recovery action of the GPU has changed" },
};

/** Where an unknown number asks for nothing by itself: the recovery action and the jobs' failures still speak. */
export function xidRule(code: number): XidRule {
  return XID_RULES[code] ?? { action: "note", meaning: "unlisted Xid" };
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

/** 154 is good news when what it announces is that nothing needs to be done. */
export function xidAction({ code, detail }: XidReport): XidAction {
  if (code === 154 && /to 0x0 \(None\)/i.test(detail)) return "note";
  return xidRule(code).action;
}

/**
 * Health policy: what is done about each thing that a driver says of a card. The numbers of Xids are NVIDIA's (Xid
 * catalogue), the reactions are ours and are data, so that a site can compare them with its own rules. Whatever a
 * card needs, a human does it: the agent never resets a GPU and never reboots. Pure.
 */
import type { RecoveryAction, ThrottleReason } from "../../shared/model/health.ts";

export type XidAction =
  /** The job's own fault: it fails, the card stays. */
  | "app-fault"
  /** The victim ends, nothing new begins on this card, a human looks. */
  | "drain"
  /** Nothing on this card can be trusted: its work is stopped now. */
  | "quarantine"
  /** Goes on until the next idle window, in which a human resets the card. */
  | "schedule-reset"
  /** Written down. */
  | "note";

export interface HealthRule {
  readonly action: XidAction;
  readonly meaning: string;
  /** What a human can do; null where nothing needs to be done. */
  readonly cure: string | null;
}

const RESET = "let the node run empty, then `sudo nvidia-smi --gpu-reset`";
const REBOOT = "look at power and seating of the card, then reboot the box";
const RMA = "reset the card when the node is empty; if it comes back, the card has to be exchanged";
const LINK = "look at NVLink bridges and cables: `nvidia-smi nvlink -s`, then reset the cards";
const SMI = "`nvidia-smi -q` names the recovery action that the driver asks for";

const XID_RULES: Readonly<Record<number, HealthRule>> = {
  13: { action: "app-fault", meaning: "graphics engine exception", cure: null },
  31: { action: "app-fault", meaning: "GPU memory page fault", cure: null },
  43: { action: "app-fault", meaning: "GPU stopped processing a channel", cure: null },
  45: { action: "app-fault", meaning: "preemptive cleanup after an earlier error", cure: null },
  68: { action: "app-fault", meaning: "video decoder exception", cure: null },
  46: { action: "drain", meaning: "GPU stopped processing", cure: RESET },
  48: { action: "drain", meaning: "double-bit ECC error", cure: RESET },
  62: { action: "drain", meaning: "internal microcontroller halt", cure: RESET },
  63: { action: "schedule-reset", meaning: "a memory row is to be remapped", cure: RESET },
  64: { action: "drain", meaning: "remapping a memory row failed", cure: RMA },
  74: { action: "drain", meaning: "NVLink error", cure: LINK },
  79: { action: "quarantine", meaning: "GPU has fallen off the bus", cure: REBOOT },
  92: { action: "drain", meaning: "high rate of single-bit ECC errors", cure: RMA },
  94: { action: "drain", meaning: "contained memory error", cure: RESET },
  95: { action: "quarantine", meaning: "uncontained memory error", cure: RESET },
  109: { action: "drain", meaning: "context switch timeout", cure: RESET },
  119: { action: "drain", meaning: "GSP firmware does not answer", cure: RESET },
  120: { action: "drain", meaning: "GSP firmware error", cure: RESET },
  122: { action: "drain", meaning: "SPI PMU read failure", cure: RMA },
  123: { action: "drain", meaning: "SPI PMU write failure", cure: RMA },
  124: { action: "drain", meaning: "SPI PMU erase failure", cure: RMA },
  125: { action: "drain", meaning: "inforom failure", cure: RMA },
  140: { action: "drain", meaning: "unrecovered ECC error", cure: RESET },
  143: { action: "drain", meaning: "GPU initialisation failure", cure: REBOOT },
  154: { action: "drain", meaning: "the recovery action of the GPU has changed", cure: SMI },
};

/** Where an unknown number asks for nothing by itself: the recovery action and the jobs' failures still speak. */
export function xidRule(code: number): HealthRule {
  return XID_RULES[code] ?? { action: "note", meaning: "unlisted Xid", cure: null };
}

/** 154 is good news when what it announces is that nothing needs to be done. */
export function xidAction({ code, detail }: { readonly code: number; readonly detail: string }): XidAction {
  if (code === 154 && /to 0x0 \(None\)/i.test(detail)) return "note";
  return xidRule(code).action;
}

/** What the driver's own word asks for; it lasts as long as the driver says so. */
export const RECOVERY_RULES: Readonly<
  Record<Exclude<RecoveryAction, "none">, Pick<HealthRule, "action"> & { readonly cure: string }>
> = {
  "gpu-reset": { action: "drain", cure: "cordon, let the node run empty, then sudo nvidia-smi --gpu-reset" },
  "bus-reset": { action: "drain", cure: "cordon, let the node run empty, then sudo nvidia-smi --gpu-reset" },
  "drain-and-reset": {
    action: "drain",
    cure: "cordon, let the node run empty, then sudo nvidia-smi --gpu-reset",
  },
  "drain-p2p": { action: "drain", cure: "stop work that spans cards; the others may go on" },
  "node-reboot": { action: "drain", cure: "cordon, let the node run empty, then reboot the box" },
  "system-reboot": { action: "drain", cure: "cordon, let the node run empty, then reboot the box" },
  "recover-imex-domain": { action: "drain", cure: "restart nvidia-imex on every box of the domain" },
  other: {
    action: "drain",
    cure: "ask the vendor: this driver names an action that is not known here",
  },
};

/** The hardware slows itself down to survive; `power-cap` is normal on a busy card. */
export const SLOWING: readonly ThrottleReason[] = ["hw-slowdown", "hw-thermal", "power-brake", "sw-thermal"];

export interface HealthPolicy {
  /** Without a further fault for this long, a drained card takes work again; doubled with each time it was out. */
  readonly drainedCleanMs: number;
  readonly quarantinedCleanMs: number;
  readonly cleanMaxMs: number;
  /** Without a fault for this long, earlier times do not count any more. */
  readonly forgiveMs: number;
  /** Faults that applications cause drain the card when so many jobs, or runners, have them within the window. */
  readonly appFaultWindowMs: number;
  readonly appFaultJobs: number;
  readonly appFaultRunners: number;
  /** Slowed for this long, a cool card is as hot as it gets (1); cooling down to 0 takes `coolMs`. */
  readonly heatMs: number;
  readonly coolMs: number;
  /** Two thresholds, so that a card at the edge does not flap its gates. */
  readonly pauseAtHeat: number;
  readonly resumeAtHeat: number;
}

export const HEALTH_POLICY: HealthPolicy = {
  drainedCleanMs: 10 * 60_000,
  quarantinedCleanMs: 30 * 60_000,
  cleanMaxMs: 8 * 3_600_000,
  forgiveMs: 24 * 3_600_000,
  appFaultWindowMs: 10 * 60_000,
  appFaultJobs: 3,
  appFaultRunners: 2,
  heatMs: 20_000,
  coolMs: 60_000,
  pauseAtHeat: 0.75,
  resumeAtHeat: 0.25,
};

/** The policy at the pace of an agent: every duration shrinks together. */
export function healthPolicyAt(scale: number): HealthPolicy {
  const policy = HEALTH_POLICY;
  return {
    ...policy,
    drainedCleanMs: policy.drainedCleanMs * scale,
    quarantinedCleanMs: policy.quarantinedCleanMs * scale,
    cleanMaxMs: policy.cleanMaxMs * scale,
    forgiveMs: policy.forgiveMs * scale,
    appFaultWindowMs: policy.appFaultWindowMs * scale,
    heatMs: policy.heatMs * scale,
    coolMs: policy.coolMs * scale,
  };
}

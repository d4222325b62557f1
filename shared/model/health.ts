/** Health: what a driver says of a card, and what a node makes of it (SPEC N12). One vocabulary for both sides. */

/** Why a card runs below its clocks: NVML's clock event reasons. `power-cap` is normal under full load. */
export type ThrottleReason =
  | "idle"
  | "app-clocks"
  | "power-cap"
  | "hw-slowdown"
  | "sync-boost"
  | "sw-thermal"
  | "hw-thermal"
  | "power-brake"
  | "display-clocks";

/** What the driver says has to be done to the card. */
export type RecoveryAction =
  | "none"
  | "gpu-reset"
  | "node-reboot"
  | "drain-p2p"
  | "drain-and-reset"
  | "recover-imex-domain"
  | "bus-reset"
  | "system-reboot"
  | "other";

/** From best to worst; each takes less work than the one before. */
export const CARD_STANDINGS = ["well", "throttled", "drained", "quarantined"] as const;
/**
 * `throttled`: no new batch or background work. `drained`: no new work, what runs finishes. `quarantined`: no new
 * work, what runs is ended as lost.
 */
export type CardStanding = (typeof CARD_STANDINGS)[number];

/** How a card stands now; told whenever it changes and again in each session. */
export interface StandingReport {
  /** Per agent process, shared with faults, so that a gap is visible. */
  readonly seq: number;
  /** UUID */
  readonly gpu: string;
  readonly standing: CardStanding;
  /** Why it is not well, or why it is again. */
  readonly reason: string;
  /** What a human can do; null where waiting is enough. */
  readonly cure: string | null;
}

/** Something went wrong on a card, whatever came of it. */
export interface FaultReport {
  readonly seq: number;
  /** UUID; null where nobody can tell the card. */
  readonly gpu: string | null;
  /** Such as xid-79. */
  readonly cause: string;
  /** What the policy makes of it: note, app-fault, drain, quarantine, schedule-reset. */
  readonly action: string;
  readonly detail: string;
  /** The job that it is counted against; null when it is none. */
  readonly jobId: string | null;
}

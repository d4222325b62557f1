/**
 * Timing: every duration of the lease protocol, derived in one place and cross-checked at start
 * (DESIGN section 3). `scale` shrinks all of them together for tests, so their order never changes.
 */
import { invariant } from "../invariant.ts";

export interface Timing {
  readonly scale: number;
  readonly leaseTtlMs: number;
  readonly renewMs: number;
  readonly termGraceMs: number;
  readonly proofMs: number;
  readonly marginMs: number;
  /** `giveUpAfterMs` of work that may not outlive its hub. */
  readonly regrantAfterMs: number;
  readonly heartbeatMs: number;
  /** No message for this long: the node is suspect. */
  readonly suspectMs: number;
  readonly panicWindowMs: number;
  readonly keepaliveMs: number;
  readonly keepaliveTimeoutMs: number;
  readonly preflightMs: number;
  readonly reconnectMinMs: number;
  readonly reconnectMaxMs: number;
  readonly telemetryMs: number;
  /** A node whose last frame is older is stale for the hub. */
  readonly telemetryStaleMs: number;
  /** Telemetry older than this stops claiming altogether. */
  readonly claimStopMs: number;
  readonly probeDeadlineMs: number;
  readonly shimTickMs: number;
  /** Core tick of both processes: deadlines are compared this often at least. */
  readonly tickMs: number;
  readonly bulkIdleMs: number;
  /** How long a hub leads without renewing; on the database's clock. */
  readonly leadershipTtlMs: number;
  readonly leadershipRenewMs: number;
  /** How often a replica looks for new events and for a leader that has gone. */
  readonly standbyPollMs: number;
}

const SHIM_TICK_FLOOR_MS = 100;

/** Share by which the clock of a machine may be wrong, either way. */
const DRIFT_MAX = 0.01;

/** What the fastest clock counts while the slowest counts 1. */
const DRIFT_RATIO = (1 + DRIFT_MAX) / (1 - DRIFT_MAX);

/** A stall of an ordinary machine must not cost the leadership, however short the other durations are. */
const LEADERSHIP_FLOOR_MS = 3_000;

/** The table at a scale in (0, 1]; 1 is production. Throws when the ratios contradict each other. */
export function createTiming(scale = 1): Timing {
  invariant(scale > 0 && scale <= 1, `timing scale must be in (0, 1], got ${scale}`);
  const scaled = (ms: number): number => Math.max(1, Math.round(ms * scale));
  const leaseTtlMs = scaled(30_000);
  const termGraceMs = scaled(10_000);
  const proofMs = scaled(2_000);
  const marginMs = scaled(5_000);
  const timing: Timing = {
    scale,
    leaseTtlMs,
    renewMs: scaled(10_000),
    termGraceMs,
    proofMs,
    marginMs,
    regrantAfterMs: leaseTtlMs + termGraceMs + proofMs + marginMs,
    heartbeatMs: scaled(3_000),
    suspectMs: scaled(8_000),
    panicWindowMs: scaled(15_000),
    keepaliveMs: Math.max(1_000, scaled(5_000)),
    keepaliveTimeoutMs: Math.max(1_000, scaled(3_000)),
    preflightMs: Math.max(1_000, scaled(3_000)),
    reconnectMinMs: scaled(500),
    reconnectMaxMs: scaled(5_000),
    telemetryMs: scaled(1_000),
    telemetryStaleMs: Math.max(1_000, scaled(5_000)),
    claimStopMs: scaled(60_000),
    probeDeadlineMs: Math.max(500, scaled(5_000)),
    shimTickMs: Math.max(SHIM_TICK_FLOOR_MS, scaled(1_000)),
    tickMs: Math.max(20, scaled(200)),
    bulkIdleMs: scaled(30_000),
    leadershipTtlMs: Math.max(LEADERSHIP_FLOOR_MS, scaled(6_000)),
    leadershipRenewMs: Math.max(LEADERSHIP_FLOOR_MS / 3, scaled(2_000)),
    standbyPollMs: Math.max(100, scaled(500)),
  };
  checkTiming(timing);
  return timing;
}

/**
 * The hub gives a silent holder's job to somebody else no earlier than this after the last renewal. The margin makes
 * up for the drift of a lease; the grace may be so much longer than it that its own drift has to be waited for.
 */
export function giveUpAfterMs({ regrantAfterMs }: Timing, offlineGraceMs: number): number {
  return regrantAfterMs + Math.ceil(offlineGraceMs * DRIFT_RATIO);
}

/** The relations that the safety argument of DESIGN section 3 rests on. */
function checkTiming(timing: Timing): void {
  invariant(timing.shimTickMs <= timing.marginMs, "timing: shimTick must not exceed margin");
  const holderEndsMs = timing.leaseTtlMs + timing.shimTickMs + timing.termGraceMs + timing.proofMs;
  invariant(
    holderEndsMs * DRIFT_RATIO < timing.regrantAfterMs,
    "timing: a holder must end before its job is granted again, by the slowest clock and the fastest",
  );
  invariant(timing.renewMs * 2 < timing.leaseTtlMs, "timing: two renewals must fit into a lease");
  invariant(
    timing.leadershipRenewMs * 2 < timing.leadershipTtlMs,
    "timing: two renewals must fit into a term of leadership",
  );
  invariant(timing.heartbeatMs * 2 < timing.suspectMs, "timing: two heartbeats must fit before suspect");
}

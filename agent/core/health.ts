/**
 * Health: how one card stands, folded from what the driver says of it. A fault takes a card out at once and a clean
 * period brings it back, longer each time; the driver's own word counts for as long as it lasts, and when it takes
 * it back, somebody has cured the card. Faults that applications cause count against the job, unless several jobs
 * have them: then it is the card after all. Silence changes nothing. Pure.
 */
import type { CardStanding, RecoveryAction, ThrottleReason } from "../../shared/model/health.ts";
import {
  type HealthPolicy,
  RECOVERY_RULES,
  SLOWING,
  type XidAction,
  xidAction,
  xidRule,
} from "./health-policy.ts";

/** Why a card is out of service. */
interface Outage {
  readonly standing: Extract<CardStanding, "drained" | "quarantined">;
  readonly reason: string;
  readonly cure: string | null;
  readonly sinceMs: number;
  /** The clean period is counted from the last fault. */
  readonly lastFaultMs: number;
}

interface AppFault {
  readonly jobId: string;
  readonly runner: string;
  readonly atMs: number;
}

export interface CardHealth {
  readonly outage: Outage | null;
  /** Times it was taken out, until it is forgiven. */
  readonly strikes: number;
  readonly lastOutMs: number;
  /** As last told; null where the driver has never said. */
  readonly recovery: RecoveryAction | null;
  readonly isReadable: boolean;
  readonly appFaults: readonly AppFault[];
  /** 0…1: how much of the recent time it was slowed. */
  readonly heat: number;
  readonly slowedBy: readonly ThrottleReason[];
  readonly isPaused: boolean;
  readonly lookedAtMs: number | null;
}

/** What one reading says of a card; null is unknown. */
export interface CardCondition {
  readonly recovery: RecoveryAction | null;
  readonly throttle: readonly ThrottleReason[] | null;
  readonly isReadable: boolean;
}

export interface Xid {
  readonly code: number;
  readonly detail: string;
  /** Whose process it was; null where nobody can tell. */
  readonly job: { readonly jobId: string; readonly runner: string } | null;
}

export const HEALTHY: CardHealth = {
  outage: null,
  strikes: 0,
  lastOutMs: 0,
  recovery: null,
  isReadable: true,
  appFaults: [],
  heat: 0,
  slowedBy: [],
  isPaused: false,
  lookedAtMs: null,
};

/** App faults of a card that are remembered. */
const APP_FAULTS_MAX = 32;

export interface Standing {
  readonly standing: CardStanding;
  readonly reason: string;
  readonly cure: string | null;
}

/** The worst of what is known. */
export function standingOf({ outage, isPaused, slowedBy, heat }: CardHealth): Standing {
  if (outage !== null) return { standing: outage.standing, reason: outage.reason, cure: outage.cure };
  if (!isPaused) return { standing: "well", reason: "", cure: null };
  const by = slowedBy.length === 0 ? "still hot" : `slowed down by ${slowedBy.join(" and ")}`;
  const reason = `${by}, heat ${heat.toFixed(2)}`;
  return { standing: "throttled", reason, cure: "look at cooling and power of the box" };
}

/** Takes an Xid over; `action` is what became of it. */
export function noteXid(
  policy: HealthPolicy,
  health: CardHealth,
  xid: Xid,
  nowMs: number,
): { readonly health: CardHealth; readonly action: XidAction } {
  const action = xidAction(xid);
  const { meaning, cure } = xidRule(xid.code);
  const said = `Xid ${xid.code}: ${meaning}`;
  switch (action) {
    case "drain":
      return { health: takeOut(policy, health, { standing: "drained", reason: said, cure }, nowMs), action };
    case "quarantine":
      return {
        health: takeOut(policy, health, { standing: "quarantined", reason: said, cure }, nowMs),
        action,
      };
    case "app-fault":
      return noteAppFault(policy, health, xid, nowMs);
    case "note":
    case "schedule-reset":
      return { health, action };
  }
}

function noteAppFault(
  policy: HealthPolicy,
  health: CardHealth,
  { code, job }: Xid,
  nowMs: number,
): { readonly health: CardHealth; readonly action: XidAction } {
  if (job === null) return { health, action: "app-fault" };
  const recent = health.appFaults.filter(({ atMs }) => nowMs - atMs < policy.appFaultWindowMs);
  const appFaults = [...recent, { ...job, atMs: nowMs }].slice(-APP_FAULTS_MAX);
  const next = { ...health, appFaults };
  const jobs = new Set(appFaults.map(({ jobId }) => jobId)).size;
  const runners = new Set(appFaults.map(({ runner }) => runner)).size;
  if (jobs < policy.appFaultJobs && runners < policy.appFaultRunners)
    return { health: next, action: "app-fault" };
  const reason = `Xid ${code} and its like from ${jobs} jobs of ${runners} runner(s): it is the card and not a job`;
  const cure = "run a known good job on it; if that fails too, reset the card when the node is empty";
  const out = takeOut(policy, next, { standing: "drained", reason, cure }, nowMs);
  return { health: { ...out, appFaults: [] }, action: "drain" };
}

/** Takes a reading over: the driver's own word, heat, and whether the card has been clean for long enough. */
export function noteCondition(
  policy: HealthPolicy,
  health: CardHealth,
  { recovery, throttle, isReadable }: CardCondition,
  nowMs: number,
): CardHealth {
  const told = recovery ?? health.recovery;
  const isCured = told === "none" && health.recovery !== null && health.recovery !== "none";
  const before = { ...health, recovery: told, isReadable };
  const obeyed = isCured ? { ...before, outage: null, strikes: 0 } : obey(policy, before, nowMs);
  return settle(policy, noteHeat(policy, obeyed, throttle, nowMs), nowMs);
}

/** Returns a card to service when nothing has been wrong with it for its clean period. */
function settle(policy: HealthPolicy, health: CardHealth, nowMs: number): CardHealth {
  const { outage, strikes, isReadable, lastOutMs } = health;
  if (outage === null) {
    const isForgiven = strikes > 0 && nowMs - lastOutMs >= policy.forgiveMs;
    return isForgiven ? { ...health, strikes: 0 } : health;
  }
  if (!isReadable || asksForHelp(health)) return health;
  if (nowMs - outage.lastFaultMs < cleanMs(policy, outage.standing, strikes)) return health;
  return { ...health, outage: null, lastOutMs: nowMs };
}

/** How long a card has to be clean after it was taken out that many times. */
export function cleanMs(policy: HealthPolicy, standing: Outage["standing"], strikes: number): number {
  const first = standing === "drained" ? policy.drainedCleanMs : policy.quarantinedCleanMs;
  return Math.min(policy.cleanMaxMs, first * (1 << Math.min(16, Math.max(0, strikes - 1))));
}

function obey(policy: HealthPolicy, health: CardHealth, nowMs: number): CardHealth {
  const { recovery } = health;
  if (recovery === null || recovery === "none") return health;
  const { cure } = RECOVERY_RULES[recovery];
  const reason = `the driver asks for ${recovery}`;
  return takeOut(policy, health, { standing: "drained", reason, cure }, nowMs);
}

function asksForHelp({ recovery }: CardHealth): boolean {
  return recovery !== null && recovery !== "none";
}

/** The worse of what it is and what it becomes; a further fault starts the clean period anew. */
function takeOut(
  policy: HealthPolicy,
  health: CardHealth,
  why: Pick<Outage, "standing" | "reason" | "cure">,
  nowMs: number,
): CardHealth {
  const { outage } = health;
  if (outage === null) {
    const isForgiven = nowMs - health.lastOutMs >= policy.forgiveMs;
    const strikes = isForgiven ? 1 : health.strikes + 1;
    return { ...health, strikes, lastOutMs: nowMs, outage: { ...why, sinceMs: nowMs, lastFaultMs: nowMs } };
  }
  const isWorse = outage.standing === "drained" && why.standing === "quarantined";
  return { ...health, outage: { ...outage, ...(isWorse ? why : {}), lastFaultMs: nowMs } };
}

/** Rises while the hardware slows the card and falls while it does not; unknown leaves it where it is. */
function noteHeat(
  policy: HealthPolicy,
  health: CardHealth,
  throttle: CardCondition["throttle"],
  nowMs: number,
): CardHealth {
  const elapsedMs = nowMs - (health.lookedAtMs ?? nowMs);
  if (throttle === null) return { ...health, lookedAtMs: nowMs };
  const slowedBy = throttle.filter((reason) => SLOWING.includes(reason));
  // One look after a long silence is one look.
  const change = slowedBy.length > 0 ? Math.min(0.5, elapsedMs / policy.heatMs) : -elapsedMs / policy.coolMs;
  const heat = Math.min(1, Math.max(0, health.heat + change));
  const isPaused = health.isPaused ? heat > policy.resumeAtHeat : heat >= policy.pauseAtHeat;
  return { ...health, heat, slowedBy, isPaused, lookedAtMs: nowMs };
}

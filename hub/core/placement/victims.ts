/**
 * Victims: which running work has to leave so that a more important job fits (SPEC H6). The least important goes first;
 * of that as few attempts as will do, all on one card or node; of equally few those that lose least: no service where a
 * task will do, and the youngest. Pure; whether they may be stopped at all is asked before.
 */

/**
 * Times are of production and scale with the others (shared/model/timing.ts). How long the room is kept is not here:
 * it is the re-grant window, after which a holder that heard nothing has ended by its own clock (DESIGN section 3).
 */
export const PREEMPT_POLICY = {
  /** A job waits for this long before others are stopped for it: what is about to end ends by itself. Own choice. */
  patienceMs: 5_000,
  /** An attempt runs for this long before it may be stopped (Slurm PreemptExemptTime; as long as eviction waits). */
  minRuntimeMs: 30_000,
  /** A job that was stopped so often is left alone (LSF MAX_JOB_PREEMPT). */
  timesMax: 3,
  /** A job for which others were stopped waits for this long before it happens again. Own choice: ten windows. */
  claimPauseMs: 8 * 60_000,
  /** One decision in this time for the whole fleet: it is looked at what came of the last (YARN: every 3 s). */
  lookMs: 1_000,
  /** Jobs that room is kept for at the same time (YARN bounds what is preempted in a round). */
  holdsMax: 16,
  /** Waiting jobs of one queue that are looked at, the first in line. */
  lookedAt: 16,
} as const;

/** An attempt that may be stopped. */
export interface Victim {
  readonly token: number;
  /** Of its priority: 0 is the most important. */
  readonly rank: number;
  /** What comes back when it is gone. */
  readonly vramBytes: number;
  readonly ranMs: number;
  readonly isService: boolean;
}

/** What a job lacks on a card or node. */
export interface Missing {
  readonly vramBytes: number;
  readonly slots: number;
}

/** Those that have to leave, or null when it is not enough if all do. */
export function chooseVictims(pool: readonly Victim[], missing: Missing): readonly Victim[] | null {
  const ranks = [...new Set(pool.map(({ rank }) => rank))].sort((a, b) => b - a);
  for (const rank of ranks) {
    const chosen = fewest(
      pool.filter((victim) => victim.rank >= rank),
      missing,
    );
    if (chosen !== null)
      return cheaper(
        chosen,
        pool.filter((victim) => victim.rank >= rank),
        missing,
      );
  }
  return null;
}

/** Negative when the first of two sets is the better one to stop: the order in which cards are compared. */
export function compareSets(a: readonly Victim[], b: readonly Victim[]): number {
  return topRank(b) - topRank(a) || a.length - b.length || services(a) - services(b) || lostMs(a) - lostMs(b);
}

/** The largest first: no fewer would do. */
function fewest(pool: readonly Victim[], { vramBytes, slots }: Missing): readonly Victim[] | null {
  const largest = pool.toSorted((a, b) => b.vramBytes - a.vramBytes || byCost(a, b));
  const chosen: Victim[] = [];
  let freedBytes = 0;
  for (const victim of largest) {
    if (freedBytes >= vramBytes && chosen.length >= slots) break;
    chosen.push(victim);
    freedBytes += victim.vramBytes;
  }
  return freedBytes >= vramBytes && chosen.length >= slots ? chosen : null;
}

/** The same number of them, each replaced by the cheapest one that still does. */
function cheaper(
  chosen: readonly Victim[],
  pool: readonly Victim[],
  { vramBytes }: Missing,
): readonly Victim[] {
  const set = [...chosen];
  const byPrice = pool.toSorted(byCost);
  for (let at = 0; at < set.length; at++) {
    const rest = set.filter((_, index) => index !== at).reduce((sum, each) => sum + each.vramBytes, 0);
    const better = byPrice.find((each) => !set.includes(each) && rest + each.vramBytes >= vramBytes);
    const present = set[at];
    if (better !== undefined && present !== undefined && byCost(better, present) < 0) set[at] = better;
  }
  return set.toSorted((a, b) => a.token - b.token);
}

function byCost(a: Victim, b: Victim): number {
  return Number(a.isService) - Number(b.isService) || a.ranMs - b.ranMs || b.token - a.token;
}

function topRank(set: readonly Victim[]): number {
  return Math.min(...set.map(({ rank }) => rank));
}

function services(set: readonly Victim[]): number {
  return set.filter(({ isService }) => isService).length;
}

function lostMs(set: readonly Victim[]): number {
  return set.reduce((sum, { ranMs }) => sum + ranMs, 0);
}

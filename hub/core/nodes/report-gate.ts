/**
 * Report gate: what nodes tell for the reader of the journal alone. Crossings, faults and decisions change nothing that
 * is decided, so they shall never be what fills the journal: they are written down while it has room, and of each node
 * at a bounded rate. What is left out is counted, and told by the next of its kind.
 *
 * Whatever changes what is (standings, starts, restarts, completions, ends of attempts, sessions) is taken also while
 * there is no room: nothing is granted meanwhile, so leases and cards bound it, and the journal keeps room for it.
 */
import type { Tx } from "../transaction.ts";

export const REPORT_LIMITS = {
  /** Of one node, after a quiet time; more than an agent keeps while no hub listens. */
  burst: 200,
  perSecond: 5,
} as const;

export type ReportKind = "crossing" | "fault" | "decision";

export interface NodeReports {
  /** How many more may be written down now. */
  left: number;
  filledBootMs: number;
  /** Left out since the last one that was written down. */
  readonly missed: Record<ReportKind, number>;
}

/**
 * Asks for one report of a node before which `lost` never arrived; the answer is how many of its kind are missing
 * before it, or null when it is to be left out itself.
 */
export function admitReport(tx: Tx, node: string, kind: ReportKind, lost = 0): number | null {
  const reports = refilled(tx, node);
  const missed = reports.missed[kind] + lost;
  if (tx.soft.isJournalFull || reports.left < 1) {
    reports.missed[kind] = missed + 1;
    return null;
  }
  reports.left--;
  reports.missed[kind] = 0;
  return missed;
}

function refilled({ soft, times }: Tx, node: string): NodeReports {
  const { burst, perSecond } = REPORT_LIMITS;
  const known = soft.reports.get(node);
  if (known === undefined) {
    const none = { crossing: 0, fault: 0, decision: 0 };
    const fresh = { left: burst, filledBootMs: times.bootMs, missed: none };
    soft.reports.set(node, fresh);
    return fresh;
  }
  known.left = Math.min(burst, known.left + ((times.bootMs - known.filledBootMs) / 1_000) * perSecond);
  known.filledBootMs = times.bootMs;
  return known;
}

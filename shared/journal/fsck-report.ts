/** FsckReport: what a look over a journal finds, whichever database holds it. */
import { recordProblem } from "./integrity.ts";

export interface FsckReport {
  readonly ok: boolean;
  /** Newest first. */
  readonly snapshots: readonly FsckSnapshot[];
  /** Number of events kept, with the seq of the first and the last; 0 when there are none. */
  readonly events: number;
  readonly firstSeq: number;
  readonly lastSeq: number;
  readonly problems: readonly string[];
}

export interface FsckSnapshot {
  readonly seq: number;
  readonly schemaVersion: number;
  readonly isValid: boolean;
}

/** Places named in a report; a wholly damaged file would otherwise fill the screen. */
export const MAX_PROBLEMS = 20;

/** A hub does not read what all of its snapshots hold already, and drops it with what it appends next. */
const COVERED = "but every snapshot covers it: a hub starts without it";

export interface Examiner {
  /** Shown every event kept, in order. */
  look(row: { readonly seq: number; readonly crc: number; readonly payload: string }): void;
  /** `others`: what else was found, put first. */
  report(others?: readonly string[]): FsckReport;
}

/** Events must be whole from the first one kept, and none may be missing after the oldest good snapshot. */
export function createExaminer(rows: readonly FsckSnapshot[]): Examiner {
  const snapshots = rows.map(({ seq, schemaVersion, isValid }) => ({ seq, schemaVersion, isValid }));
  const oldestSeq = snapshots.findLast(({ isValid }) => isValid)?.seq ?? 0;
  const damaged = snapshots.filter(({ isValid }) => !isValid);
  const found: string[] = [];
  let events = 0;
  let firstSeq = 0;
  let previous = oldestSeq;
  return {
    look: (row) => {
      if (events === 0) {
        firstSeq = row.seq;
        previous = Math.min(oldestSeq, row.seq - 1);
      }
      const problem = recordProblem(previous, row);
      const isCovered = previous + 1 <= oldestSeq;
      if (problem !== null && found.length < MAX_PROBLEMS)
        found.push(isCovered ? `${problem}, ${COVERED}` : problem);
      previous = row.seq;
      events += 1;
    },
    report: (others = []) => {
      const places = damaged.map(({ seq }) => `table snapshot: seq ${seq} is damaged`);
      const problems = [...others, ...places, ...found];
      const lastSeq = events === 0 ? 0 : previous;
      const ok = problems.length === 0;
      return { ok, snapshots, events, firstSeq, lastSeq, problems: problems.slice(0, MAX_PROBLEMS) };
    },
  };
}

/**
 * Fsck: looks a journal over without changing it. It takes a reader's lock, so the hub must be stopped, and
 * it belongs in a process of its own, because that lock may last until the process ends.
 */
import { existsSync } from "node:fs";
import { FleetError } from "../errors.ts";
import { recordProblem } from "./integrity.ts";
import { type Database, loadSqlite } from "./sqlite.ts";
import { foreignFile, openError } from "./sqlite-file.ts";
import { type EventRow, eventRows, snapshotRows } from "./sqlite-rows.ts";

export interface FsckReport {
  readonly ok: boolean;
  /** Newest first. */
  readonly snapshots: readonly {
    readonly seq: number;
    readonly schemaVersion: number;
    readonly isValid: boolean;
  }[];
  /** Number of events kept, with the seq of the first and the last; 0 when there are none. */
  readonly events: number;
  readonly firstSeq: number;
  readonly lastSeq: number;
  readonly problems: readonly string[];
}

/** A damaged journal is a report; FleetError is for one that cannot be read at all, or is in use. */
export async function fsck(path: string): Promise<FsckReport> {
  if (!existsSync(path)) throw new FleetError("notFound", `there is no journal at ${path}`);
  const { DatabaseSync } = await loadSqlite();
  let database: Database | null = null;
  try {
    database = new DatabaseSync(path, { readOnly: true });
    const foreign = foreignFile(database, path, Number.MAX_SAFE_INTEGER);
    if (foreign !== null) throw foreign;
    return examine(database);
  } catch (error) {
    throw openError(path, error);
  } finally {
    database?.close();
  }
}

/** Places named in a report; a wholly damaged file would otherwise fill the screen. */
const MAX_PROBLEMS = 20;

function examine(database: Database): FsckReport {
  const snapshots = snapshotRows(database);
  const oldest = snapshots.findLast((snapshot) => snapshot.isValid);
  const { problems: eventProblems, ...range } = examineEvents(database, oldest?.seq ?? 0);
  const problems = [
    ...examinePages(database),
    ...snapshots.filter((row) => !row.isValid).map((row) => `table snapshot: seq ${row.seq} is damaged`),
    ...eventProblems,
  ];
  return {
    ok: problems.length === 0,
    snapshots: snapshots.map(({ seq, schemaVersion, isValid }) => ({ seq, schemaVersion, isValid })),
    ...range,
    problems: problems.slice(0, MAX_PROBLEMS),
  };
}

/** SQLite's own opinion of its pages. */
function examinePages(database: Database): readonly string[] {
  const rows = database.prepare(`PRAGMA quick_check(${MAX_PROBLEMS})`).all();
  return rows.map((row) => String(row["quick_check"])).filter((line) => line !== "ok");
}

type EventRange = Pick<FsckReport, "events" | "firstSeq" | "lastSeq" | "problems">;

/** Events must be whole from the first one kept, and none may be missing after the oldest good snapshot. */
function examineEvents(database: Database, snapshotSeq: number): EventRange {
  const problems: string[] = [];
  let events = 0;
  let firstSeq = 0;
  let previous = snapshotSeq;
  for (const row of eventsOf(database)) {
    if (events === 0) {
      firstSeq = row.seq;
      previous = Math.min(snapshotSeq, row.seq - 1);
    }
    const problem = recordProblem(previous, row);
    if (problem !== null && problems.length < MAX_PROBLEMS) problems.push(problem);
    previous = row.seq;
    events += 1;
  }
  return { events, firstSeq, lastSeq: events === 0 ? 0 : previous, problems };
}

function* eventsOf(database: Database): Iterable<EventRow> {
  for (const rows of eventRows(database, 0)) yield* rows;
}

/**
 * Fsck: looks a journal over without changing it. It takes a reader's lock, so the hub must be stopped, and
 * it belongs in a process of its own, because that lock may last until the process ends.
 */
import { existsSync } from "node:fs";
import { FleetError } from "../errors.ts";
import { createExaminer, type FsckReport, MAX_PROBLEMS } from "./fsck-report.ts";
import { type Database, loadSqlite, sqliteProblem } from "./sqlite.ts";
import { foreignFile, openError } from "./sqlite-file.ts";
import { eventRows, snapshotRows } from "./sqlite-rows.ts";

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
    if (sqliteProblem(error) === "corrupt")
      throw new FleetError("config", `${path} is damaged beyond reading: restore a backup`, error);
    throw openError(path, error);
  } finally {
    database?.close();
  }
}

function examine(database: Database): FsckReport {
  const examiner = createExaminer(snapshotRows(database));
  for (const rows of eventRows(database, 0)) for (const row of rows) examiner.look(row);
  return examiner.report(examinePages(database));
}

/** SQLite's own opinion of its pages. */
function examinePages(database: Database): readonly string[] {
  const rows = database.prepare(`PRAGMA quick_check(${MAX_PROBLEMS})`).all();
  return rows.map((row) => String(row["quick_check"])).filter((line) => line !== "ok");
}

/**
 * SqliteFile: opens the journal's file, takes its lock and checks that it is ours to write.
 *
 * The lock is SQLite's exclusive locking mode, so it is also the proof that this is the only hub on the
 * root. Nothing else in this process may open the file: POSIX drops all locks of a process when it closes
 * any descriptor of the file.
 */
import { closeSync, fsyncSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { isDiskFull } from "../disk-full.ts";
import { FleetError } from "../errors.ts";
import { corruptJournal } from "./integrity.ts";
import { type Database, loadSqlite, sqliteProblem } from "./sqlite.ts";

/** Marks the file as ours: "SPJ" and the version of the table layout. */
export const APPLICATION_ID = 0x53504a01;

const LAYOUT = `
  CREATE TABLE event (seq INTEGER PRIMARY KEY, crc INTEGER NOT NULL, payload TEXT NOT NULL) STRICT;
  CREATE TABLE snapshot (seq INTEGER PRIMARY KEY, schemaVersion INTEGER NOT NULL, codec TEXT NOT NULL,
                         sha256 TEXT NOT NULL, blob BLOB NOT NULL) STRICT;
  PRAGMA application_id = ${APPLICATION_ID};`;

/**
 * Opens or creates the file and takes its lock, which lives as long as the connection is referenced.
 * Throws FleetError: `alreadyExists` when another hub holds it, `refused` when a newer release wrote it,
 * `config` when it is no journal, cannot be opened or is corrupt.
 */
export async function lockSqliteFile(path: string, schemaVersion: number): Promise<Database> {
  const { DatabaseSync } = await loadSqlite();
  let database: Database | null = null;
  try {
    database = new DatabaseSync(path);
    database.exec("PRAGMA locking_mode = EXCLUSIVE");
    prepareFile(database, path, schemaVersion);
    writePid(path);
    return database;
  } catch (error) {
    database?.close();
    throw openError(path, error);
  }
}

/** Closes the connection and with it the lock. */
export function releaseSqliteFile(database: Database, path: string): void {
  rmSync(pidFile(path), { force: true });
  database.close();
}

/** WAL with synchronous=FULL: a commit is one fsync. SQLite's own checkpoints are off, see SqliteStore. */
function prepareFile(database: Database, path: string, schemaVersion: number): void {
  const isFresh = pragma(database, "schema_version") === 0;
  const problem = isFresh ? null : foreignFile(database, path, schemaVersion);
  if (problem !== null) throw problem;
  database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0");
  // Written only where it changes: a hub that starts over on a full disk must not need room for nothing.
  const isStamped = !isFresh && pragma(database, "user_version") === schemaVersion;
  const stamp = isStamped ? "" : `PRAGMA user_version = ${schemaVersion};`;
  database.exec(`BEGIN EXCLUSIVE; ${isFresh ? LAYOUT : ""} ${stamp} COMMIT`);
  if (isFresh) syncDirectory(dirname(path));
}

/** Why this release must not touch the file, or null when it may; `schemaVersion` is the newest it reads. */
export function foreignFile(database: Database, path: string, schemaVersion: number): FleetError | null {
  if (pragma(database, "application_id") !== APPLICATION_ID) {
    return new FleetError("config", `${path} is not a journal of this program; move it away`);
  }
  const written = pragma(database, "user_version");
  if (written <= schemaVersion) return null;
  const versions = `schema ${written}, this release reads up to ${schemaVersion}`;
  return new FleetError("refused", `journal ${path} was written by a newer release (${versions}); upgrade`);
}

/** Whatever opening or first reading threw, as the FleetError that names the cure. */
export function openError(path: string, error: unknown): FleetError {
  if (error instanceof FleetError) return error;
  switch (sqliteProblem(error)) {
    case "busy":
      return new FleetError(
        "alreadyExists",
        `another hub (pid ${holderPid(path)}) holds ${path}; stop it first`,
      );
    case "corrupt":
      return corruptJournal(path, "SQLite cannot read it", error);
    default:
      return new FleetError("config", `cannot open journal ${path}`, error);
  }
}

/** The file that says who holds the journal: only words for people, the lock itself is SQLite's. */
function pidFile(path: string): string {
  return `${path}.pid`;
}

function writePid(path: string): void {
  try {
    writeFileSync(pidFile(path), `${process.pid}\n`);
  } catch (error) {
    if (!isDiskFull(error)) throw error;
  }
}

function holderPid(path: string): string {
  try {
    return readFileSync(pidFile(path), "utf8").trim();
  } catch {
    // The holder has the lock but has not yet written its name, or is no hub at all.
    return "unknown";
  }
}

function pragma(database: Database, name: string): number {
  return Number(database.prepare(`PRAGMA ${name}`).get()?.[name]);
}

function syncDirectory(path: string): void {
  const directory = openSync(path, "r");
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
}

/**
 * Sqlite: the one place that knows which SQLite this runtime has. `node:sqlite` where it is built in, else
 * `@photostructure/sqlite`, whose interface is the same.
 */

/** A value SQLite stores. */
export type SqlValue = null | number | string | Uint8Array;
export type SqlRow = Readonly<Record<string, unknown>>;

export interface Statement {
  run(...values: readonly SqlValue[]): unknown;
  get(...values: readonly SqlValue[]): SqlRow | undefined;
  all(...values: readonly SqlValue[]): readonly SqlRow[];
}

/**
 * A connection. Its lock on the file lives while the object is referenced, and with `@photostructure/sqlite`
 * even after `close()` for as long as a prepared statement is: only the end of the thread or process is sure.
 */
export interface Database {
  exec(sql: string): void;
  prepare(sql: string): Statement;
  close(): void;
  readonly isTransaction: boolean;
}

export interface Sqlite {
  readonly DatabaseSync: new (path: string, options?: { readonly readOnly?: boolean }) => Database;
}

/** Loads SQLite; rejects when this platform has neither module. */
export async function loadSqlite(): Promise<Sqlite> {
  const builtin = process.getBuiltinModule("node:sqlite");
  return (builtin ?? (await import("@photostructure/sqlite"))) as unknown as Sqlite;
}

/**
 * `busy`: somebody else holds the lock; `full`: no space; `unwritten`: a write failed, and SQLite does not say why. After
 * either of the last two the transaction is rolled back whole.
 */
export type SqliteProblem = "busy" | "full" | "unwritten" | "corrupt" | "other";

// Result codes of https://www.sqlite.org/rescode.html; the low byte of an extended one is its primary code.
const PROBLEMS: Readonly<Record<number, SqliteProblem>> = {
  5: "busy",
  6: "busy",
  11: "corrupt",
  13: "full",
  26: "corrupt",
  // SQLITE_IOERR_WRITE: each errno of a write but ENOSPC, which is SQLITE_FULL (unixWrite in os_unix.c).
  778: "unwritten",
};

export function sqliteProblem(error: unknown): SqliteProblem {
  const code = error instanceof Error && "errcode" in error ? Number(error.errcode) : 0;
  return PROBLEMS[code] ?? PROBLEMS[code & 0xff] ?? "other";
}

/**
 * SqliteStore: records and snapshots in one SQLite file.
 *
 * Checkpoints are run here and not by SQLite's own hook, because that hook swallows errors and a failed
 * fsync must never be retried: the kernel reports it once and then calls the lost pages clean.
 */
import { invariant } from "../invariant.ts";
import { corruptJournal, recordCrc, recordProblem, snapshotSha256 } from "./integrity.ts";
import { type Database, type Statement, sqliteProblem } from "./sqlite.ts";
import { lockSqliteFile, releaseSqliteFile } from "./sqlite-file.ts";
import { eventRows, SNAPSHOT_CODEC, snapshotRows } from "./sqlite-rows.ts";
import type { EventBatch, JournalStore, StoredSnapshot, StoreOutcome } from "./store.ts";

/** Places where a fault can be injected. */
export type Failpoint =
  | "before-append"
  | "after-append"
  | "after-commit"
  | "mid-snapshot"
  | "after-snapshot"
  | "mid-compaction";

export interface SqliteStoreOptions {
  readonly path: string;
  readonly schemaVersion: number;
  readonly failpoint?: (name: Failpoint, database: Database) => void;
}

const CHECKPOINT_BYTES = 4 * 1024 * 1024;
const NEWEST_SEQ = `SELECT max(coalesce((SELECT max(seq) FROM event), 0),
                               coalesce((SELECT max(seq) FROM snapshot), 0)) AS seq`;

/** Opens or creates the journal at `path` and locks it; throws as `lockSqliteFile` does. */
export async function openSqliteStore(options: SqliteStoreOptions): Promise<SqliteStore> {
  return new SqliteStore(await lockSqliteFile(options.path, options.schemaVersion), options);
}

export class SqliteStore implements JournalStore {
  readonly #database: Database;
  readonly #path: string;
  readonly #failpoint: (name: Failpoint) => void;
  readonly #schemaVersion: number;
  readonly #insertEvent: Statement;
  #lastSeq: number;
  /** Seq of the newest snapshot that is known to be good; 0 when there is none. */
  #snapshotSeq = 0;
  #bytesSinceCheckpoint = 0;

  constructor(database: Database, options: SqliteStoreOptions) {
    this.#database = database;
    this.#path = options.path;
    this.#schemaVersion = options.schemaVersion;
    this.#failpoint = (name) => options.failpoint?.(name, database);
    this.#insertEvent = database.prepare("INSERT INTO event (seq, crc, payload) VALUES (?, ?, ?)");
    this.#lastSeq = Number(database.prepare(NEWEST_SEQ).get()?.["seq"]);
  }

  get lastSeq(): number {
    return this.#lastSeq;
  }

  loadSnapshots(): { readonly snapshots: readonly StoredSnapshot[]; readonly notes: readonly string[] } {
    const rows = snapshotRows(this.#database);
    const good = rows.filter((row) => row.isValid);
    this.#snapshotSeq = good[0]?.seq ?? 0;
    return {
      snapshots: good.slice(0, 2),
      notes: rows
        .filter((row) => !row.isValid)
        .map((row) => `table snapshot: seq ${row.seq} is damaged, not used`),
    };
  }

  *readAfter(seq: number): Iterable<EventBatch> {
    let previous = seq;
    for (const rows of eventRows(this.#database, seq)) {
      const firstSeq = previous + 1;
      for (const row of rows) {
        const problem = recordProblem(previous, row);
        if (problem !== null) throw corruptJournal(this.#path, problem);
        previous = row.seq;
      }
      yield { firstSeq, payloads: rows.map((row) => row.payload) };
    }
    if (previous < this.#lastSeq)
      throw corruptJournal(this.#path, `table event: seq ${previous + 1} is missing`);
  }

  append({ firstSeq, payloads }: EventBatch): StoreOutcome {
    invariant(firstSeq === this.#lastSeq + 1, `journal: batch starts at ${firstSeq} after ${this.#lastSeq}`);
    this.#failpoint("before-append");
    const outcome = this.#transaction(() => {
      payloads.forEach((payload, index) => {
        this.#insertEvent.run(firstSeq + index, recordCrc(firstSeq + index, payload), payload);
      });
      this.#failpoint("after-append");
    });
    if (outcome === "full") return outcome;
    this.#failpoint("after-commit");
    this.#lastSeq += payloads.length;
    this.#bytesSinceCheckpoint += payloads.reduce((sum, payload) => sum + payload.length, 0);
    if (this.#bytesSinceCheckpoint > CHECKPOINT_BYTES) this.#checkpoint();
    return outcome;
  }

  saveSnapshot({ seq, text }: StoredSnapshot): StoreOutcome {
    const row = { seq, schemaVersion: this.#schemaVersion, codec: SNAPSHOT_CODEC, blob: Buffer.from(text) };
    const insert = this.#database.prepare("INSERT OR REPLACE INTO snapshot VALUES (?, ?, ?, ?, ?)");
    const outcome = this.#transaction(() => {
      insert.run(seq, row.schemaVersion, row.codec, snapshotSha256(row), row.blob);
      this.#failpoint("mid-snapshot");
    });
    if (outcome === "full") return outcome;
    this.#failpoint("after-snapshot");
    this.#compact(seq);
    return outcome;
  }

  close(): void {
    this.#checkpoint();
    releaseSqliteFile(this.#database, this.#path);
  }

  /** Without room to compact, the old rows simply stay until the next snapshot. */
  #compact(newestSeq: number): void {
    const olderSeq = this.#snapshotSeq;
    this.#transaction(() => {
      this.#database.prepare("DELETE FROM snapshot WHERE seq NOT IN (?, ?)").run(newestSeq, olderSeq);
      this.#failpoint("mid-compaction");
      this.#database.prepare("DELETE FROM event WHERE seq <= ?").run(olderSeq);
    });
    this.#snapshotSeq = newestSeq;
    this.#checkpoint();
  }

  #transaction(body: () => void): StoreOutcome {
    try {
      this.#database.exec("BEGIN IMMEDIATE");
      body();
      this.#database.exec("COMMIT");
      return "stored";
    } catch (error) {
      if (sqliteProblem(error) !== "full") throw error;
      if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
      return "full";
    }
  }

  /** Moves the log into the file; without room for that the log just grows on. */
  #checkpoint(): void {
    this.#bytesSinceCheckpoint = 0;
    try {
      this.#database.exec("PRAGMA wal_checkpoint(PASSIVE)");
    } catch (error) {
      if (sqliteProblem(error) !== "full") throw error;
    }
  }
}

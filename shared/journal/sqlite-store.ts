/**
 * SqliteStore: records and snapshots in one SQLite file.
 *
 * Checkpoints are run here and not by SQLite's own hook, because that hook swallows errors and a failed
 * fsync must never be retried: the kernel reports it once and then calls the lost pages clean.
 */
import { hasNoRoom } from "../disk-full.ts";
import { invariant } from "../invariant.ts";
import { corruptJournal, recordCrc, recordProblem, snapshotSha256 } from "./integrity.ts";
import { type Database, type Statement, sqliteProblem } from "./sqlite.ts";
import { lockSqliteFile, releaseSqliteFile } from "./sqlite-file.ts";
import { eventRows, SNAPSHOT_CODEC, snapshotRows } from "./sqlite-rows.ts";
import type { EventBatch, JournalStore, StoredSnapshot, StoreOutcome } from "./store.ts";

/** Places where a fault can be injected. */
export const JOURNAL_FAILPOINTS = [
  "before-append",
  /** In the transaction, nothing synced. */
  "after-append",
  /** Synced, nobody told. */
  "after-commit",
  "mid-snapshot",
  "after-snapshot",
  "mid-compaction",
] as const;
export type Failpoint = (typeof JOURNAL_FAILPOINTS)[number];

export interface SqliteStoreOptions {
  readonly path: string;
  readonly schemaVersion: number;
  readonly failpoint?: (name: Failpoint, database: Database) => void;
}

const PAGE_BYTES = 4096;
/** Pages in the log after which it is folded into the file: 16 MiB, rewritten in place from then on. */
const CHECKPOINT_PAGES = 4096;
/** Covered events removed for each one appended: more than one, so that compaction catches up. */
const COMPACTION_RATIO = 4;
const COMPACTED_SEQ = "SELECT coalesce(min(seq), 1) - 1 AS seq FROM event";
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
  readonly #deleteEvents: Statement;
  #lastSeq: number;
  /** Seq of the newest snapshot that is known to be good; 0 when there is none. */
  #snapshotSeq = 0;
  /** Events up to here are covered by both snapshots, and those up to `#compactedSeq` are gone. */
  #coveredSeq = 0;
  #compactedSeq: number;
  /** Estimated: a commit writes the page it ends in again. */
  #pagesInLog = 0;

  constructor(database: Database, options: SqliteStoreOptions) {
    this.#database = database;
    this.#path = options.path;
    this.#schemaVersion = options.schemaVersion;
    this.#failpoint = (name) => options.failpoint?.(name, database);
    this.#insertEvent = database.prepare("INSERT INTO event (seq, crc, payload) VALUES (?, ?, ?)");
    this.#deleteEvents = database.prepare("DELETE FROM event WHERE seq <= ?");
    this.#lastSeq = Number(database.prepare(NEWEST_SEQ).get()?.["seq"]);
    this.#compactedSeq = Number(database.prepare(COMPACTED_SEQ).get()?.["seq"]);
  }

  get lastSeq(): number {
    return this.#lastSeq;
  }

  loadSnapshots(): { readonly snapshots: readonly StoredSnapshot[]; readonly notes: readonly string[] } {
    const rows = snapshotRows(this.#database);
    const good = rows.filter((row) => row.isValid);
    this.#snapshotSeq = good[0]?.seq ?? 0;
    this.#coveredSeq = good[1]?.seq ?? 0;
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
    const compactTo = this.#nextCompaction(payloads.length);
    const outcome = this.#transaction(() => {
      payloads.forEach((payload, index) => {
        this.#insertEvent.run(firstSeq + index, recordCrc(firstSeq + index, payload), payload);
      });
      this.#failpoint("after-append");
      if (compactTo > this.#compactedSeq) {
        this.#deleteEvents.run(compactTo);
        this.#failpoint("mid-compaction");
      }
    });
    if (outcome === "full") return outcome;
    this.#failpoint("after-commit");
    this.#lastSeq += payloads.length;
    this.#compactedSeq = compactTo;
    this.#pagesInLog += 2 + payloads.reduce((sum, payload) => sum + payload.length, 0) / PAGE_BYTES;
    if (this.#pagesInLog > CHECKPOINT_PAGES) this.#checkpoint();
    return outcome;
  }

  saveSnapshot({ seq, text }: StoredSnapshot): StoreOutcome {
    const row = { seq, schemaVersion: this.#schemaVersion, codec: SNAPSHOT_CODEC, blob: Buffer.from(text) };
    const outcome = this.#transaction(() => {
      const insert = this.#database.prepare("INSERT OR REPLACE INTO snapshot VALUES (?, ?, ?, ?, ?)");
      insert.run(seq, row.schemaVersion, row.codec, snapshotSha256(row), row.blob);
      this.#failpoint("mid-snapshot");
      this.#database.prepare("DELETE FROM snapshot WHERE seq NOT IN (?, ?)").run(seq, this.#snapshotSeq);
    });
    if (outcome === "full") return outcome;
    this.#failpoint("after-snapshot");
    this.#coveredSeq = this.#snapshotSeq;
    this.#snapshotSeq = seq;
    this.#checkpoint();
    return outcome;
  }

  close(): void {
    this.#checkpoint();
    releaseSqliteFile(this.#database, this.#path);
  }

  /** Compaction rides along with appends, so that it costs no sync of its own and no batch waits for it. */
  #nextCompaction(appended: number): number {
    const bounded = this.#compactedSeq + COMPACTION_RATIO * appended;
    return Math.max(this.#compactedSeq, Math.min(this.#coveredSeq, bounded));
  }

  #transaction(body: () => void): StoreOutcome {
    try {
      this.#database.exec("BEGIN IMMEDIATE");
      body();
      this.#database.exec("COMMIT");
      return "stored";
    } catch (error) {
      if (!this.#isFull(error)) throw error;
      if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
      return "full";
    }
  }

  /** Moves the log into the file; without room for that the log just grows on. */
  #checkpoint(): void {
    this.#pagesInLog = 0;
    try {
      this.#database.exec("PRAGMA wal_checkpoint(PASSIVE)");
    } catch (error) {
      if (!this.#isFull(error)) throw error;
    }
  }

  /** A spent quota is for SQLite a write that failed like any other, so the disk itself is asked. A failed sync is neither. */
  #isFull(error: unknown): boolean {
    const problem = sqliteProblem(error);
    return problem === "full" || (problem === "unwritten" && hasNoRoom(this.#path));
  }
}

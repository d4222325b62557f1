/**
 * ReadCopy: the records of a journal that somebody else may be writing. Its lock is exclusive and is left alone: file
 * and log are copied and the copy is read, so nothing of the journal is ever touched. A copy that a checkpoint went
 * through is thrown away and made again.
 */
import { copyFile, mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FleetError } from "../errors.ts";
import { corruptJournal, recordProblem } from "./integrity.ts";
import type { JournalRecord } from "./journal.ts";
import { type Database, loadSqlite } from "./sqlite.ts";
import { foreignFile, openError } from "./sqlite-file.ts";
import { eventRows, snapshotRows } from "./sqlite-rows.ts";
import type { StoredSnapshot } from "./store.ts";

export interface JournalCopy<E> {
  /** The oldest good one, from which the records go on; null: they begin at 1, or there are none. */
  readonly snapshot: StoredSnapshot | null;
  /** In order, without a gap; throws FleetError `config` at the first that is damaged. */
  records(): Iterable<JournalRecord<E>>;
  /** Removes the copy. */
  close(): Promise<void>;
}

const TRIES = 5;

/** Rejects with FleetError: `notFound`, `refused` for one of a newer release, `config` for a damaged one. */
export async function copyJournal<E>(path: string, schemaVersion: number): Promise<JournalCopy<E>> {
  const directory = await mkdtemp(join(tmpdir(), "spiral-journal-"));
  const remove = (): Promise<void> => rm(directory, { recursive: true });
  try {
    const copy = join(directory, "journal.db");
    await copyWhole(path, copy);
    const { DatabaseSync } = await loadSqlite();
    const database = new DatabaseSync(copy);
    const foreign = foreignFile(database, path, schemaVersion);
    if (foreign !== null) throw foreign;
    // Nothing is compacted yet: then the records themselves are the whole history.
    const isWhole = firstSeqOf(database) === 1;
    const snapshot = isWhole ? null : (snapshotRows(database).findLast((row) => row.isValid) ?? null);
    return {
      snapshot,
      records: () => recordsAfter<E>(database, path, snapshot?.seq ?? 0),
      close: async () => {
        database.close();
        await remove();
      },
    };
  } catch (error) {
    await remove();
    throw openError(path, error);
  }
}

/** File and log of one moment: only a checkpoint changes the file. */
async function copyWhole(from: string, to: string): Promise<void> {
  for (let i = 0; i < TRIES; i++) {
    const before = await markOf(from);
    await copyFile(from, to);
    await copyFile(`${from}-wal`, `${to}-wal`).catch(ignoreMissing);
    if ((await markOf(from)) === before) return;
  }
  throw new FleetError("unavailable", `${from} changes too fast to be copied: try again`);
}

async function markOf(path: string): Promise<string> {
  const { mtimeNs, size } = await stat(path, { bigint: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") throw new FleetError("notFound", `there is no journal at ${path}`);
    throw error;
  });
  return `${mtimeNs}/${size}`;
}

function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== "ENOENT") throw error;
}

function firstSeqOf(database: Database): number {
  return Number(database.prepare("SELECT coalesce(min(seq), 0) AS seq FROM event").get()?.["seq"]);
}

function* recordsAfter<E>(database: Database, path: string, seq: number): Iterable<JournalRecord<E>> {
  let previous = seq;
  for (const rows of eventRows(database, seq)) {
    for (const row of rows) {
      const problem = recordProblem(previous, row);
      if (problem !== null) throw corruptJournal(path, problem);
      previous = row.seq;
      yield { seq: row.seq, event: JSON.parse(row.payload) as E };
    }
  }
}

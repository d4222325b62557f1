/**
 * Fsck over PostgreSQL: looks the journal over without changing it, in one consistent view, so that hubs may go on
 * meanwhile. Besides what every journal promises, no leader may have written after its successor had.
 */
import { sql } from "kysely";
import { FleetError } from "../../../shared/errors.ts";
import { createExaminer, type FsckReport } from "../../../shared/journal/fsck-report.ts";
import { redactAddress } from "./address.ts";
import { databaseError, openDatabase, type Queries } from "./database.ts";
import { eventRows, snapshotRows } from "./postgres-store.ts";

/** For one statement; a whole table is read in many. */
const ANSWER_MS = 60_000;

/** A damaged journal is a report; FleetError is for one that cannot be read at all. */
export async function fsckPostgres(address: string): Promise<FsckReport> {
  const database = openDatabase({ address, name: "spiral fsck", answerMs: ANSWER_MS });
  try {
    return await database.queries
      .transaction()
      .setIsolationLevel("repeatable read")
      .execute(async (view) => {
        await sql`SET TRANSACTION READ ONLY`.execute(view);
        await expectJournal(view, address);
        return examine(view);
      });
  } catch (error) {
    throw databaseError(address, error);
  } finally {
    await database.close();
  }
}

async function expectJournal(view: Queries, address: string): Promise<void> {
  const { rows } = await sql<{ readonly isThere: boolean }>`
    SELECT to_regclass('spiral.event') IS NOT NULL AS "isThere"`.execute(view);
  if (rows[0]?.isThere !== true)
    throw new FleetError("notFound", `there is no journal at ${redactAddress(address)}`);
}

async function examine(view: Queries): Promise<FsckReport> {
  const examiner = createExaminer(await snapshotRows(view));
  const late: string[] = [];
  let epoch = 0;
  for await (const rows of eventRows(view, 0)) {
    for (const row of rows) {
      examiner.look(row);
      if (row.epoch < epoch) late.push(`table event: seq ${row.seq} is of term ${row.epoch}, after ${epoch}`);
      epoch = Math.max(epoch, row.epoch);
    }
  }
  return examiner.report(late);
}

/**
 * PostgresStore: records and snapshots in tables. Whatever writes holds the leadership row and checks the epoch
 * in the same transaction: either the term still lasts and the write is part of it, or nothing is written.
 */
import { sql } from "kysely";
import { FleetError } from "../../../shared/errors.ts";
import { must } from "../../../shared/invariant.ts";
import {
  corruptJournal,
  recordCrc,
  recordProblem,
  snapshotSha256,
} from "../../../shared/journal/integrity.ts";
import { SNAPSHOT_CODEC } from "../../../shared/journal/sqlite-rows.ts";
import { type EventBatch, lastSeqOf, type StoredSnapshot } from "../../../shared/journal/store.ts";
import { redactAddress } from "./address.ts";
import type { Queries, Tables } from "./database.ts";

export interface Appending {
  readonly epoch: number;
  readonly batch: EventBatch;
  /** Events that both snapshots cover are dropped along the way: after the first seq, up to the second. */
  readonly compact: readonly [after: number, upTo: number];
}

/**
 * One statement: one round trip, one transaction, one flush. The row lock ends with it.
 * Throws FleetError `unavailable` when another term has begun.
 */
export async function appendEvents(queries: Queries, { epoch, batch, compact }: Appending): Promise<void> {
  const { firstSeq, payloads } = batch;
  const crcs = payloads.map((payload, index) => recordCrc(firstSeq + index, payload));
  const [after, upTo] = compact;
  const { numAffectedRows } = await sql`
    WITH fence AS (SELECT epoch FROM spiral.leadership WHERE epoch = ${epoch} FOR SHARE),
    gone AS (DELETE FROM spiral.event
             WHERE seq > ${after} AND seq <= ${upTo} AND EXISTS (SELECT 1 FROM fence))
    INSERT INTO spiral.event (seq, epoch, crc, payload)
    SELECT ${firstSeq}::bigint + place - 1, fence.epoch, crc, payload
    FROM fence, unnest(${crcs}::bigint[], ${payloads}::text[]) WITH ORDINALITY AS item (crc, payload, place)
  `.execute(queries);
  if (Number(numAffectedRows) !== payloads.length) throw fenced(epoch);
}

/** Whether an append whose answer was lost happened: all of it or none, since it is one statement. */
export async function wasAppended(queries: Queries, { epoch, batch }: Appending): Promise<boolean> {
  const found = await queries
    .selectFrom("event")
    .select("seq")
    .where("seq", "=", lastSeqOf(batch))
    .where("epoch", "=", epoch)
    .executeTakeFirst();
  return found !== undefined;
}

/** The lock is taken last, so that renewals do not wait for the bytes. */
export async function storeSnapshot(
  queries: Queries,
  epoch: number,
  { seq, schemaVersion, text }: StoredSnapshot,
  previousSeq: number,
): Promise<void> {
  const body = { seq, schemaVersion, codec: SNAPSHOT_CODEC, blob: Buffer.from(text) };
  const row = { ...body, sha256: snapshotSha256(body) };
  await queries.transaction().execute(async (transaction) => {
    await transaction.deleteFrom("snapshot").where("seq", "=", seq).execute();
    await transaction.insertInto("snapshot").values(row).execute();
    await transaction.deleteFrom("snapshot").where("seq", "not in", [seq, previousSeq]).execute();
    const fence = await transaction
      .selectFrom("leadership")
      .select("epoch")
      .where("epoch", "=", epoch)
      .forShare()
      .executeTakeFirst();
    if (fence === undefined) throw fenced(epoch);
  });
}

function fenced(epoch: number): FleetError {
  return new FleetError("unavailable", `term ${epoch} is over: another hub leads, and this one steps down`);
}

export interface SnapshotRow extends StoredSnapshot {
  readonly isValid: boolean;
}

/** Newest first; the text is empty where the checksum does not hold. */
export async function snapshotRows(queries: Queries): Promise<readonly SnapshotRow[]> {
  const rows = await queries.selectFrom("snapshot").selectAll().orderBy("seq", "desc").execute();
  return rows.map((row) => {
    const isValid = row.codec === SNAPSHOT_CODEC && snapshotSha256(row) === row.sha256;
    const { seq, schemaVersion, blob } = row;
    return { seq, schemaVersion, text: isValid ? blob.toString("utf8") : "", isValid };
  });
}

/** The snapshots that hold, newest first, two at most; `notes` names the damaged ones. */
export async function loadSnapshots(queries: Queries) {
  const rows = await snapshotRows(queries);
  return {
    snapshots: rows.filter((row) => row.isValid).slice(0, 2),
    notes: rows
      .filter((row) => !row.isValid)
      .map((row) => `table snapshot: seq ${row.seq} is damaged, not used`),
  };
}

/** Seq of the newest event, 0 in a fresh journal, and the one before the oldest event that is kept. */
export async function seqRange(queries: Queries) {
  const { rows } = await sql<{ readonly lastSeq: number; readonly compactedSeq: number }>`
    SELECT greatest((SELECT max(seq) FROM spiral.event), (SELECT max(seq) FROM spiral.snapshot), 0)::bigint
             AS "lastSeq",
           coalesce((SELECT min(seq) FROM spiral.event), 1) - 1 AS "compactedSeq"
  `.execute(queries);
  return must(rows[0], "journal: a row of constants");
}

export type EventRow = Tables["event"];

const READ_BATCH = 4096;

/** Table `event` after `seq`, in order, in bounded batches; unchecked. */
export async function* eventRows(
  queries: Queries,
  seq: number,
  limit = READ_BATCH,
): AsyncGenerator<readonly EventRow[]> {
  for (let after = seq; ; ) {
    const rows = await queries
      .selectFrom("event")
      .selectAll()
      .where("seq", ">", after)
      .orderBy("seq")
      .limit(limit)
      .execute();
    const last = rows.at(-1);
    if (last === undefined) return;
    yield rows;
    after = last.seq;
  }
}

/** Events after `seq` that are there now. Throws FleetError `internal` at a gap or a damaged record. */
export async function* readAfter(queries: Queries, address: string, seq: number): AsyncGenerator<EventBatch> {
  let previous = seq;
  for await (const rows of eventRows(queries, seq)) {
    const firstSeq = previous + 1;
    for (const row of rows) {
      const problem = recordProblem(previous, row);
      if (problem !== null) throw corruptJournal(redactAddress(address), problem);
      previous = row.seq;
    }
    yield { firstSeq, payloads: rows.map((row) => row.payload) };
  }
}

/** SqliteRows: reads the tables of a journal file as they are stored; judging them is the caller's business. */
import { snapshotSha256 } from "./integrity.ts";
import type { Database, SqlRow } from "./sqlite.ts";
import type { StoredSnapshot } from "./store.ts";

export interface EventRow {
  readonly seq: number;
  readonly crc: number;
  readonly payload: string;
}

/** How snapshot texts are stored; a codec this release does not know makes a snapshot invalid. */
export const SNAPSHOT_CODEC = "json";

const READ_BATCH = 4096;

/** Table `event` after `seq`, in order, in bounded batches; unchecked. */
export function* eventRows(database: Database, seq: number): Iterable<readonly EventRow[]> {
  const select = database.prepare("SELECT seq, crc, payload FROM event WHERE seq > ? ORDER BY seq LIMIT ?");
  for (let rows = select.all(seq, READ_BATCH).map(readEvent); rows.length > 0; ) {
    yield rows;
    rows = select.all(rows.at(-1)?.seq ?? 0, READ_BATCH).map(readEvent);
  }
}

/** Table `snapshot`, newest first; the text is empty where the checksum does not hold. */
export function snapshotRows(
  database: Database,
): readonly (StoredSnapshot & { readonly isValid: boolean })[] {
  return database.prepare("SELECT * FROM snapshot ORDER BY seq DESC").all().map(readSnapshot);
}

function readEvent(row: SqlRow): EventRow {
  return { seq: Number(row["seq"]), crc: Number(row["crc"]), payload: String(row["payload"]) };
}

function readSnapshot(row: SqlRow): StoredSnapshot & { readonly isValid: boolean } {
  const seq = Number(row["seq"]);
  const schemaVersion = Number(row["schemaVersion"]);
  const codec = String(row["codec"]);
  const blob = row["blob"] instanceof Uint8Array ? row["blob"] : new Uint8Array();
  const isValid =
    codec === SNAPSHOT_CODEC && snapshotSha256({ seq, schemaVersion, codec, blob }) === row["sha256"];
  return { seq, schemaVersion, text: isValid ? Buffer.from(blob).toString("utf8") : "", isValid };
}

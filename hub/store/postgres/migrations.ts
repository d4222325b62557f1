/**
 * Migrations: brings the tables of the journal to what this release reads. Each runs once, in order and in one
 * transaction; tables of a newer release are refused, because guessing what they mean could lose events.
 */
import { sql, type Transaction } from "kysely";
import { FleetError } from "../../../shared/errors.ts";
import type { Queries, Tables } from "./database.ts";

/** Append only: a migration that was released is never edited. */
const MIGRATIONS: readonly (readonly string[])[] = [
  [
    `CREATE TABLE spiral.event (
       seq bigint PRIMARY KEY, epoch bigint NOT NULL, crc bigint NOT NULL, payload text NOT NULL)`,
    `CREATE TABLE spiral.snapshot (
       seq bigint PRIMARY KEY, "schemaVersion" integer NOT NULL, codec text NOT NULL,
       sha256 text NOT NULL, blob bytea NOT NULL)`,
    `CREATE TABLE spiral.leadership (
       id boolean PRIMARY KEY DEFAULT true CHECK (id), epoch bigint NOT NULL, holder text NOT NULL,
       address text NOT NULL, "expiresAt" timestamptz NOT NULL, "schemaVersion" integer NOT NULL, "rootId" text)`,
    `INSERT INTO spiral.leadership VALUES (true, 0, '', '', '-infinity', 0, NULL)`,
  ],
  [
    `ALTER TABLE spiral.leadership ADD COLUMN "takenAt" timestamptz NOT NULL DEFAULT clock_timestamp()`,
    `CREATE TABLE spiral.replica (
       address text PRIMARY KEY, holder text NOT NULL, "sinceAt" timestamptz NOT NULL,
       "seenAt" timestamptz NOT NULL, problem text)`,
  ],
];

/** Any number that nobody else locks: "spiral" in ASCII. */
const LOCK = 0x73706972616cn;

/** Throws FleetError `refused` when a newer release made the tables, `config` for an unfit database. */
export async function migrate(queries: Queries): Promise<void> {
  await queries.transaction().execute(async (transaction) => {
    await sql`SELECT pg_advisory_xact_lock(${LOCK.toString()}::bigint)`.execute(transaction);
    await checkEncoding(transaction);
    const version = await tablesVersion(transaction);
    if (version > MIGRATIONS.length) {
      const versions = `tables ${version}, this release knows ${MIGRATIONS.length}`;
      throw new FleetError("refused", `the journal was migrated by a newer release (${versions}); upgrade`);
    }
    for (const [index, statements] of MIGRATIONS.entries()) {
      if (index < version) continue;
      for (const statement of statements) await sql.raw(statement).execute(transaction);
      await transaction
        .insertInto("migration")
        .values({ version: index + 1 })
        .execute();
    }
  });
}

/** Number of migrations that the tables have seen; the first call makes the place for the number. */
async function tablesVersion(transaction: Transaction<Tables>): Promise<number> {
  const { rows } = await sql<{ readonly isThere: boolean }>`
    SELECT to_regnamespace('spiral') IS NOT NULL AS "isThere"`.execute(transaction);
  if (rows[0]?.isThere !== true) await sql`CREATE SCHEMA spiral`.execute(transaction);
  await sql`CREATE TABLE IF NOT EXISTS spiral.migration (
    version integer PRIMARY KEY, "appliedAt" timestamptz NOT NULL DEFAULT now())`.execute(transaction);
  const newest = await transaction
    .selectFrom("migration")
    .select((row) => row.fn.max("version").as("version"))
    .executeTakeFirst();
  return newest?.version ?? 0;
}

async function checkEncoding(transaction: Transaction<Tables>): Promise<void> {
  const { rows } = await sql<{ readonly encoding: string }>`
    SELECT pg_encoding_to_char(encoding) AS encoding FROM pg_database
    WHERE datname = current_database()`.execute(transaction);
  const encoding = rows[0]?.encoding;
  if (encoding === "UTF8") return;
  throw new FleetError("config", `the journal's database must be UTF8, this one is ${encoding}`);
}

/**
 * Leadership: one row says who leads, in which term (epoch) and until when, on the database's clock. It is taken
 * by compare-and-set once it has run out; whoever appends locks the row and checks the term, so a leader that
 * slept through its end can no longer write (an advisory lock alone would survive in its connection).
 */
import { sql } from "kysely";
import { FleetError } from "../../../shared/errors.ts";
import { must } from "../../../shared/invariant.ts";
import type { Queries } from "./database.ts";

export interface Candidate {
  readonly holder: string;
  /** `host:port` where agents and operators find it. */
  readonly address: string;
  readonly schemaVersion: number;
  readonly ttlMs: number;
}

export interface LeadershipView {
  readonly address: string;
  readonly isFree: boolean;
  readonly rootId: string | null;
}

/** Throws FleetError `refused` when a newer release has led: it wrote events that this one cannot read. */
export async function lookAtLeadership(queries: Queries, schemaVersion: number): Promise<LeadershipView> {
  const row = await queries
    .selectFrom("leadership")
    .select(["address", "rootId", "schemaVersion"])
    .select(sql<boolean>`"expiresAt" < clock_timestamp()`.as("isFree"))
    .executeTakeFirst();
  const { schemaVersion: written, ...view } = must(row, "journal: the leadership row is gone");
  if (written <= schemaVersion) return view;
  const versions = `schema ${written}, this release reads up to ${schemaVersion}`;
  throw new FleetError("refused", `the journal was written by a newer release (${versions}); upgrade`);
}

/** The new epoch, or null when somebody else was faster. */
export async function takeLeadership(queries: Queries, candidate: Candidate): Promise<number | null> {
  const { holder, address, schemaVersion, ttlMs } = candidate;
  const row = await queries
    .updateTable("leadership")
    .set({
      epoch: sql`epoch + 1`,
      holder,
      address,
      expiresAt: later(ttlMs),
      takenAt: sql`clock_timestamp()`,
      schemaVersion: sql`greatest("schemaVersion", ${schemaVersion})`,
    })
    .where(sql<boolean>`"expiresAt" < clock_timestamp()`)
    .returning("epoch")
    .executeTakeFirst();
  return row?.epoch ?? null;
}

/** False when another term has begun. */
export async function renewLeadership(queries: Queries, epoch: number, ttlMs: number): Promise<boolean> {
  const { numUpdatedRows } = await queries
    .updateTable("leadership")
    .set({ expiresAt: later(ttlMs) })
    .where("epoch", "=", epoch)
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

/** Lets the next leader in at once. */
export async function releaseLeadership(queries: Queries, epoch: number): Promise<void> {
  await queries
    .updateTable("leadership")
    .set({ expiresAt: sql`'-infinity'` })
    .where("epoch", "=", epoch)
    .execute();
}

/** Ties the journal to the artifact root of its first leader. */
export async function recordRoot(queries: Queries, epoch: number, rootId: string): Promise<void> {
  await queries.updateTable("leadership").set({ rootId }).where("epoch", "=", epoch).execute();
}

function later(ttlMs: number) {
  return sql<string>`clock_timestamp() + ${ttlMs} * interval '1 millisecond'`;
}

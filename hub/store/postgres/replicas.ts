/**
 * Replicas: one row for each hub that stands by, written by itself, so that the leader can say who there is. Nothing
 * is decided by it: a row that is late or wrong misleads people for a moment and nobody else.
 */
import { sql } from "kysely";
import type { Replica } from "../../../shared/journal/worker-protocol.ts";
import type { Queries } from "./database.ts";

/** A replica that was not heard of for so long is no longer told of. */
const FORGOTTEN_AFTER = sql`interval '1 minute'`;

export interface Announcement {
  readonly address: string;
  readonly holder: string;
  /** Why it could not take over now; null when it could. */
  readonly problem: string | null;
}

export async function announceReplica(
  queries: Queries,
  { address, holder, problem }: Announcement,
): Promise<void> {
  const now = sql<string>`clock_timestamp()`;
  await queries
    .insertInto("replica")
    .values({ address, holder, problem, sinceAt: now, seenAt: now })
    .onConflict((conflict) =>
      conflict.column("address").doUpdateSet({
        sinceAt: sql`CASE WHEN replica.holder = ${holder} THEN replica."sinceAt" ELSE clock_timestamp() END`,
        ...{ holder, problem, seenAt: now },
      }),
    )
    .execute();
}

/** The leader first, then who stands by. */
export async function listReplicas(queries: Queries): Promise<readonly Replica[]> {
  await queries
    .deleteFrom("replica")
    .where(sql<boolean>`"seenAt" < clock_timestamp() - ${FORGOTTEN_AFTER}`)
    .execute();
  const { rows } = await sql<Replica>`
    SELECT address, holder, true AS "isLeader", ${wallMs(sql`"takenAt"`)} AS "sinceWallMs",
           0::bigint AS "silentMs", NULL::text AS problem
    FROM spiral.leadership
    UNION ALL
    SELECT address, holder, false, ${wallMs(sql`"sinceAt"`)},
           (extract(epoch FROM clock_timestamp() - "seenAt") * 1000)::bigint, problem
    FROM spiral.replica WHERE address NOT IN (SELECT address FROM spiral.leadership)
    ORDER BY 3 DESC, 1`.execute(queries);
  return rows;
}

function wallMs(column: ReturnType<typeof sql>) {
  return sql`(extract(epoch FROM ${column}) * 1000)::bigint`;
}

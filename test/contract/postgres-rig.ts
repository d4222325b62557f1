/** Rig: the PostgreSQL adapter behind the handle of the contract; its faults are triggers in the database. */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import {
  openPostgresReplica,
  type PostgresJournalOptions,
  type PostgresReplica,
} from "../../hub/store/postgres/postgres-journal.ts";
import { systemClock } from "../../shared/clock.ts";
import type { PostgresServer } from "../helpers/postgres.ts";
import { type Added, type Counter, counter } from "./journal-counter.fixture.ts";
import { fixtures, type OpenOptions, type Rig } from "./journal-rig.ts";

type ReplicaOptions = OpenOptions & Partial<PostgresJournalOptions<Counter, Added>>;

export interface PostgresRig extends Rig {
  readonly root: string;
  address(): Promise<string>;
  /** A replica that waits for its turn. */
  join(options?: ReplicaOptions): Promise<PostgresReplica<Counter, Added>>;
}

const TIMING = { ttlMs: 3_000, renewMs: 1_000, pollMs: 50 };

export function createPostgresRig(server: PostgresServer): PostgresRig {
  const root = mkdtempSync(join(tmpdir(), "spiral-postgres-root-"));
  let database: Promise<string> | null = null;
  const address = (): Promise<string> => {
    database ??= server.createDatabase();
    return database;
  };
  const joinReplica = async (options?: ReplicaOptions) =>
    openPostgresReplica<Counter, Added>({
      address: await address(),
      root,
      holder: "test",
      serves: "127.0.0.1:1",
      timing: TIMING,
      clock: systemClock,
      workerUrl: pathToFileURL(join(await fixtures(), "postgres-worker.fixture.mjs")),
      definition: counter,
      ...options,
    });
  const plant = async (code: string | null): Promise<void> => {
    const raise = code === null ? "NULL" : `RAISE EXCEPTION 'as a test wants it' USING ERRCODE = '${code}'`;
    await server.run(
      await address(),
      `CREATE OR REPLACE FUNCTION fault() RETURNS trigger LANGUAGE plpgsql AS
         $$ BEGIN ${raise}; RETURN NEW; END $$;
       CREATE OR REPLACE TRIGGER fault BEFORE INSERT ON spiral.event FOR EACH ROW EXECUTE FUNCTION fault()`,
    );
  };
  return {
    root,
    address,
    join: joinReplica,
    open: async (options) => (await joinReplica({ mayWait: false, ...options })).leading,
    setFull: (isFull) => plant(isFull ? "53100" : null),
    breakDisk: () => plant("58030"),
  };
}

/** The contract of the journal on a real PostgreSQL, and what only several replicas can show. */
import { afterAll, beforeAll } from "vitest";
import { describeJournal } from "../contract/journal-contract.ts";
import { cleanUp } from "../contract/journal-rig.ts";
import { createPostgresRig } from "../contract/postgres-rig.ts";
import { PostgresServer } from "../helpers/postgres.ts";

let server: PostgresServer;
beforeAll(async () => {
  server = await PostgresServer.start();
});
afterAll(async () => {
  await server.stop();
  cleanUp();
});

describeJournal("PostgreSQL", () => createPostgresRig(server));

/**
 * Database: one connection to PostgreSQL that comes back by itself. A query that fails because the connection
 * broke is never repeated here: only its caller knows whether it may have happened.
 */
import { Kysely, PostgresDialect, sql } from "kysely";
import { Client, DatabaseError, types } from "pg";
import { describeError, FleetError } from "../../../shared/errors.ts";
import { redactAddress } from "./address.ts";

export interface Tables {
  readonly migration: { readonly version: number };
  readonly event: {
    readonly seq: number;
    /** Term of leadership in which it was appended; never falls as `seq` rises. */
    readonly epoch: number;
    readonly crc: number;
    readonly payload: string;
  };
  readonly snapshot: {
    readonly seq: number;
    readonly schemaVersion: number;
    readonly codec: string;
    readonly sha256: string;
    readonly blob: Buffer;
  };
  /** One row. */
  readonly leadership: {
    readonly epoch: number;
    readonly holder: string;
    /** `host:port` where the holder serves. */
    readonly address: string;
    readonly expiresAt: string;
    /** When the present term began. */
    readonly takenAt: string;
    /** Newest schema of events and state that ever led. */
    readonly schemaVersion: number;
    /** Which artifact root belongs to this journal; null before the first leader. */
    readonly rootId: string | null;
  };
  /** One row for each hub that stands by or did a moment ago. */
  readonly replica: {
    readonly address: string;
    readonly holder: string;
    readonly sinceAt: string;
    readonly seenAt: string;
    readonly problem: string | null;
  };
}

export type Queries = Kysely<Tables>;

export interface Database {
  readonly queries: Queries;
  /** Ends the connection; a query under way fails. */
  close(): Promise<void>;
}

export interface DatabaseOptions {
  readonly address: string;
  /** Shown by the server beside the connection. */
  readonly name: string;
  /** A statement that is not answered for this long counts as lost. */
  readonly answerMs: number;
}

const INT8_OID = 20;
const CONNECT_MS = 5_000;

/** A client that vanished in the middle of a transaction holds its locks no longer than this. */
const IDLE_IN_TRANSACTION_MS = 5_000;

/** Connects at the first query. */
export function openDatabase(options: DatabaseOptions): Database {
  let present: Promise<Client> | null = null;
  const drop = (): void => {
    const client = present;
    present = null;
    client?.then((each) => each.end()).catch(() => undefined); // it is broken already
  };
  const pool = {
    connect: async () => {
      present ??= connect(options, drop);
      const client = await present.catch((error: unknown) => {
        present = null;
        throw error;
      });
      return { query: guarded(client, drop), release: () => {} };
    },
    end: async () => {
      const client = await present?.catch(() => null);
      present = null;
      await client?.end();
    },
  };
  const queries = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) }).withSchema("spiral");
  return { queries, close: () => queries.destroy() };
}

type Query = Client["query"];

/** After the connection broke, the next query begins on a new one. */
function guarded(client: Client, drop: () => void): Query {
  const query = async (text: string, values?: unknown[]) => {
    try {
      return await client.query(text, values);
    } catch (error) {
      if (problemOf(error) === "lost") drop();
      throw error;
    }
  };
  return query as unknown as Query;
}

async function connect({ address, name, answerMs }: DatabaseOptions, drop: () => void): Promise<Client> {
  const client = new Client({
    connectionString: address,
    application_name: name,
    connectionTimeoutMillis: CONNECT_MS,
    query_timeout: answerMs,
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
    keepAlive: true,
    types: {
      getTypeParser: (oid, format) => (oid === INT8_OID ? Number : types.getTypeParser(oid, format)),
    },
  });
  // An error between two queries would otherwise end the process.
  client.on("error", drop);
  await client.connect();
  await client.query(SESSION);
  return client;
}

/** A commit means that it is on the disk, whatever the server was told to do for others. */
const SESSION = `
  SELECT set_config('synchronous_commit', 'on', false)
  WHERE current_setting('synchronous_commit') IN ('off', 'local')`;

/**
 * Lost: the connection broke or the server is not there just now; what was asked may have happened. Full: it
 * was rolled back for want of space. Duplicate: a row with that key is there. Denied: it will not let us in.
 */
export type DatabaseProblem = "lost" | "full" | "duplicate" | "denied" | "broken";

/** Classes and codes of PostgreSQL, appendix A; longer ones first. */
const PROBLEMS: readonly (readonly [prefix: string, problem: DatabaseProblem])[] = [
  ["53100", "full"],
  ["23505", "duplicate"],
  ["25006", "lost"], // read-only: a standby, or one that is just being replaced
  ["40001", "lost"],
  ["40P01", "lost"],
  ["57014", "lost"],
  ["3D000", "denied"],
  ["42501", "denied"],
  ["08", "lost"],
  ["28", "denied"],
  ["53", "lost"],
  ["55P03", "lost"],
  ["57P", "lost"],
  ["25P03", "lost"],
];

export function problemOf(error: unknown): DatabaseProblem {
  if (error instanceof FleetError) return "broken";
  if (!(error instanceof DatabaseError)) return "lost";
  const code = error.code ?? "";
  return PROBLEMS.find(([prefix]) => code.startsWith(prefix))?.[1] ?? "broken";
}

/** What a person is told when the database cannot be used. */
export function databaseError(address: string, error: unknown): FleetError {
  if (error instanceof FleetError) return error;
  const problem = problemOf(error);
  const where = `journal ${redactAddress(address)}`;
  switch (problem) {
    case "denied":
      return new FleetError("config", `${where} does not let this hub in: ${describeError(error)}`);
    case "lost":
      return new FleetError("unavailable", `${where} cannot be reached: ${describeError(error)}`);
    case "full":
      return new FleetError("resourceExhausted", `${where} has no space left: ${describeError(error)}`);
    default:
      return new FleetError("internal", `${where} failed`, error);
  }
}

/** What of the server's settings weakens the promise, in words for the log. */
export async function weakSettings(queries: Queries): Promise<readonly string[]> {
  const { rows } = await sql<{ readonly fsync: string }>`SHOW fsync`.execute(queries);
  return rows[0]?.fsync === "off" ? ["the database runs with fsync=off: a power loss may lose events"] : [];
}

/**
 * Postgres: a real server of this machine's PostgreSQL in a fresh directory, on a free port of the loopback. As
 * root it runs as the user `postgres`, because the server refuses to be root.
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";

const DEBIAN = "/usr/lib/postgresql";

export class PostgresServer {
  readonly directory: string;
  readonly port: number;
  #process: ChildProcess | null = null;
  #databases = 0;

  private constructor(directory: string, port: number) {
    this.directory = directory;
    this.port = port;
  }

  static async start(): Promise<PostgresServer> {
    const directory = mkdtempSync(join(tmpdir(), "spiral-postgres-"));
    if (isRoot()) {
      const [uid = 0, gid = 0] = ["-u", "-g"].map((flag) => Number(execFileSync("id", [flag, "postgres"])));
      chownSync(directory, uid, gid);
      chmodSync(directory, 0o700);
    }
    const server = new PostgresServer(directory, await freePort());
    const [program = "", ...args] = asUser([
      binary("initdb"),
      ...["--auth", "trust", "--username", "spiral", "--encoding", "UTF8", "--locale", "C", "--no-sync"],
      ...["--pgdata", join(directory, "data")],
    ]);
    execFileSync(program, args, { cwd: directory, stdio: "ignore" });
    await server.boot();
    return server;
  }

  /** Starts the server that was stopped, and waits until it answers. */
  async boot(): Promise<void> {
    const [program = "", ...args] = asUser([
      binary("postgres"),
      ...["-D", join(this.directory, "data"), "-p", String(this.port), "-h", "127.0.0.1"],
      ...["-k", this.directory, "-c", "log_min_messages=fatal", "-c", "max_connections=60"],
    ]);
    this.#process = spawn(program, args, { cwd: this.directory, stdio: "ignore" });
    for (let tries = 0; ; tries++) {
      try {
        return await this.run("postgres", "SELECT 1").then(() => undefined);
      } catch (error) {
        if (tries > 200) throw error;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  }

  /** `SIGINT` ends it at once and in order, `SIGQUIT` without a checkpoint, as a crash would. */
  async halt(signal: NodeJS.Signals = "SIGINT"): Promise<void> {
    const child = this.#process;
    if (child === null || child.exitCode !== null) return;
    const ended = once(child, "exit");
    child.kill(signal);
    await ended;
    this.#process = null;
  }

  /** A fresh database; its address for `--journal`. */
  async createDatabase(): Promise<string> {
    this.#databases += 1;
    const name = `spiral${this.#databases}`;
    await this.run("postgres", `CREATE DATABASE ${name}`);
    return `postgres://spiral@127.0.0.1:${this.port}/${name}`;
  }

  /** Rows of one statement in a database or at an address. */
  async run(database: string, text: string): Promise<readonly Readonly<Record<string, unknown>>[]> {
    const isAddress = database.startsWith("postgres://");
    const address = isAddress ? database : `postgres://spiral@127.0.0.1:${this.port}/${database}`;
    const client = new pg.Client({ connectionString: address });
    client.on("error", () => undefined);
    await client.connect();
    try {
      return (await client.query(text)).rows;
    } finally {
      await client.end();
    }
  }

  async stop(): Promise<void> {
    await this.halt("SIGQUIT");
    rmSync(this.directory, { recursive: true, force: true });
  }
}

function binary(name: string): string {
  const versions = existsSync(DEBIAN) ? readdirSync(DEBIAN) : [];
  const newest = versions.map(Number).sort((a, b) => b - a)[0];
  const path = join(DEBIAN, String(newest), "bin", name);
  if (newest !== undefined && existsSync(path)) return path;
  throw new Error(`a PostgreSQL server is needed: ${path} is missing; apt-get install postgresql`);
}

function asUser(argv: readonly string[]): readonly string[] {
  if (!isRoot()) return argv;
  return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--", ...argv];
}

function isRoot(): boolean {
  return process.getuid?.() === 0;
}

/** Of the loopback; free until somebody takes it. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

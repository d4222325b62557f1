/**
 * Peers: the queues that P2 is measured beside. Their clients are installed from a lockfile of their own, their
 * servers are programs of this machine, started here with durable settings in fresh directories on the loopback.
 * What is missing is told with its cure; the others are measured all the same.
 */
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { packageRoot } from "../../shared/package-root.ts";
import { freePort, PostgresServer } from "../helpers/postgres.ts";
import { type Rig, sleep } from "./rig.ts";

const INSTALL_MS = 180_000;
const HERE = join(packageRoot(), "test/bench");
/** Out of the sources, which are checked as a whole. */
const INSTALLED = join(packageRoot(), "node_modules/.cache/spiral-bench-peers");
const LOAD = "peer-load.mjs";
/** Redis alone: an append-only file, no snapshots, and no rewrite of the file in the middle of a round. */
const REDIS_SETTINGS = ["--appendonly", "yes", "--save", "", "--auto-aof-rewrite-percentage", "0"];

export type PeerName = "BullMQ always" | "BullMQ everysec" | "graphile default" | "graphile tuned";

interface Span {
  /** Jobs that wait when the span begins; nobody may drain as many in it. */
  readonly pending: number;
  readonly warmMs: number;
  readonly ms: number;
}

interface DrainAnswer {
  readonly perSecond: number;
  /** Jobs that still wait. */
  readonly left: number;
}

/** What `peer-load.mjs` does. */
export type PeerOps = {
  bullmq(options: Span & { readonly workers: number; readonly port: number }): Promise<DrainAnswer>;
  graphile(
    options: Span & { readonly workers: number; readonly address: string; readonly isTuned: boolean },
  ): Promise<DrainAnswer>;
};

export class Peer {
  readonly name: PeerName;
  readonly #run: (workers: number) => Promise<DrainAnswer>;
  #because: string | null = null;

  constructor(name: PeerName, run: (workers: number) => Promise<DrainAnswer>) {
    this.name = name;
    this.#run = run;
  }

  /** Why there is no figure, or none of some rounds. */
  get because(): string | null {
    return this.#because;
  }

  /** Jobs a second, each claimed and completed durably; NaN where this peer cannot be measured. */
  async drain(workers: number): Promise<number> {
    if (this.#because !== null) return Number.NaN;
    try {
      const { perSecond, left } = await this.#run(workers);
      if (left === 0) throw new Error("its queue ran dry in a round");
      return perSecond;
    } catch (error) {
      this.#because = error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error);
      process.stderr.write(`${this.name}: ${this.#because}\n`);
      return Number.NaN;
    }
  }
}

/** All four, each started when it is first measured. */
export async function openPeers(rig: Rig, span: Span): Promise<readonly Peer[]> {
  const load = lazily(async () => {
    installClients();
    return rig.peerLoad<PeerOps>(join(INSTALLED, LOAD));
  });
  const postgres = lazily(async () => {
    const server = await PostgresServer.start();
    rig.onStop(() => server.stop());
    return server;
  });
  const bullmq = (fsync: "always" | "everysec"): Peer => {
    const redis = lazily(() => startRedis(rig, fsync));
    return new Peer(`BullMQ ${fsync}`, async (workers) =>
      (await load()).ask("bullmq", { ...span, workers, port: await redis() }),
    );
  };
  const graphile = (name: "default" | "tuned"): Peer =>
    new Peer(`graphile ${name}`, async (workers) => {
      const isTuned = name === "tuned";
      // It takes 500 at a time and has drained 80,000 within a span.
      const options = { ...span, pending: span.pending * (isTuned ? 3 : 1), workers, isTuned };
      return withDatabase(await postgres(), async (address) =>
        (await load()).ask("graphile", { ...options, address }),
      );
    });
  return [bullmq("always"), bullmq("everysec"), graphile("default"), graphile("tuned")];
}

function lazily<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | null = null;
  return () => {
    made ??= make();
    return made;
  };
}

/** `npm ci` into the cache, unless what lies there came from the very same lock. */
function installClients(): void {
  const installed = join(INSTALLED, "complete");
  const lock = readFileSync(join(HERE, "package-lock.json"), "utf8");
  mkdirSync(INSTALLED, { recursive: true });
  for (const name of ["package.json", "package-lock.json", ".npmrc", LOAD])
    copyFileSync(join(HERE, name), join(INSTALLED, name));
  if (existsSync(installed) && readFileSync(installed, "utf8") === lock) return;
  process.stderr.write(`installing the clients of the peers (npm ci in ${INSTALLED}) …\n`);
  try {
    execFileSync("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], {
      cwd: INSTALLED,
      stdio: ["ignore", "ignore", "inherit"],
      timeout: INSTALL_MS,
    });
  } catch {
    throw new Error(`the clients of the peers are not installed: run npm ci in ${INSTALLED} and see why not`);
  }
  writeFileSync(installed, lock);
}

/** Resolves with its port, once it takes connections. */
async function startRedis(rig: Rig, fsync: "always" | "everysec"): Promise<number> {
  const port = await freePort();
  const where = ["--bind", "127.0.0.1", "--port", String(port), "--dir", rig.root()];
  const args = [...where, ...REDIS_SETTINGS, "--appendfsync", fsync];
  const child = rig.own(spawn("redis-server", args, { stdio: "ignore" }));
  await once(child, "spawn").catch(() => {
    throw new Error("redis-server is missing: apt-get install redis-server");
  });
  for (let tries = 0; !(await isListening(port)); tries++) {
    if (tries > 200 || child.exitCode !== null) throw new Error("redis-server does not start");
    await sleep(50);
  }
  return port;
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.on("error", () => resolve(false));
    socket.on("connect", () => {
      socket.destroy();
      resolve(true);
    });
  });
}

/**
 * A database of its own for each span, because what was deleted in one slows the next down. It is dropped without
 * force, which waits for connections that are still closing; one that is used even then goes with its server.
 */
async function withDatabase<T>(server: PostgresServer, use: (address: string) => Promise<T>): Promise<T> {
  const address = await server.createDatabase();
  try {
    return await use(address);
  } finally {
    await server.run("postgres", `DROP DATABASE ${new URL(address).pathname.slice(1)}`).catch(() => {});
  }
}

/**
 * Rig: the processes of a benchmark. Real hubs and agents from their launchers' bundles in fresh roots on the
 * real disk, the load and the raw server as processes of their own, and what `/proc` says of them.
 */
import { type ChildProcess, execFileSync, fork, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connectHub, type HubClient } from "../../ops/cli/client.ts";
import type { LoadOps } from "./load.ts";
import type { SeedOptions } from "./seed.ts";

export interface Places {
  /** The bundled benchmarks. */
  readonly benchDir: string;
  /** The bundled product. */
  readonly programDir: string;
}

/** Five at least, where a figure is to be judged. */
const ROUNDS = 5;
const QUICK_ROUNDS = 2;

/** Everything that a benchmark started; ended when it is over, however it ended. */
export class Rig {
  readonly places: Places;
  readonly rounds: number;
  readonly #children: ChildProcess[] = [];
  readonly #roots: string[] = [];
  readonly #endings: (() => Promise<void>)[] = [];
  #isStopped = false;

  constructor(places: Places, isQuick = false) {
    this.places = places;
    this.rounds = isQuick ? QUICK_ROUNDS : ROUNDS;
  }

  /** A fresh directory beside the journal's real disk, or a copy of another root. */
  root(copyOf?: string): string {
    this.#refuseWhenStopped();
    const root = mkdtempSync(join(tmpdir(), "spiral-bench-"));
    this.#roots.push(root);
    if (copyOf !== undefined) cpSync(copyOf, root, { recursive: true });
    return root;
  }

  seed(options: Omit<SeedOptions, "programDir">): void {
    const text = JSON.stringify({ ...options, programDir: this.places.programDir });
    try {
      execFileSync(process.execPath, [join(this.places.benchDir, "seed.mjs"), text], { stdio: "inherit" });
    } catch (error) {
      if (!options.isCrash) throw error;
    }
  }

  /** Starts a hub in the root and waits until it serves. */
  async hub(root: string, env: Readonly<Record<string, string>> = {}): Promise<Hub> {
    const child = this.spawn("hub.mjs", ["serve", "--root", root, "--port", "0", "--log-level", "info"], env);
    const startMs = performance.now();
    let text = "";
    const servesMs = await new Promise<number>((resolve, reject) => {
      child.stdout?.on("data", (chunk: Buffer) => {
        if (text.includes('"event":"hub.started"')) return;
        text += chunk.toString();
        if (text.includes('"event":"hub.started"')) resolve(performance.now() - startMs);
      });
      child.on("exit", () => reject(new Error(`the hub ended: ${text.slice(-2000)}`)));
    });
    return new Hub(child, root, servesMs);
  }

  /** A program of the product, as its launcher would run it. */
  spawn(program: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): ChildProcess {
    const clean = Object.entries(process.env).filter(([name]) => !name.startsWith("SPIRAL_"));
    return this.own(
      spawn(process.execPath, [join(this.places.programDir, program), ...args], {
        stdio: ["ignore", "pipe", "inherit"],
        env: { ...Object.fromEntries(clean), ...env },
      }),
    );
  }

  /** Ends the process with the benchmark. */
  own(child: ChildProcess): ChildProcess {
    this.#children.push(child);
    if (this.#isStopped) child.kill("SIGKILL");
    this.#refuseWhenStopped();
    return child;
  }

  /** Runs when the benchmark is over. */
  onStop(end: () => Promise<void>): void {
    if (this.#isStopped) void end();
    else this.#endings.push(end);
  }

  async load(): Promise<Load> {
    return new Load(await this.#fork(join(this.places.benchDir, "load.mjs"), []));
  }

  async peerLoad<Ops extends AnyOps>(program: string): Promise<Load<Ops>> {
    return new Load(await this.#fork(program, []));
  }

  /** The ceiling's server; its address. */
  async rawServer(
    address = "127.0.0.1:0",
  ): Promise<{ readonly address: string; readonly child: ChildProcess }> {
    const child = await this.#fork(join(this.places.benchDir, "raw-server.mjs"), [address]);
    const port = (child as ChildProcess & { port?: number }).port ?? 0;
    return { child, address: address.startsWith("unix:") ? address : `127.0.0.1:${port}` };
  }

  async localServer(socketPath: string): Promise<ChildProcess> {
    return this.#fork(join(this.places.benchDir, "local-server.mjs"), [socketPath]);
  }

  async #fork(program: string, args: readonly string[]): Promise<ChildProcess> {
    const child = this.own(fork(program, args));
    const [hello] = await Promise.race([
      once(child, "message") as Promise<[{ port?: number }]>,
      once(child, "exit").then(() => {
        throw new Error(`${program} ended before it was ready`);
      }),
    ]);
    return Object.assign(child, { port: hello.port });
  }

  /** What a benchmark that was given up still does must not outlive it. */
  #refuseWhenStopped(): void {
    if (this.#isStopped) throw new Error("the benchmark was given up");
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await Promise.all(this.#children.map((child) => kill(child)));
    await Promise.all(this.#endings.map((end) => end()));
    for (const root of this.#roots) rmSync(root, { recursive: true, force: true, maxRetries: 5 });
  }
}

export class Hub {
  readonly child: ChildProcess;
  readonly root: string;
  readonly client: HubClient;
  /** From the spawn of the process until it served, ms. */
  readonly servesMs: number;

  constructor(child: ChildProcess, root: string, servesMs: number) {
    this.child = child;
    this.root = root;
    this.servesMs = servesMs;
    this.client = connectHub({
      root,
      namedHub: null,
      role: "operator",
      isJson: false,
      mayColour: false,
      again: "",
      agentSocket: null,
    });
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  get address(): string {
    return this.client.address;
  }

  async journalSeq(): Promise<number> {
    return Number((await this.client.call("GetStatus", {})).journalSeq);
  }

  async attached(): Promise<number> {
    const { nodes } = await this.client.call("ListNodes", {});
    return nodes.filter(({ state }) => state === "ready").length;
  }

  async kill(signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
    this.client.close();
    await kill(this.child, signal);
  }
}

type AnyOps = Readonly<Record<string, (options: never) => Promise<unknown>>>;

export class Load<Ops extends AnyOps = LoadOps> {
  readonly child: ChildProcess;
  #lastId = 0;

  constructor(child: ChildProcess) {
    this.child = child;
  }

  ask<Op extends keyof Ops & string>(
    op: Op,
    options: Parameters<Ops[Op]>[0],
  ): Promise<Awaited<ReturnType<Ops[Op]>>> {
    this.#lastId += 1;
    const id = this.#lastId;
    return new Promise((resolve, reject) => {
      const onExit = (): void => reject(new Error(`the load ended during ${op}`));
      const onMessage = (message: { id?: number; answer?: never; error?: string }): void => {
        if (message.id !== id) return;
        this.child.off("message", onMessage).off("exit", onExit);
        if (message.error !== undefined) reject(new Error(message.error));
        else resolve(message.answer as never);
      };
      this.child.on("message", onMessage).once("exit", onExit);
      // Without a callback, a load that is gone would end the whole run.
      this.child.send({ id, op, options: options ?? null }, (error) => error !== null && reject(error));
    });
  }
}

async function kill(child: ChildProcess, signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGCONT");
  child.kill(signal);
  await ended;
}

/** Resident memory, bytes. */
export function rssBytes(pid: number): number {
  const line = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
  return Number(line?.[1]) * 1024;
}

const TICK_MS = 10;

/** User and system time so far, ms; of this process alone. */
export function cpuMs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}

export function childPids(pid: number): readonly number[] {
  const path = `/proc/${pid}/task/${pid}/children`;
  return existsSync(path) ? readFileSync(path, "utf8").trim().split(" ").filter(Boolean).map(Number) : [];
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Looks every few milliseconds; resolves with how long it took, ms. */
export async function until(isTrue: () => boolean | Promise<boolean>, timeoutMs = 60_000): Promise<number> {
  const startMs = performance.now();
  while (!(await isTrue())) {
    if (performance.now() - startMs > timeoutMs) throw new Error(`gave up waiting: ${isTrue.toString()}`);
    await sleep(5);
  }
  return performance.now() - startMs;
}

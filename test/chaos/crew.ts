/** Crew: the processes of the run by name. Each is ended by its pid, whatever else happens. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, closeSync, mkdirSync, openSync } from "node:fs";
import { join } from "node:path";
import { must } from "../../shared/invariant.ts";

export interface Part {
  readonly name: string;
  readonly argv: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

export class Crew {
  readonly #running = new Map<string, ChildProcess>();
  readonly #logs: string;

  constructor(logs: string) {
    this.#logs = logs;
    mkdirSync(logs, { recursive: true });
  }

  /** Where the output of everybody of this name goes. */
  log(name: string): string {
    return join(this.#logs, `${name}.log`);
  }

  /** Its output goes to its log, behind that of its predecessors. */
  start({ name, argv, environment }: Part): void {
    const path = this.log(name);
    appendFileSync(path, `--- started ${new Date().toISOString()}: ${argv.join(" ")}\n`);
    const log = openSync(path, "a");
    const [program = "", ...args] = argv;
    const child = spawn(program, args, {
      detached: true,
      stdio: ["ignore", log, log],
      env: { ...ownEnvironment(), ...environment },
    });
    closeSync(log);
    child.on("error", (error) => appendFileSync(path, `--- not started: ${error.message}\n`));
    child.on("exit", (code, signal) => appendFileSync(path, `--- ended: ${signal ?? code}\n`));
    this.#running.set(name, child);
  }

  /** Null when it is not running. */
  pid(name: string): number | null {
    const child = this.#running.get(name);
    return child === undefined || hasEnded(child) ? null : must(child.pid, `${name} was spawned`);
  }

  names(): readonly string[] {
    return [...this.#running.keys()];
  }

  /** Those that have ended although nobody here ended them. */
  fallen(): readonly string[] {
    return this.names().filter((name) => this.pid(name) === null);
  }

  signal(name: string, signal: NodeJS.Signals): void {
    this.#running.get(name)?.kill(signal);
  }

  /** Sends the signal and waits for the end. */
  async end(name: string, signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
    const child = this.#running.get(name);
    if (child === undefined) return;
    this.#running.delete(name);
    if (hasEnded(child)) return;
    const ended = once(child, "exit");
    child.kill(signal);
    child.kill("SIGCONT");
    await ended;
  }

  async endAll(): Promise<void> {
    await Promise.all(this.names().map((name) => this.end(name)));
  }
}

function hasEnded({ exitCode, signalCode, pid }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null || pid === undefined;
}

function ownEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("SPIRAL_")));
}

/**
 * Child: one process of the demo's fleet. It gets a session of its own, so that Ctrl-C reaches the demo alone,
 * which then ends its children in order; its output goes to a file. The demo starts each child once: whether one
 * that died is started again is the decision of a person, who is told how.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { FleetError } from "../../shared/errors.ts";
import { must } from "../../shared/invariant.ts";
import { delay } from "../../shared/loop.ts";
import { packageRoot } from "../../shared/package-root.ts";

export interface ChildOptions {
  /** As people know it: hub, alpha, beta. */
  readonly name: string;
  readonly program: "hub" | "agent";
  readonly argv: readonly string[];
  readonly logPath: string;
  /** It has ended, and nobody here asked it to. */
  readonly onDeath: (child: Child, how: string) => void;
}

export interface Child {
  readonly name: string;
  readonly pid: number;
  /** What a person types to start it again. */
  readonly command: string;
  readonly hasEnded: () => boolean;
  /** Waits until `look` is true; throws FleetError when the child ends or the time passes first. */
  readonly waitUntil: (look: () => Promise<boolean> | boolean, limitMs: number) => Promise<void>;
  /** TERM, and KILL after the grace. Resolves with how it ended. */
  readonly stop: (graceMs: number) => Promise<string>;
}

const LOOK_MS = 100;

export function startChild({ name, program, argv, logPath, onDeath }: ChildOptions): Child {
  mkdirSync(dirname(logPath), { recursive: true });
  const log = openSync(logPath, "a", 0o600);
  const launcher = join(packageRoot(), `bin/spiral-${program}.mjs`);
  const spawned = spawn(process.execPath, [launcher, ...argv], {
    detached: true,
    env: ownEnvironment(),
    stdio: ["ignore", log, log],
  });
  closeSync(log);
  let isStopping = false;
  const ended = new Promise<string>((resolve) => {
    spawned.on("exit", (code, signal) => resolve(signal === null ? `with status ${code}` : `by ${signal}`));
    spawned.on("error", (error) => resolve(`before it ran: ${error.message}`));
  });
  const child: Child = {
    name,
    pid: must(spawned.pid, `${name} has a pid`),
    command: `npx spiral ${program} ${argv.join(" ")}`,
    hasEnded: () => hasEnded(spawned),
    waitUntil: async (look, limitMs) => {
      for (let waitedMs = 0; !(await look()); waitedMs += LOOK_MS) {
        if (hasEnded(spawned))
          throw new FleetError("unavailable", `${name} ended ${await ended}${tailOf(logPath)}`);
        if (waitedMs >= limitMs)
          throw new FleetError(
            "unavailable",
            `${name} was not ready in ${limitMs / 1000} s${tailOf(logPath)}`,
          );
        await delay(LOOK_MS);
      }
    },
    stop: async (graceMs) => {
      isStopping = true;
      if (!hasEnded(spawned)) spawned.kill("SIGTERM");
      const isOver = new AbortController();
      void ended.then(() => isOver.abort());
      await delay(graceMs, isOver.signal);
      if (!hasEnded(spawned)) spawned.kill("SIGKILL");
      return await ended;
    },
  };
  void ended.then((how) => {
    if (!isStopping) onDeath(child, how);
  });
  return child;
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}

/** The environment without what would lead a child to another fleet. */
function ownEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("SPIRAL_")));
}

const TAIL_LINES = 5;

function tailOf(logPath: string): string {
  const lines = readFileSync(logPath, "utf8").trimEnd().split("\n").slice(-TAIL_LINES);
  return `; the end of ${logPath}:\n${lines.join("\n")}`;
}

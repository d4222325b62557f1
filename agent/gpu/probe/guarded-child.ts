/**
 * Guarded child: a program that talks to a GPU driver and may therefore hang where no signal reaches it. It is
 * asked to end once, by SIGTERM, and never killed: a probe killed inside the driver has frozen whole cards. As
 * long as it has not been reaped no second one is started, and nothing here ever waits for it.
 */
import { type ChildProcess, spawn } from "node:child_process";
import type { Clock } from "../../../shared/clock.ts";
import { describeError, FleetError } from "../../../shared/errors.ts";
import { delay } from "../../../shared/loop.ts";
import { safeText } from "../../../shared/safe-text.ts";
import { countLines, createLineSplitter } from "./lines.ts";

export interface Command {
  readonly file: string;
  readonly args: readonly string[];
}

/** After an end: `minMs` doubled with each short life up to `maxMs`; after a hang `maxMs` at once. */
export interface RestartPolicy {
  readonly minMs: number;
  readonly maxMs: number;
}

export interface GuardedChildOptions {
  /** What it is called in reasons. */
  readonly name: string;
  /** Asked before each start. */
  readonly command: () => Command;
  readonly clock: Clock;
  readonly restart: RestartPolicy;
  /** Longer lines are dropped. */
  readonly maxLineBytes: number;
  /** A line of its standard output, and of its standard error. */
  readonly onLine: (line: string) => void;
  readonly onComplaint: (line: string) => void;
  /** It has ended and is reaped. */
  readonly onEnd: (reason: string) => void;
}

export interface GuardedChild {
  /** Starts the program unless it runs. @throws FleetError `unavailable` while it must not be started. */
  ensure(): void;
  /** Null while none runs, or one runs that was told to end. */
  pid(): number | null;
  send(line: string): void;
  /** The driver holds it: ends it once, politely; its output no longer counts. */
  condemn(reason: string): void;
  /** Its last end was not its own fault: the next start need not wait. */
  forgive(): void;
  /** Final. Resolves when it has ended, or soon, if it does not. */
  stop(): Promise<void>;
}

type State =
  | { readonly kind: "down"; readonly reason: string; readonly notBeforeMs: number }
  | { readonly kind: "running"; readonly child: ChildProcess; readonly sinceMs: number }
  | { readonly kind: "condemned"; readonly child: ChildProcess; readonly reason: string }
  | { readonly kind: "stopped" };

/** More than any driver says in this time: it has gone mad, and reading on would starve the agent. */
const FLOOD = { windowMs: 5_000, bytes: 16 * 1024 ** 2, lines: 5_000 } as const;
const MAX_COMPLAINT_CHARS = 200;
const STOP_WAIT_MS = 1_000;

export function createGuardedChild(options: GuardedChildOptions): GuardedChild {
  const { name, clock, restart } = options;
  let state: State = { kind: "down", reason: "not started", notBeforeMs: 0 };
  let shortLives = 0;

  const condemn = (reason: string): void => {
    if (state.kind !== "running") return;
    const { child } = state;
    state = { kind: "condemned", child, reason };
    terminate(child);
  };
  const ended = (child: ChildProcess, reason: string): void => {
    if (state.kind === "stopped" || state.kind === "down" || state.child !== child) return;
    const nowMs = clock.bootMs();
    const isHang = state.kind === "condemned";
    if (state.kind === "running") shortLives = nowMs - state.sinceMs >= restart.maxMs ? 0 : shortLives + 1;
    const waitMs = isHang
      ? restart.maxMs
      : Math.min(restart.maxMs, restart.minMs * 2 ** Math.min(30, shortLives));
    const why = isHang && state.kind === "condemned" ? `${state.reason}; ${reason}` : reason;
    state = { kind: "down", reason: why, notBeforeMs: nowMs + waitMs };
    options.onEnd(why);
  };
  const start = (): void => {
    const { file, args } = options.command();
    const child = spawn(file, args, { stdio: ["pipe", "pipe", "pipe"] });
    state = { kind: "running", child, sinceMs: clock.bootMs() };
    child.unref();
    // A pipe that breaks is told by the end of the program.
    child.stdin.on("error", () => {});
    follow(child, options, condemn);
    child.once("error", (error) => ended(child, `${name} cannot be started: ${describeError(error)}`));
    child.once("exit", (code, signal) => ended(child, `${name} ended with ${signal ?? `status ${code}`}`));
  };
  return {
    ensure: () => {
      if (state.kind === "running") return;
      if (state.kind === "stopped") throw new FleetError("unavailable", `${name} is stopped`);
      if (state.kind === "condemned") {
        throw new FleetError("unavailable", `${name} hangs and has not ended yet: ${state.reason}`);
      }
      const waitMs = state.notBeforeMs - clock.bootMs();
      if (waitMs > 0) {
        const inSeconds = (waitMs / 1000).toFixed(1);
        throw new FleetError("unavailable", `${state.reason}; it is started again in ${inSeconds} s`);
      }
      start();
    },
    pid: () => (state.kind === "running" ? (state.child.pid ?? null) : null),
    send: (line) => {
      if (state.kind === "running") state.child.stdin?.write(`${line}\n`);
    },
    condemn,
    forgive: () => {
      if (state.kind === "down") state = { ...state, notBeforeMs: 0 };
    },
    stop: async () => {
      const last = state;
      state = { kind: "stopped" };
      if (last.kind === "running") terminate(last.child);
      if (last.kind === "running" || last.kind === "condemned") await endOf(last.child);
    },
  };
}

function follow(child: ChildProcess, options: GuardedChildOptions, condemn: (reason: string) => void): void {
  const { clock, maxLineBytes, onLine, onComplaint } = options;
  let window = { fromMs: clock.bootMs(), bytes: 0, lines: 0 };
  const deliver = (split: (chunk: Buffer) => readonly string[], take: (line: string) => void) => {
    return (chunk: Buffer): void => {
      const nowMs = clock.bootMs();
      if (nowMs - window.fromMs > FLOOD.windowMs) window = { fromMs: nowMs, bytes: 0, lines: 0 };
      window.bytes += chunk.length;
      window.lines += countLines(chunk);
      if (window.bytes > FLOOD.bytes || window.lines > FLOOD.lines) {
        return condemn(`${options.name} floods its output`);
      }
      split(chunk).forEach(take);
    };
  };
  child.stdout?.on("data", deliver(createLineSplitter(maxLineBytes), onLine));
  child.stderr?.on("data", deliver(createLineSplitter(maxLineBytes), onComplaint));
}

/** Without its pipes it ends at the next word even if it ignores the signal. */
function terminate(child: ChildProcess): void {
  child.kill("SIGTERM");
  child.stdin?.destroy();
  child.stdout?.destroy();
  child.stderr?.destroy();
}

async function endOf(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const waiting = new AbortController();
  child.once("exit", () => waiting.abort());
  await delay(STOP_WAIT_MS, waiting.signal);
}

/** A line of a foreign program, fit to be part of a reason. */
export function clip(line: string): string {
  return safeText(line.trim().slice(0, MAX_COMPLAINT_CHARS));
}

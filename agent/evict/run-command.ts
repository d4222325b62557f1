/**
 * Run command: one program for one question. No shell, an environment of its own, a bounded answer, and a
 * process group that is ended when nobody waits any more: TERM, then KILL.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { delay } from "../../shared/loop.ts";

export type CommandResult =
  | { readonly kind: "exited"; readonly code: number; readonly output: string }
  | { readonly kind: "failed"; readonly detail: string };

export interface Command {
  /** Program and arguments; at least the program. */
  readonly argv: readonly [string, ...string[]];
  readonly env?: Readonly<Record<string, string>>;
}

/** What is kept of both streams together; the rest is read and dropped. */
export const MAX_OUTPUT_BYTES = 16 * 1024;
const SEARCH_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
const TERM_GRACE_MS = 1_000;

/** Never rejects. After an abort it answers at once and sees to the end of the group by itself. */
export function runCommand({ argv, env }: Command, signal: AbortSignal): Promise<CommandResult> {
  const [program, ...rest] = argv;
  return new Promise((resolve) => {
    if (signal.aborted) return resolve({ kind: "failed", detail: `${program}: not started in time` });
    const child = spawn(program, rest, {
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
      env: { PATH: SEARCH_PATH, ...env },
    });
    const output = collect(child);
    const onAbort = (): void => {
      void endGroup(child);
      resolve({ kind: "failed", detail: `${program}: no answer in time` });
    };
    signal.addEventListener("abort", onAbort);
    child.once("error", (error) => {
      signal.removeEventListener("abort", onAbort);
      resolve({ kind: "failed", detail: `${program}: ${error.message}` });
    });
    // Not "close": a grandchild may hold the pipes open for ever.
    child.once("exit", (code, killedBy) => {
      signal.removeEventListener("abort", onAbort);
      if (code === null) resolve({ kind: "failed", detail: `${program}: ended by ${killedBy}` });
      else setOutput(child, () => resolve({ kind: "exited", code, output: output() }));
    });
  });
}

/** Waits for what the pipes still hold, but not for whoever else keeps them open. */
function setOutput(child: ChildProcess, done: () => void): void {
  const closed = new Promise<void>((resolve) => child.once("close", () => resolve()));
  void Promise.race([closed, delay(TERM_GRACE_MS / 10)]).then(() => {
    child.stdout?.destroy();
    child.stderr?.destroy();
    done();
  });
}

function collect(child: ChildProcess): () => string {
  const chunks: Buffer[] = [];
  let bytes = 0;
  const keep = (chunk: Buffer): void => {
    if (bytes < MAX_OUTPUT_BYTES) chunks.push(chunk);
    bytes += chunk.length;
  };
  child.stdout?.on("data", keep);
  child.stderr?.on("data", keep);
  return () => Buffer.concat(chunks).toString("utf8", 0, MAX_OUTPUT_BYTES).trim();
}

async function endGroup(child: ChildProcess): Promise<void> {
  const ended = new AbortController();
  child.once("exit", () => ended.abort());
  signalGroup(child, "SIGTERM");
  await delay(TERM_GRACE_MS, ended.signal);
  signalGroup(child, "SIGKILL");
}

function signalGroup({ pid }: ChildProcess, name: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, name);
  } catch {
    // ESRCH: the whole group has ended by itself.
  }
}

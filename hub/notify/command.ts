/**
 * Command: runs a program with the notice as JSON on its stdin and its parts in the environment. No shell reads any of
 * it, and the hub's own environment stays with the hub. When the time is over its whole process group is killed.
 */
import { type SpawnOptions, spawn } from "node:child_process";
import { FleetError } from "../../shared/errors.ts";
import { safeText } from "../../shared/safe-text.ts";
import type { Notice } from "../core/notify/notice.ts";
import type { CommandChannel } from "./channel.ts";

const PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
const STDERR_MAX = 300;

export function sendCommand({ argv }: CommandChannel, notice: Notice, signal: AbortSignal): Promise<void> {
  const { id, topic, severity, subject, title, text } = notice;
  const env = {
    PATH,
    SPIRAL_NOTICE_ID: safeText(id),
    SPIRAL_NOTICE_TOPIC: topic,
    SPIRAL_NOTICE_SEVERITY: severity,
    SPIRAL_NOTICE_SUBJECT: safeText(subject),
    SPIRAL_NOTICE_TITLE: safeText(title),
    SPIRAL_NOTICE_TEXT: safeText(text),
  };
  return run(argv, { env, stdin: `${JSON.stringify(notice)}\n`, signal });
}

export interface RunOptions {
  /** Absent: that of the hub. */
  readonly env?: SpawnOptions["env"];
  readonly stdin: string;
  readonly signal: AbortSignal;
}

/** Resolves when the program has ended with 0. */
export function run(argv: readonly string[], { env, stdin, signal }: RunOptions): Promise<void> {
  const [program = "", ...words] = argv;
  return new Promise((resolve, reject) => {
    const fail = (reason: string): void => reject(new FleetError("unavailable", `${program}: ${reason}`));
    if (signal.aborted) return fail("there was no time left");
    const child = spawn(program, words, {
      ...(env === undefined ? {} : { env }),
      cwd: "/",
      stdio: ["pipe", "ignore", "pipe"],
      detached: true,
    });
    let said = "";
    const onAbort = (): void => {
      killGroup(child.pid);
      fail("it took too long and was killed");
    };
    signal.addEventListener("abort", onAbort, { once: true });
    child.stderr?.on("data", (chunk: Buffer) => {
      if (said.length < STDERR_MAX) said += chunk.toString("utf8");
    });
    // A program that does not read its stdin is no failure.
    child.stdin?.on("error", () => {});
    child.stdin?.end(stdin);
    child.on("error", (error) => {
      signal.removeEventListener("abort", onAbort);
      fail(error.message);
    });
    child.on("close", (code, ended) => {
      signal.removeEventListener("abort", onAbort);
      if (code === 0) return resolve();
      const [line = ""] = said.slice(0, STDERR_MAX).trim().split("\n");
      fail(`ended with ${code ?? ended}${line === "" ? "" : `: ${safeText(line)}`}`);
    });
  });
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch (error) {
    // It has ended by itself meanwhile.
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/** Stacks: what a process of ours that runs away is doing, seen from outside before it is ended. */
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { promisify } from "node:util";
import { systemClock } from "../../shared/clock.ts";
import { describeError } from "../../shared/errors.ts";
import { delay } from "../../shared/loop.ts";
import { javascriptStack } from "./inspector.ts";
import { kill } from "./processes.ts";

const LISTEN_LIMIT_MS = 5_000;
const LOOK_MS = 50;
const GDB_LIMIT_MS = 60_000;
const GDB = ["-batch", "-ex", "set pagination off", "-ex", "thread apply all bt 40"];

/**
 * JavaScript's and the machine's, as far as either can be had.
 * @param logPath where its stderr goes; Node was started with `--inspect-port=0`
 */
export async function catchStacks(pid: number, logPath: string): Promise<string> {
  const url = await openInspector(pid, logPath);
  const script =
    url === null ? "no inspector was opened: native code, or out of reach\n" : await javascriptStack(url);
  return `JavaScript:\n${script}\nthreads:\n${await nativeStacks(pid)}`;
}

/** Asks Node to listen, and where. */
async function openInspector(pid: number, logPath: string): Promise<string | null> {
  const seen = readFileSync(logPath).length;
  kill(pid, "SIGUSR1");
  for (
    const endMs = systemClock.bootMs() + LISTEN_LIMIT_MS;
    systemClock.bootMs() < endMs;
    await delay(LOOK_MS)
  ) {
    const url = /Debugger listening on (ws:\S+)/.exec(
      readFileSync(logPath).subarray(seen).toString("utf8"),
    )?.[1];
    if (url !== undefined) return url;
  }
  return null;
}

async function nativeStacks(pid: number): Promise<string> {
  try {
    return (await promisify(execFile)("gdb", ["-p", String(pid), ...GDB], { timeout: GDB_LIMIT_MS })).stdout;
  } catch (error) {
    return `gdb says nothing: ${describeError(error)}\n`;
  }
}

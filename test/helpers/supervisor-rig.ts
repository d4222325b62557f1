/** Supervisor rig: a supervisor over a fresh directory, with its events recorded and awaited. */
import { execFileSync } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, vi } from "vitest";
import { createSupervisor, type SupervisorOptions } from "../../agent/process/supervisor.ts";
import type { Adopted, ProcessEvent, StartRequest, Supervisor } from "../../agent/process/supervisor-port.ts";
import { systemClock } from "../../shared/clock.ts";
import { createLoop } from "../../shared/loop.ts";

export const FAST_TIMING = { shimTickMs: 100, termGraceMs: 300, proofMs: 1_000 };
const TICK_MS = 20;
const PATIENCE_MS = 20_000;

export type EventOf<Kind extends ProcessEvent["kind"]> = Extract<ProcessEvent, { kind: Kind }>;

export interface SupervisorRig {
  readonly supervisor: Supervisor;
  readonly adopted: readonly Adopted[];
  readonly events: readonly ProcessEvent[];
  readonly errors: readonly unknown[];
  /** The first event of this kind for this token, once it has come. */
  event<Kind extends ProcessEvent["kind"]>(kind: Kind, token?: number): Promise<EventOf<Kind>>;
  /** The whole log of an attempt, oldest first, once it matches. */
  log(match: RegExp, token?: number): Promise<string>;
  close(): Promise<void>;
}

export function scratchDirectory(): Promise<string> {
  return mkdtemp(join(tmpdir(), "supervisor-"));
}

/** A supervisor that has adopted whatever `attemptsDirectory` holds and ticks until it is closed. */
export async function createRig(
  attemptsDirectory: string,
  options: Pick<SupervisorOptions, "processes" | "driver"> = {},
): Promise<SupervisorRig> {
  const events: ProcessEvent[] = [];
  const errors: unknown[] = [];
  const supervisor = createSupervisor({
    attemptsDirectory,
    clock: systemClock,
    timing: FAST_TIMING,
    onError: (error) => errors.push(error),
    ...options,
  });
  supervisor.onEvent((event) => events.push(event));
  const adopted = await supervisor.adopt();
  const loop = createLoop({
    everyMs: TICK_MS,
    run: () => supervisor.tick(),
    onError: (error) => errors.push(error),
  });
  const event = <Kind extends ProcessEvent["kind"]>(kind: Kind, token = 1): Promise<EventOf<Kind>> =>
    until(() => {
      const found = events.find((each) => each.kind === kind && each.token === token);
      if (found === undefined) throw new Error(`no ${kind}: ${JSON.stringify({ events, errors })}`);
      return found as EventOf<Kind>;
    });
  const log = (match: RegExp, token = 1): Promise<string> =>
    until(async () => {
      const text = await readLog(supervisor.paths(token).logs);
      expect(text).toMatch(match);
      return text;
    });
  const close = async (): Promise<void> => {
    await loop.stop();
    await supervisor.close();
  };
  return { supervisor, adopted, events, errors, event, log, close };
}

/** A request that runs `script` in sh with a minute to live. */
export function shellJob(script: string, changes: Partial<StartRequest> = {}): StartRequest {
  return {
    token: 1,
    jobId: "job-1",
    argv: ["sh", "-c", script],
    env: { PATH: "/usr/bin:/bin" },
    params: { seed: 7 },
    deadlineBootMs: systemClock.bootMs() + 60_000,
    nice: 0,
    meta: { runner: "exec" },
    logLimitBytes: 1024 * 1024,
    ...changes,
  };
}

/** What makes a job run a Python program: the interpreter itself, for a wrapper would count as tasks of the job. */
export function python(program: string): Pick<StartRequest, "argv"> {
  const where = ["-c", "import sys; print(sys.executable)"];
  return { argv: [execFileSync("python3", where, { encoding: "utf8" }).trim(), "-c", program] };
}

/** Waits until `look` stops throwing. */
export function until<T>(look: () => T | Promise<T>): Promise<T> {
  return vi.waitFor(look, { timeout: PATIENCE_MS, interval: 10 });
}

export async function readLog(directory: string): Promise<string> {
  const files = ["3.log", "2.log", "1.log", "current.log"];
  const texts = files.map((file) => readFile(join(directory, file), "utf8").catch(() => ""));
  return (await Promise.all(texts)).join("");
}

export function removeDirectory(directory: string): Promise<void> {
  return rm(directory, { recursive: true, force: true });
}

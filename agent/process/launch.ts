/**
 * Launch: one shim, started so that it survives the agent (a session of its own, no pipe to us) and so that
 * every process under it can be recognised later by its environment.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, type FSWatcher, openSync, readFileSync, watch } from "node:fs";
import { join } from "node:path";
import type { Clock } from "../../shared/clock.ts";
import { FleetError } from "../../shared/errors.ts";
import { invariant } from "../../shared/invariant.ts";
import { delay } from "../../shared/loop.ts";
import type { Timing } from "../../shared/model/timing.ts";
import { makeFifo } from "../../shared/native/fifo.ts";
import { packageRoot } from "../../shared/package-root.ts";
import { type AttemptPaths, readProcesses, type ShimProcesses } from "./attempt-dir.ts";
import { TASKS_MAX } from "./resources/limits.ts";
import type { ResourceLeaf } from "./resources/resource-driver.ts";
import type { StartRequest } from "./supervisor-port.ts";

export interface LaunchOptions {
  readonly request: StartRequest;
  readonly paths: AttemptPaths;
  readonly leaf: ResourceLeaf;
  readonly timing: Pick<Timing, "shimTickMs" | "termGraceMs">;
  readonly clock: Clock;
}

export interface LaunchedShim {
  readonly processes: ShimProcesses;
  /** The shim, and so the job, has ended. */
  readonly ended: Promise<void>;
}

const START_LIMIT_MS = 10_000;
/** Where the kernel tells of new files; elsewhere, or should it tell of one too few, this is looked at. */
const START_POLL_MS = 20;
const START_POLL_BLIND_MS = 2;
/** For the shim's own tools when the runner names no PATH. */
const DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** What marks every process of an attempt: its folder is unique on the box, a token only in its fleet. */
export function environMark(paths: AttemptPaths): string {
  return `SPIRAL_ATTEMPT_DIR=${paths.job}`;
}

/** Resolves when the job's process exists. @throws FleetError `internal` when it never did. */
export async function launchShim(options: LaunchOptions): Promise<LaunchedShim> {
  const { paths } = options;
  // The shim makes it where this could not; its own tool for that costs a process.
  makeFifo(paths.fifo);
  const news = watchDirectory(paths.directory);
  try {
    return await awaitStart(options, news);
  } finally {
    news.close();
  }
}

async function awaitStart(options: LaunchOptions, news: DirectoryNews): Promise<LaunchedShim> {
  const { paths, clock } = options;
  const child = await spawnShim(options).catch((error: unknown) => {
    throw new FleetError("internal", "the shim could not be spawned", error);
  });
  const ended = once(child, "exit").then(() => {});
  child.unref();
  for (const endsAtMs = clock.bootMs() + START_LIMIT_MS; ; await news.wait()) {
    const processes = readProcesses(paths);
    if (processes !== null) return { processes, ended };
    if (child.exitCode !== null || child.signalCode !== null || clock.bootMs() > endsAtMs) {
      throw new FleetError(
        "internal",
        `the shim did not start the job: ${readFileSync(paths.shimLog, "utf8")}`,
      );
    }
  }
}

interface DirectoryNews {
  /** Resolves when something in the directory has changed since the last time, or after a while. */
  wait(): Promise<void>;
  close(): void;
}

function watchDirectory(directory: string): DirectoryNews {
  let isChanged = false;
  let cutWait = (): void => {};
  const changed = (): void => {
    isChanged = true;
    cutWait();
  };
  const watcher = openWatcher(directory, changed);
  return {
    wait: async () => {
      const waiting = new AbortController();
      cutWait = () => waiting.abort("changed");
      if (!isChanged) await delay(watcher === null ? START_POLL_BLIND_MS : START_POLL_MS, waiting.signal);
      isChanged = false;
    },
    close: () => watcher?.close(),
  };
}

/** Null where the kernel has no watch left to give. */
function openWatcher(directory: string, onChange: () => void): FSWatcher | null {
  try {
    return watch(directory, { persistent: false }, onChange).on("error", onChange);
  } catch {
    return null;
  }
}

async function spawnShim({ request, paths, leaf, timing }: LaunchOptions): Promise<ChildProcess> {
  invariant(request.argv.length > 0, `attempt ${request.token} has no command`);
  const shimLog = openSync(paths.shimLog, "a", 0o600);
  try {
    const shim = join(packageRoot(), "agent", "process", "shim.sh");
    const child = spawn("/bin/sh", [shim, paths.directory, ...request.argv], {
      cwd: paths.directory,
      detached: true,
      stdio: ["ignore", "ignore", shimLog],
      env: {
        PATH: DEFAULT_PATH,
        ...request.env,
        SPIRAL_TOKEN: String(request.token),
        SPIRAL_ATTEMPT_DIR: paths.job,
        SPIRAL_SHIM_TICK: (timing.shimTickMs / 1000).toFixed(3),
        SPIRAL_SHIM_GRACE_CS: String(Math.ceil(timing.termGraceMs / 10)),
        SPIRAL_SHIM_NICE: String(request.nice),
        SPIRAL_SHIM_LEAVES: leaf.directories.join("\n"),
        SPIRAL_SHIM_UID: String(leaf.uid ?? ""),
        SPIRAL_SHIM_TASKS: String(request.limits?.tasks ?? TASKS_MAX),
      },
    });
    await once(child, "spawn");
    return child;
  } finally {
    closeSync(shimLog);
  }
}

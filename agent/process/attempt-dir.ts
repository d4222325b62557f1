/**
 * Attempt directory: everything that must outlive the agent about one attempt, as files, because the shim
 * and the next agent have nothing else to go by. The job works in a folder of it and keeps to that where it
 * has a user of its own. It may write there what it likes, so whatever is read back is bounded in size, must
 * be a plain file and is checked; a file that is not whole is absent.
 */
import {
  closeSync,
  constants,
  fstatSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { syncDirectory, syncFile } from "../../shared/durable-file.ts";
import { isJsonObject, type JsonObject } from "../../shared/json.ts";
import type { ProcessIdentity } from "./proc.ts";
import { parseLimits, type ResourceLimits } from "./resources/limits.ts";

/** Who reads and writes what is said at each path: agent, shim, job. */
export interface AttemptPaths {
  /** The records of agent and shim, and the job's folder. */
  readonly directory: string;
  /** The job's working directory. */
  readonly job: string;
  /** Agent → job: the parameters of the grant. */
  readonly params: string;
  /** Agent → job: fetched input files. */
  readonly inputs: string;
  /** Job → agent: output files. */
  readonly out: string;
  /** Job → agent: a small JSON result. */
  readonly result: string;
  /** Job → agent: a ratio 0…1 as text. */
  readonly progress: string;
  /** Agent → shim: /proc/uptime seconds. */
  readonly deadline: string;
  /** Shim → agent: stdout and stderr of the job. */
  readonly fifo: string;
  readonly logs: string;
  /** Shim → agent: output that nobody was there to read. */
  readonly tail: string;
  readonly shimLog: string;
  /** Shim → agent: identities of job and shim. */
  readonly pid: string;
  /** Agent → shim: its own identity. */
  readonly agent: string;
  /** Shim: the deadline has passed. */
  readonly expired: string;
  /** Shim → agent: how the job ended. */
  readonly exit: string;
  /** Agent → next agent; written before anything is started, durable before anybody hears of the start. */
  readonly meta: string;
}

export interface AttemptRecord {
  readonly token: number;
  readonly jobId: string;
  /** Pids and deadlines mean nothing after a reboot. */
  readonly bootId: string;
  readonly logLimitBytes: number;
  readonly limits: ResourceLimits;
  /** What the caller wants back on adoption. */
  readonly meta: JsonObject;
}

export interface AttemptExit {
  /** Exit status 0…128; null when a signal ended the job. A status above 128 reads as a signal (sh). */
  readonly code: number | null;
  readonly signal: string | null;
  readonly reason: "exited" | "deadline";
}

export interface ShimProcesses {
  readonly job: ProcessIdentity;
  readonly shim: ProcessIdentity;
}

const SMALL_FILE_BYTES = 4096;
/** The shim knows it by this name too. */
const JOB_FOLDER = "job";

export function attemptPaths(attemptsDirectory: string, token: number): AttemptPaths {
  const directory = join(attemptsDirectory, String(token));
  const job = join(directory, JOB_FOLDER);
  const logs = join(directory, "log");
  return {
    directory,
    job,
    params: join(job, "params.json"),
    inputs: join(job, "inputs"),
    out: join(job, "out"),
    result: join(job, "result.json"),
    progress: join(job, "progress"),
    deadline: join(directory, "deadline"),
    fifo: join(directory, "out.fifo"),
    logs,
    tail: join(logs, "tail"),
    shimLog: join(logs, "shim.log"),
    pid: join(directory, "pid"),
    agent: join(directory, "agent"),
    expired: join(directory, "expired"),
    exit: join(directory, "exit"),
    meta: join(directory, "meta.json"),
  };
}

/** Makes the directory with its folders; inputs may be fetched into it before the attempt is started. */
export async function prepareAttemptDir(paths: AttemptPaths): Promise<void> {
  await mkdir(paths.directory, { recursive: true, mode: 0o700 });
  const folders = [paths.inputs, paths.out, paths.logs];
  await Promise.all(folders.map((folder) => mkdir(folder, { recursive: true, mode: 0o700 })));
}

/**
 * Writes what the next agent needs; when it resolves, a process may be started: an agent that dies from here on
 * leaves the record to the next one. For the record to survive a power cut too, see `syncAttempt`.
 */
export async function recordAttempt(
  paths: AttemptPaths,
  record: AttemptRecord,
  params: JsonObject,
): Promise<void> {
  const unfinished = unfinishedMeta(paths);
  // Never through a link: what ran here before a restart may have left one.
  await rm(paths.params, { recursive: true, force: true });
  await Promise.all([
    writeFile(paths.params, JSON.stringify(params), { mode: 0o600, flag: "wx" }),
    writeFile(unfinished, JSON.stringify(record), { mode: 0o600, flag: "wx" }),
  ]);
  await rename(unfinished, paths.meta);
}

/**
 * Makes the record survive a power cut. A process may be started meanwhile, and the three may go to the disk in
 * any order: a power cut ends the process as well, and a record that is then missing or not whole is read as
 * one that was never written, so the hub hears from the next agent that nobody holds this token.
 */
export async function syncAttempt(paths: AttemptPaths): Promise<void> {
  const directories = [paths.directory, dirname(paths.directory)];
  await Promise.all([syncFile(paths.meta), ...directories.map(syncDirectory)]);
}

/** Takes away what the process before has left of itself; its log, inputs and outputs stay. `exit` goes first. */
export async function clearRun(paths: AttemptPaths): Promise<void> {
  const { exit, pid, fifo, expired, tail, progress } = paths;
  for (const path of [exit, pid, fifo, expired, tail, progress, unfinishedMeta(paths)])
    await rm(path, { recursive: true, force: true });
}

/** Where a record is put together. The job may write here too, so what has the name is never written through. */
function unfinishedMeta({ meta }: AttemptPaths): string {
  return `${meta}.new`;
}

/** Tokens that have a directory, ascending. */
export async function listAttempts(attemptsDirectory: string): Promise<readonly number[]> {
  const names = await readdir(attemptsDirectory);
  return names
    .filter((name) => /^\d{1,15}$/.test(name))
    .map(Number)
    .sort((a, b) => a - b);
}

/** Null when the attempt was never recorded: then nothing was ever started in this directory. */
export async function readRecord(paths: AttemptPaths): Promise<AttemptRecord | null> {
  const text = await readFile(paths.meta, "utf8").catch(() => null);
  const record = text === null ? null : parseJson(text);
  if (!isJsonObject(record)) return null;
  const { token, jobId, bootId, logLimitBytes, meta } = record;
  const isWhole =
    typeof token === "number" &&
    typeof jobId === "string" &&
    typeof bootId === "string" &&
    typeof logLimitBytes === "number";
  if (!isWhole || !isJsonObject(meta)) return null;
  return { token, jobId, bootId, logLimitBytes, limits: parseLimits(record["limits"]), meta };
}

/** The record goes first, so that a removal cut short is not mistaken for a lost attempt. */
export async function removeAttemptDir(paths: AttemptPaths): Promise<void> {
  await rm(paths.meta, { force: true });
  await rm(paths.directory, { recursive: true, force: true });
}

/** Replaces the deadline in one step; cheap enough for every renewal. Rounded down: never later than granted. */
export function writeDeadline(paths: AttemptPaths, bootMs: number): void {
  replaceFile(paths.deadline, `${(Math.floor(Math.max(0, bootMs) / 10) / 100).toFixed(2)}\n`);
}

/** The deadline in force; null when there is none that makes sense. */
export function readDeadline(paths: AttemptPaths): number | null {
  const seconds = /^(\d+\.\d\d)\n$/.exec(readSmallFile(paths.deadline) ?? "")?.[1];
  return seconds === undefined ? null : Number(seconds) * 1000;
}

/** Tells the shim who reads its fifo. */
export function writeAgent(paths: AttemptPaths, agent: ProcessIdentity): void {
  replaceFile(paths.agent, `${agent.pid} ${agent.startTicks}\n`);
}

/** Identities of job and shim; null until the shim has written both. */
export function readProcesses(paths: AttemptPaths): ShimProcesses | null {
  const text = readSmallFile(paths.pid) ?? "";
  const [, ...numbers] = /^job (\d+) (\d+)\nshim (\d+) (\d+)\n$/.exec(text) ?? [];
  const [job, jobStart, shim, shimStart] = numbers.map(Number);
  if (job === undefined || jobStart === undefined || shim === undefined || shimStart === undefined)
    return null;
  return { job: { pid: job, startTicks: jobStart }, shim: { pid: shim, startTicks: shimStart } };
}

/** How the job ended; null when the shim has not said so. */
export function readExit(paths: AttemptPaths): AttemptExit | null {
  const exit = parseJson(readSmallFile(paths.exit) ?? "");
  if (!isJsonObject(exit)) return null;
  const { code, signal, reason } = exit;
  if (reason !== "exited" && reason !== "deadline") return null;
  if (typeof code === "number") return { code, signal: null, reason };
  return typeof signal === "string" ? { code: null, signal, reason } : null;
}

/** When the job ended, in ms of boot time; null when the shim has not said so. */
export function readEndMs(paths: AttemptPaths): number | null {
  const exit = parseJson(readSmallFile(paths.exit) ?? "");
  const uptimeCs = isJsonObject(exit) ? exit["uptimeCs"] : null;
  return typeof uptimeCs === "number" && uptimeCs >= 0 ? uptimeCs * 10 : null;
}

/** The job's own estimate, ratio 0…1; null when it gives none that makes sense. */
export function readProgress(paths: AttemptPaths): number | null {
  const text = readSmallFile(paths.progress)?.trim() ?? "";
  const ratio = text === "" ? Number.NaN : Number(text);
  return ratio >= 0 && ratio <= 1 ? ratio : null;
}

/** At most 4 KiB of a plain file; a link, a fifo or a missing file is null, and never blocks the reader. */
function readSmallFile(path: string): string | null {
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
  } catch {
    return null;
  }
  try {
    if (!fstatSync(fd).isFile()) return null;
    const buffer = Buffer.alloc(SMALL_FILE_BYTES);
    return buffer.toString("utf8", 0, readSync(fd, buffer));
  } finally {
    closeSync(fd);
  }
}

function replaceFile(path: string, text: string): void {
  const fresh = `${path}.new`;
  // Made anew: a job that runs as we do may have left a link there that leads to any file of ours.
  rmSync(fresh, { recursive: true, force: true });
  writeFileSync(fresh, text, { mode: 0o600, flag: "wx" });
  renameSync(fresh, path);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

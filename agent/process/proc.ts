/**
 * proc: what the kernel says about processes, read defensively. A process is (pid, start time) and never a
 * bare pid: pids are reused, and killing the wrong one is the worst thing a supervisor can do. Whatever
 * cannot be read or parsed is absent, never guessed.
 */
import { closeSync, openSync, readdirSync, readFileSync, readSync } from "node:fs";
import { delay } from "../../shared/loop.ts";

/** One process for ever: `startTicks` is field 22 of /proc/PID/stat, clock ticks since boot. */
export interface ProcessIdentity {
  readonly pid: number;
  readonly startTicks: number;
}

export interface ProcessStat extends ProcessIdentity {
  /** R, S, D, T, Z, X …: the letter of proc(5). */
  readonly state: string;
  readonly ppid: number;
  readonly group: number;
  readonly session: number;
  /** User and system time of the process and of the children it has waited for. */
  readonly cpuMs: number;
}

/** The processes of this box, as far as a supervisor needs them; a port so that tests can make one unkillable. */
export interface ProcessTable {
  pids(): readonly number[];
  /** All of them at once: 10 µs each and more, so nothing for a loop that has to stay quick; see `sweep`. */
  list(): readonly ProcessStat[];
  stat(pid: number): ProcessStat | null;
  /** Whether the initial environment holds exactly this `NAME=value`; false when it may not be read. */
  hasEnviron(pid: number, entry: string): boolean;
  /** Resident bytes; null when unknown. */
  rssBytes(pid: number): number | null;
  /** kill(2): a negative pid means the group. False when nobody was there to get it. */
  signal(pid: number, signal: NodeJS.Signals): boolean;
}

/** USER_HZ: fixed at 100 in the kernel's interface on every architecture that Node runs on. */
const TICK_MS = 10;
/** The fields behind the name, counted from `state`: number in proc(5) minus 3. */
const FIELD = { state: 0, ppid: 1, group: 2, session: 3, firstTime: 11, startTicks: 19 } as const;

/** Reads one line of /proc/PID/stat; the name may hold spaces, parentheses and newlines. Null when malformed. */
export function parseStat(text: string): ProcessStat | null {
  const nameEnd = text.lastIndexOf(") ");
  const pid = Number.parseInt(text, 10);
  const fields = text.slice(nameEnd + 2).split(" ");
  const state = fields[FIELD.state];
  const at = (index: number): number => Number(fields[index]);
  const times = [0, 1, 2, 3].map((offset) => at(FIELD.firstTime + offset));
  const stat = {
    pid,
    startTicks: at(FIELD.startTicks),
    ppid: at(FIELD.ppid),
    group: at(FIELD.group),
    session: at(FIELD.session),
    cpuMs: times.reduce((sum, ticks) => sum + ticks, 0) * TICK_MS,
  };
  const isWhole = nameEnd > 0 && state !== undefined && Object.values(stat).every(Number.isSafeInteger);
  return isWhole ? { ...stat, state } : null;
}

/** Whether the process still runs; a zombie has ended, it only waits for its parent. */
export function isRunning(stat: ProcessStat): boolean {
  return stat.state !== "Z" && stat.state !== "X";
}

/** Whether exactly this process, and not a later one of its number, still runs. */
export function isAlive(table: ProcessTable, identity: ProcessIdentity): boolean {
  const stat = table.stat(identity.pid);
  return stat !== null && stat.startTicks === identity.startTicks && isRunning(stat);
}

/** Those of `pids` that still run. */
export function statRunning(table: ProcessTable, pids: readonly number[]): readonly ProcessStat[] {
  return pids
    .map((pid) => table.stat(pid))
    .filter((stat) => stat !== null)
    .filter(isRunning);
}

export const systemProcesses: ProcessTable = {
  pids: listPids,
  list: () =>
    listPids()
      .map(readStat)
      .filter((stat) => stat !== null),
  stat: readStat,
  hasEnviron: (pid, entry) => {
    const environ = readProc(`/proc/${pid}/environ`);
    return environ !== null && `\0${environ}`.includes(`\0${entry}\0`);
  },
  rssBytes: (pid) => {
    const kib = /^VmRSS:\s*(\d+) kB$/m.exec(readProc(`/proc/${pid}/status`) ?? "")?.[1];
    return kib === undefined ? null : Number(kib) * 1024;
  },
  signal: (pid, signal) => {
    try {
      return process.kill(pid, signal);
    } catch {
      // ESRCH: it ended by itself. EPERM: it is not ours to kill; whoever proves emptiness will still see it.
      return false;
    }
  },
};

/** So many processes are read in one go: a few milliseconds, with their environment, on a slow box. */
const SWEEP_SLICE = 100;

/** Visits every process, in slices between which others get their turn. No snapshot: it takes as long as it takes. */
export async function sweep(table: ProcessTable, visit: (stat: ProcessStat) => void): Promise<void> {
  const pids = table.pids();
  for (let at = 0; at < pids.length; at += SWEEP_SLICE) {
    if (at > 0) await delay(0);
    for (const pid of pids.slice(at, at + SWEEP_SLICE)) {
      const stat = table.stat(pid);
      if (stat !== null) visit(stat);
    }
  }
}

/** Memory with each shared page divided by its sharers; null when it may not be read or the kernel is old. */
export function proportionalBytes(pid: number): number | null {
  const kib = /^Pss:\s*(\d+) kB$/m.exec(readProc(`/proc/${pid}/smaps_rollup`) ?? "")?.[1];
  return kib === undefined ? null : Number(kib) * 1024;
}

/** Changes with every boot: pids, start times and deadlines of another boot mean nothing. */
/** Of the machine, or empty where it has none; boxes made from one image may share it. */
export function readMachineId(): string {
  try {
    return readFileSync("/etc/machine-id", "utf8").trim().slice(0, 64);
  } catch {
    return "";
  }
}

export function readBootId(): string {
  return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
}

function listPids(): readonly number[] {
  return readdirSync("/proc").map(Number).filter(Number.isSafeInteger);
}

/** Longer than any stat line: 52 numbers and a name of at most 64 bytes. */
const statLine = Buffer.alloc(2048);

/** One buffer and no fstat: a sweep reads every process of the box, and this halves its time. */
function readStat(pid: number): ProcessStat | null {
  let fd: number | null = null;
  try {
    fd = openSync(`/proc/${pid}/stat`, "r");
    return parseStat(statLine.toString("latin1", 0, readSync(fd, statLine, 0, statLine.length, null)));
  } catch {
    return null;
  } finally {
    if (fd !== null) closeSync(fd);
  }
}

/** A process may end between listing and reading: absent is an answer here, not an error. */
function readProc(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
}

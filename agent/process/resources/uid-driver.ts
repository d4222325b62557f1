/**
 * Uid driver: a user of its own for each attempt, out of a range that belongs to nobody else. It stands in for
 * cgroups on a box where an agent that is root may not make any. A job cannot change its user, so the kernel
 * counts its tasks, finds all of it however it hid, and keeps it out of its own records. What a job's folder
 * belongs to tells which user is taken: nothing is kept in memory, and the next agent finds the same.
 */
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  lchownSync,
  lstatSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { FleetError } from "../../../shared/errors.ts";
import { attemptPaths } from "../attempt-dir.ts";
import { NO_LEAF, type ResourceDriver, type ResourceLeaf, UNKNOWN } from "./resource-driver.ts";

/** Users and the groups of the same numbers, both ends included; never 0. */
export interface UidRange {
  readonly first: number;
  readonly last: number;
}

const OTHERS_ENTER = 0o001;
/** Others may pass through to what they own, and list nothing. */
const PASSAGE = 0o711;

/** @throws FleetError `config` when this agent cannot give its jobs users, or these could not reach their folders. */
export function createUidDriver(attemptsDirectory: string, uids: UidRange): ResourceDriver {
  checkTools();
  checkStrangers(uids);
  checkWay(dirname(attemptsDirectory));
  const open = (token: number): ResourceLeaf => {
    const uid = ownerOf(attemptsDirectory, token);
    return uid !== null && uid >= uids.first && uid <= uids.last ? leafOf(uid) : NO_LEAF;
  };
  return {
    name: "job-uid",
    caps: { memory: "watch", tasks: "kernel", cpu: "nice", kill: "kernel" },
    open,
    create: (token) => {
      const own = open(token).uid;
      const uid = own ?? freeUid(attemptsDirectory, uids);
      const leaf = leafOf(uid);
      // Whoever runs under a user that no attempt has belongs to nobody.
      leaf.kill();
      chmodSync(attemptsDirectory, PASSAGE);
      const { directory, job, params } = attemptPaths(attemptsDirectory, token);
      chmodSync(directory, PASSAGE);
      // At a restart the folder is the job's already, and what it has put there is not ours to walk through.
      handOver(own === null ? job : params, uid);
      return leaf;
    },
    tokens: () => [],
    close: () => {},
  };
}

function leafOf(uid: number): ResourceLeaf {
  return {
    directories: [],
    uid,
    members: () => listPids().filter((pid) => isRunningAs(uid, pid)),
    // As that user itself: kill(2) of -1 reaches all of its processes in one call, and no other's.
    kill: () => {
      const user = [`--reuid=${uid}`, `--regid=${uid}`, "--clear-groups"];
      spawnSync("setpriv", [...user, "--", "sh", "-c", "kill -9 -1"], { stdio: "ignore" });
    },
    read: () => UNKNOWN,
    remove: () => {},
  };
}

function freeUid(attemptsDirectory: string, { first, last }: UidRange): number {
  const tokens = readdirSync(attemptsDirectory).map(Number).filter(Number.isSafeInteger);
  const taken = new Set(tokens.map((token) => ownerOf(attemptsDirectory, token)));
  for (let uid = first; uid <= last; uid++) if (!taken.has(uid)) return uid;
  throw new FleetError("resourceExhausted", `each of the job users ${first}-${last} has an attempt`);
}

/** Who owns the job's folder; null when there is none. */
function ownerOf(attemptsDirectory: string, token: number): number | null {
  return lstatSync(attemptPaths(attemptsDirectory, token).job, { throwIfNoEntry: false })?.uid ?? null;
}

/** Gives a tree to a user. A file that lies elsewhere too, in the cache, is copied: its other name stays ours. */
function handOver(path: string, uid: number): void {
  const entry = lstatSync(path);
  if (entry.isFile() && entry.nlink > 1) {
    copyFileSync(path, `${path}.copy`);
    renameSync(`${path}.copy`, path);
  }
  lchownSync(path, uid, uid);
  if (entry.isDirectory()) for (const name of readdirSync(path)) handOver(join(path, name), uid);
}

function listPids(): readonly number[] {
  return readdirSync("/proc").map(Number).filter(Number.isSafeInteger);
}

/** By its status: the owner of /proc/PID is root as soon as a process asks for it. A zombie has ended. */
function isRunningAs(uid: number, pid: number): boolean {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    return new RegExp(`^Uid:\\t${uid}\\t`, "m").test(status) && !/^State:\t[ZX]/m.test(status);
  } catch {
    return false; // it has ended
  }
}

function checkTools(): void {
  const hasTool = (name: string): boolean => spawnSync(name, ["--version"], { stdio: "ignore" }).status === 0;
  const missing = ["setpriv", "prlimit"].filter((name) => !hasTool(name));
  if (process.getuid?.() !== 0)
    throw new FleetError("config", "jobUids: only an agent that is root can use them");
  if (missing.length === 0) return;
  throw new FleetError("config", `jobUids: ${missing.join(" and ")} not found: install util-linux`);
}

/** An account of that number would be killed with the job. */
function checkStrangers({ first, last }: UidRange): void {
  const accounts = readFileSync("/etc/passwd", "utf8")
    .split("\n")
    .map((line) => line.split(":"));
  const [name, , uid] = accounts.find(([, , id]) => Number(id) >= first && Number(id) <= last) ?? [];
  if (name === undefined) return;
  throw new FleetError("config", `jobUids: ${uid} is the account ${name}: choose numbers that nobody has`);
}

function checkWay(directory: string): void {
  if ((statSync(directory).mode & OTHERS_ENTER) === 0) {
    throw new FleetError("config", `jobUids: a job cannot reach its folder: chmod o+x ${directory}`);
  }
  if (dirname(directory) !== directory) checkWay(dirname(directory));
}

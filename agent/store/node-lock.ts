/**
 * Node lock: one agent per node directory. Two agents on one directory would both adopt the same jobs and
 * both answer for them. The holder is a (pid, start time), so a lock that outlived its agent is not believed.
 */
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { FleetError } from "../../shared/errors.ts";
import { must } from "../../shared/invariant.ts";
import { isAlive, type ProcessIdentity, systemProcesses } from "../process/proc.ts";

/** Takes the lock for as long as this process lives. @throws FleetError `config` naming the pid that has it. */
export function lockNode(nodeDirectory: string): void {
  const path = join(nodeDirectory, "agent.lock");
  const { pid, startTicks } = must(
    systemProcesses.stat(process.pid),
    "/proc does not show this very process",
  );
  const own = `${path}.${pid}`;
  writeFileSync(own, `${pid} ${startTicks}\n`, { mode: 0o600 });
  try {
    // A link appears whole or not at all, and never replaces a file that is there.
    for (let tries = 0; !tryLink(own, path); tries++) {
      const holder = readText(path);
      const identity = parseIdentity(holder);
      if (tries > 2 || (identity !== null && isAlive(systemProcesses, identity))) {
        const who = identity === null ? "another agent" : `an agent with pid ${identity.pid}`;
        throw new FleetError("config", `${who} already serves ${nodeDirectory}: stop it first`);
      }
      if (holder !== null) removeStale(path, own, holder);
    }
  } finally {
    rmSync(own, { force: true });
  }
}

/** Moves the dead holder's lock aside; one that somebody took meanwhile goes back. */
function removeStale(path: string, own: string, stale: string): void {
  const aside = `${own}.stale`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    throw error;
  }
  if (readText(aside) !== stale) tryLink(aside, path);
  rmSync(aside, { force: true });
}

function tryLink(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}

function parseIdentity(text: string | null): ProcessIdentity | null {
  const [, pid, startTicks] = /^(\d+) (\d+)\n$/.exec(text ?? "") ?? [];
  return pid === undefined || startTicks === undefined
    ? null
    : { pid: Number(pid), startTicks: Number(startTicks) };
}

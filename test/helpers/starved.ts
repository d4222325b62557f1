/**
 * Starved: how long processes were ready to run and got no processor. A bound on a time then says something of the
 * program and not of what else the machine does.
 */
import { readFileSync } from "node:fs";

/**
 * Milliseconds so far that the main threads of these processes have waited for a processor, added up: the second figure of
 * `/proc/PID/schedstat` (Documentation/scheduler/sched-stats).
 */
export function starvedMs(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + waitedNs(pid) / 1e6, 0);
}

function waitedNs(pid: number): number {
  const [, waited = ""] = readFileSync(`/proc/${pid}/schedstat`, "utf8").trim().split(" ");
  return Number(waited);
}

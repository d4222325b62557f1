/** Processes: what runs for a fleet's jobs, found in /proc by what only they carry. */
import { readdirSync, readFileSync } from "node:fs";

export interface JobProcess {
  readonly pid: number;
  readonly kind: "job" | "shim";
  /** Null where it does not say. */
  readonly token: number | null;
}

/** All processes of jobs and their shims below this root. */
export function jobProcesses(root: string): readonly JobProcess[] {
  return readdirSync("/proc").flatMap((name): JobProcess[] => {
    if (!/^\d+$/.test(name)) return [];
    const environ = read(`/proc/${name}/environ`);
    const at = environ.indexOf(`SPIRAL_ATTEMPT_DIR=${root}/agents/`);
    // Gone, or a zombie: neither runs any more.
    if (at < 0) return [];
    const token = /\/attempts\/(\d+)\/job\0/.exec(environ.slice(at))?.[1];
    const command = read(`/proc/${name}/cmdline`);
    // What the shim itself runs carries the attempt's mark as well, but not what the job's script adds to it.
    const isJob =
      environ.includes("\0CHAOS_SIDE=") || (/\/job\.sh\0/.test(command) && !/\/shim\.sh\0/.test(command));
    return [
      { pid: Number(name), kind: isJob ? "job" : "shim", token: token === undefined ? null : Number(token) },
    ];
  });
}

/** Ends whatever is left of jobs and shims; the shims first, for they look after the others. */
export function endJobProcesses(root: string): void {
  for (const kind of ["shim", "job"]) {
    for (const each of jobProcesses(root)) if (each.kind === kind) kill(each.pid);
  }
}

/** One that is gone already is as good as ended. */
export function kill(pid: number, signal: NodeJS.Signals = "SIGKILL"): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return ""; // it has ended meanwhile
  }
}

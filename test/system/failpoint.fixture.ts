/** Places of the files that are derived from the journal. */
export const PROJECTION_FAILPOINTS = [
  /** The events are durable, their lines are not written. */
  "before-projection",
  /** Half a line is written. */
  "torn-projection",
  /** The lines are written, not synced. */
  "after-projection",
] as const;

/** Faults are files: `ROOT/fault-NAME` holds how often NAME must be passed before the process is killed there. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

export function isArmed(root: string, name: string): boolean {
  return existsSync(join(root, `fault-${name}`));
}

export function createFailpoints(root: string): (name: string) => void {
  const passed = new Map<string, number>();
  return (name) => {
    const file = join(root, `fault-${name}`);
    if (!isArmed(root, name)) return;
    const times = (passed.get(name) ?? 0) + 1;
    passed.set(name, times);
    if (times >= Number(readFileSync(file, "utf8"))) process.kill(process.pid, "SIGKILL");
  };
}

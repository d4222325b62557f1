/** Faults are files: `ROOT/fault-NAME` holds how often NAME must be passed before the process is killed there. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

export function createFailpoints(root: string): (name: string) => void {
  const passed = new Map<string, number>();
  return (name) => {
    const file = join(root, `fault-${name}`);
    if (!existsSync(file)) return;
    const times = (passed.get(name) ?? 0) + 1;
    passed.set(name, times);
    if (times >= Number(readFileSync(file, "utf8"))) process.kill(process.pid, "SIGKILL");
  };
}

/** Activity: what can be seen of running jobs without asking them: processor time, processes, and their log. */
import { statSync } from "node:fs";
import { join } from "node:path";
import type { AgentState } from "./core/state.ts";
import type { ActivityLook } from "./core/stuck-watch.ts";
import type { Supervisor } from "./process/supervisor-port.ts";

export function lookAtJobs(
  { attempts }: AgentState,
  supervisor: Pick<Supervisor, "usage" | "paths">,
): ReadonlyMap<number, ActivityLook> {
  const running = [...attempts].filter(([, { phase }]) => phase === "running");
  return new Map(running.map(([token]) => [token, lookAt(token, supervisor)]));
}

function lookAt(token: number, supervisor: Pick<Supervisor, "usage" | "paths">): ActivityLook {
  const { cpuMs = null, processes = null } = supervisor.usage(token) ?? {};
  return { cpuMs, processes, output: outputMark(join(supervisor.paths(token).logs, "current.log")) };
}

/** Another one after every write; null while there is no log. */
function outputMark(path: string): string | null {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat === undefined ? null : `${stat.ino} ${stat.size} ${stat.mtimeMs}`;
}

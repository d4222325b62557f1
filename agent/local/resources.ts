/**
 * Resources: what the box has left, and who uses it, for people who ask. Reading every process takes
 * milliseconds, so one sweep serves everybody who asks within a second.
 */
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import type { ProcessRow, ResourcesQuery, SystemResources } from "../../shared/wire/local-types.ts";
import type { ProcessTable } from "../process/proc.ts";

export interface ResourcesOptions {
  /** The last reading of the host. */
  readonly host: () => Omit<SystemResources, "cpuCores" | "processes">;
  readonly processes: ProcessTable;
  /** What each process holds on the cards; empty where the driver does not tell. */
  readonly vramByPid: () => ReadonlyMap<number, number>;
  readonly nowMs: () => number;
}

const SWEEP_VALID_MS = 1_000;

export function createResources(options: ResourcesOptions): (query: ResourcesQuery) => SystemResources {
  const { host, nowMs } = options;
  let sweep: { readonly atMs: number; readonly rows: readonly Unnamed[] } | null = null;
  const largest = (topN: number): readonly ProcessRow[] => {
    if (sweep === null || nowMs() - sweep.atMs >= SWEEP_VALID_MS) {
      sweep = { atMs: nowMs(), rows: sweepProcesses(options) };
    }
    return sweep.rows.slice(0, topN).map((row) => ({ ...row, name: nameOf(row.pid) }));
  };
  return ({ includeProcesses, topN }) => ({
    ...host(),
    cpuCores: availableParallelism(),
    processes: includeProcesses ? largest(topN) : [],
  });
}

type Unnamed = Omit<ProcessRow, "name">;

/** By VRAM, then by resident memory. */
function sweepProcesses({ processes, vramByPid }: ResourcesOptions): readonly Unnamed[] {
  const vram = vramByPid();
  return processes
    .list()
    .map(({ pid, cpuMs }) => ({
      pid,
      cpuMs,
      rssBytes: processes.rssBytes(pid),
      vramBytes: vram.get(pid) ?? null,
    }))
    .sort(
      (a, b) =>
        (b.vramBytes ?? 0) - (a.vramBytes ?? 0) || (b.rssBytes ?? 0) - (a.rssBytes ?? 0) || a.pid - b.pid,
    );
}

/** Empty when the process has ended since. */
function nameOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, "utf8").trimEnd();
  } catch {
    return "";
  }
}

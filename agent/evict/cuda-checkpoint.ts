/**
 * Park: moves what a process holds on the card into main memory with NVIDIA's `cuda-checkpoint` (driver 570 or
 * later; on arm64 595) and back. Lock first, with a timeout of its own, because checkpoint waits for work that
 * was submitted; never `--toggle`, which resumes what is parked already. A consumer of several processes is
 * parked as a whole or not at all.
 */
import { accessSync, constants } from "node:fs";
import type { EvictOutcome, Evictor } from "./evictor.ts";
import { runCommand } from "./run-command.ts";

export interface CudaCheckpointConfig {
  /** Absolute path of the program. */
  readonly program: string;
  /** The processes of the consumer that hold VRAM now. */
  readonly pids: () => readonly number[];
  /** How long submitted work may take to finish before the lock is given up. */
  readonly lockMs: number;
}

/** For putting things back after a failure, whose own deadline is over by then. */
const UNDO_MS = 10_000;

/** Offers nothing on a box without the program. */
export function createCudaCheckpointEvictor(id: string, config: CudaCheckpointConfig): Evictor {
  const isPresent = isExecutable(config.program);
  return {
    id,
    spills: ["park"],
    rungs: (heldBytes) => (isPresent ? { park: heldBytes } : {}),
    evict: (_rung, _bytesWanted, signal) => parkAll(config, signal),
    restore: (_rung, signal) => resumeAll(config, config.pids(), signal),
  };
}

async function parkAll(config: CudaCheckpointConfig, signal: AbortSignal): Promise<EvictOutcome> {
  const pids = config.pids();
  if (pids.length === 0) return { kind: "idle", detail: "no process of it holds VRAM" };
  for (const [index, pid] of pids.entries()) {
    const failure = await park(config, pid, signal);
    if (failure === null) continue;
    // The deadline is over or the card refuses: those before it must not stay frozen for nothing.
    const undone = await resumeAll(config, pids.slice(0, index), AbortSignal.timeout(UNDO_MS));
    const rest = undone.kind === "failed" ? `; and ${undone.detail}` : "";
    return { kind: "failed", detail: failure + rest };
  }
  return { kind: "done", detail: `parked ${pids.join(", ")}` };
}

/** Null when the process is parked; otherwise it is left running. */
async function park(config: CudaCheckpointConfig, pid: number, signal: AbortSignal): Promise<string | null> {
  const state = await ask(config, ["--get-state", "--pid", String(pid)], signal);
  if (state.failure !== null) return state.failure;
  if (/\bcheckpointed\b/.test(state.output)) return null;
  const isLocked = /\blocked\b/.test(state.output);
  const failure =
    (isLocked ? null : await act(config, "lock", pid, signal)) ??
    (await act(config, "checkpoint", pid, signal));
  // A lock that was cut off may hold all the same; an unlock too many is refused and harms nothing.
  if (failure !== null) await act(config, "unlock", pid, AbortSignal.timeout(UNDO_MS));
  return failure;
}

async function resumeAll(
  config: CudaCheckpointConfig,
  pids: readonly number[],
  signal: AbortSignal,
): Promise<EvictOutcome> {
  const failures: string[] = [];
  for (const pid of pids) {
    const failure = await resume(config, pid, signal);
    if (failure !== null) failures.push(failure);
  }
  if (failures.length > 0) return { kind: "failed", detail: failures.join("; ") };
  return { kind: "done", detail: `resumed ${pids.join(", ")}` };
}

/** Null when the process runs, whatever state it was left in. */
async function resume(
  config: CudaCheckpointConfig,
  pid: number,
  signal: AbortSignal,
): Promise<string | null> {
  const { output } = await ask(config, ["--get-state", "--pid", String(pid)], signal);
  if (/\brunning\b/.test(output)) return null;
  const failure = /\blocked\b/.test(output) ? null : await act(config, "restore", pid, signal);
  return failure ?? (await act(config, "unlock", pid, signal));
}

type Action = "lock" | "checkpoint" | "restore" | "unlock";

/** Null when the action succeeded. */
async function act(
  config: CudaCheckpointConfig,
  action: Action,
  pid: number,
  signal: AbortSignal,
): Promise<string | null> {
  const timeout = action === "lock" ? ["--timeout", String(config.lockMs)] : [];
  const { failure } = await ask(config, ["--action", action, "--pid", String(pid), ...timeout], signal);
  return failure;
}

interface Said {
  readonly failure: string | null;
  readonly output: string;
}

async function ask(
  { program }: CudaCheckpointConfig,
  args: readonly string[],
  signal: AbortSignal,
): Promise<Said> {
  const result = await runCommand({ argv: [program, ...args] }, signal);
  if (result.kind === "failed") return { failure: result.detail, output: "" };
  const { code, output } = result;
  const failure = code === 0 ? null : `${args.join(" ")}: exit ${code}: ${output.slice(0, 200)}`;
  return { failure, output };
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    // Not installed here: the rung is not on offer.
    return false;
  }
}

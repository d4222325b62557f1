/**
 * Supervisor port: what the agent asks of whoever runs its processes, and what it is told in return. It
 * carries no policy: which work is started, kept and stopped is decided by the agent's core.
 */
import type { JsonObject } from "../../shared/json.ts";
import type { AttemptExit, AttemptPaths } from "./attempt-dir.ts";
import type { ProcessIdentity } from "./proc.ts";
import type { ResourceLimits } from "./resources/limits.ts";

export interface StartRequest {
  readonly token: number;
  readonly jobId: string;
  /** Executed as it stands, never by a shell; the working directory is the job's folder. */
  readonly argv: readonly string[];
  /** The whole environment of the job, apart from SPIRAL_TOKEN and SPIRAL_ATTEMPT_DIR, which are added. */
  readonly env: Readonly<Record<string, string>>;
  /** Written to params.json. */
  readonly params: JsonObject;
  readonly deadlineBootMs: number;
  /** Added to the agent's own niceness; above 0 the disk is yielded too. */
  readonly nice: number;
  /** Returned by `adopt`. */
  readonly meta: JsonObject;
  readonly logLimitBytes: number;
  /** Without them the job is bounded in tasks only. */
  readonly limits?: ResourceLimits;
}

/** The limit that the supervisor ended an attempt for. */
export interface LimitBreach {
  readonly limit: "memory" | "tasks" | "disk";
  /** For people: what was measured, and what was allowed. */
  readonly detail: string;
}

/** What is known about an end beyond its exit status. */
export interface EndEvidence {
  /** Processes of it that the kernel has killed for memory; null when only the whole box is counted. */
  readonly oomKills: number | null;
  readonly peakMemoryBytes: number | null;
  readonly breach: LimitBreach | null;
}

export type ProcessEvent =
  | { readonly kind: "started"; readonly token: number; readonly pid: number; readonly startTicks: number }
  | { readonly kind: "progress"; readonly token: number; readonly ratio: number }
  | {
      readonly kind: "exited";
      readonly token: number;
      readonly exit: AttemptExit;
      /** Boot time, in steps of 10 ms; null where the shim's record does not say. */
      readonly endedBootMs: number | null;
      readonly evidence?: EndEvidence;
    }
  /** Nothing is left of it and nobody knows how it ended. */
  | { readonly kind: "vanished"; readonly token: number; readonly evidence?: EndEvidence }
  /** These cannot be killed; `exited` or `vanished` follows if they ever go. */
  | { readonly kind: "wedged"; readonly token: number; readonly pids: readonly number[] };

export interface Adopted {
  readonly token: number;
  readonly jobId: string;
  readonly meta: JsonObject;
  /** Null when it was never recorded or the box has booted since. */
  readonly job: ProcessIdentity | null;
  /** False: an `exited` or `vanished` event follows. */
  readonly isRunning: boolean;
}

export interface ProcessUsage {
  readonly rssBytes: number;
  readonly cpuMs: number;
  readonly processes: number;
}

export interface Supervisor {
  /** Where the attempt of this token lives; made by `prepare` or `start`. */
  paths(token: number): AttemptPaths;
  /** Makes the directory, so that inputs can be fetched before `start`. */
  prepare(token: number): Promise<AttemptPaths>;
  /** Resolves when the job runs under its shim. @throws FleetError when it could not be started. */
  start(request: StartRequest): Promise<void>;
  /**
   * Another process for an attempt whose last one has ended, in the same directory and with the same log. What
   * is left of the last one is killed and proved gone first. @throws FleetError when it could not be started.
   */
  restart(request: StartRequest): Promise<void>;
  /** Moves the deadline, also of an attempt between two processes; ignored while it is being stopped. */
  extend(token: number, deadlineBootMs: number): void;
  /** TERM, grace, KILL, proof. Resolves when it has ended or is reported wedged; a shorter grace wins. */
  stop(token: number, graceMs: number): Promise<void>;
  /** Once, before anything else: takes over what an earlier agent left. */
  adopt(): Promise<readonly Adopted[]>;
  /**
   * Removes the directory of an attempt that has ended or was only prepared.
   * @throws FleetError `refused` while it runs.
   */
  forget(token: number): Promise<void>;
  /** Null when the attempt is not running. */
  usage(token: number): ProcessUsage | null;
  onEvent(listener: (event: ProcessEvent) => void): void;
  /** Looks at every attempt; call it at least each tick. Ends are also noticed in between. */
  tick(): void;
  /** Leaves all jobs to their shims and lets go of them. */
  close(): Promise<void>;
}

/** Job: what is submitted, and the words for how it goes (DESIGN section 5). */
import type { JsonObject } from "../json.ts";
import type { Lane, Priority } from "./priority.ts";

export const ON_HUB_LOSS = ["stop", "finish"] as const;
export type OnHubLoss = (typeof ON_HUB_LOSS)[number];

/** A task ends by itself; a service is meant to run for ever and is started again when its process ends. */
export const JOB_KINDS = ["task", "service"] as const;
export type JobKind = (typeof JOB_KINDS)[number];

/** One file that a job reads, fetched by content and laid at `path` below inputs/. */
export interface InputFile {
  readonly path: string;
  readonly sha256: string;
  readonly bytes: number;
}

export interface JobSpec {
  readonly kind: JobKind;
  readonly runner: string;
  readonly params: JsonObject;
  readonly priority: Priority;
  readonly lane: Lane;
  readonly vramBytes: number;
  readonly subsystem: string;
  readonly producer: string;
  readonly campaign: string | null;
  /** Only this node may run it; null = any. */
  readonly node: string | null;
  /** Null: for as long as it likes; only a service may. */
  readonly maxRuntimeMs: number | null;
  readonly maxAttempts: number;
  readonly delayMs: number;
  readonly onHubLoss: OnHubLoss;
  readonly inputs: readonly InputFile[];
  /** Jobs that must have succeeded first; absent: none. */
  readonly after?: readonly string[];
  /** Runner of a service: granted only on a node where that service runs. Absent or null: none. */
  readonly uses?: string | null;
  /** Not before this; absent or null: at once. */
  readonly notBeforeWallMs?: number | null;
}

export const JOB_STATES = [
  "pending",
  "leased",
  "running",
  "finalising",
  "succeeded",
  "failed",
  "cancelled",
  "quarantined",
] as const;
export type JobState = (typeof JOB_STATES)[number];

/** How an attempt ended; only own-failure and oom burn one of the job's attempts. */
export const ATTEMPT_OUTCOMES = [
  "ok",
  "own-failure",
  "oom",
  "infra-lost",
  "preempted",
  "cancelled",
  "wedged",
] as const;
export type AttemptOutcome = (typeof ATTEMPT_OUTCOMES)[number];

/** Exit status of a runner that was given bad parameters: no try anywhere can succeed (EX_USAGE of sysexits). */
export const EXIT_BAD_PARAMETERS = 64;

export const DESIRED_STATES = ["disabled", "down", "up", "paused"] as const;
export type DesiredState = (typeof DESIRED_STATES)[number];

/** One output of an attempt, as the manifest lists it. */
export interface OutputFile {
  readonly path: string;
  readonly sha256: string;
  readonly bytes: number;
}

/** The number in a job id; 0 for what is none. Jobs are numbered in order of submission. */
export function jobNumber(jobId: string): number {
  return /^j_\d{1,15}$/.test(jobId) ? Number(jobId.slice(2)) : 0;
}

/** Bounds that every job keeps; checked at submit. */
export const JOB_LIMITS = {
  paramsBytes: 16 * 1024,
  resultBytes: 16 * 1024,
  /** Whatever a job leaves another may take. */
  inputs: 512,
  outputs: 512,
  after: 64,
  maxAttempts: 16,
  maxRuntimeMs: 7 * 24 * 3_600_000,
  liveJobs: 100_000,
} as const;

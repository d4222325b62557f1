/**
 * Messages: what an agent and the hub say to each other, as the cores see it. The codec turns wire messages
 * into these and back; nothing unvalidated passes it.
 */
import type { JsonObject } from "../json.ts";
import type { StartLimitPolicy } from "../policy/start-limit.ts";
import type { FaultReport, StandingReport } from "./health.ts";
import type { AttemptOutcome, DesiredState, InputFile, OnHubLoss } from "./job.ts";
import type { Lane, Priority } from "./priority.ts";

export const PROTOCOL = { major: 1, minor: 0 } as const;

export const GPU_SOURCES = ["nvml", "nvidia-smi", "simulated"] as const;
/** Who reads a card. */
export type GpuSource = (typeof GPU_SOURCES)[number];

/** One GPU as last read; null = the driver does not say. */
export interface GpuReading {
  readonly uuid: string;
  readonly name: string;
  readonly totalBytes: number;
  readonly usedBytes: number | null;
  readonly utilisationRatio: number | null;
  readonly temperatureC: number | null;
  readonly powerW: number | null;
  readonly source: GpuSource;
}

export interface InventoryItem {
  readonly token: number;
  readonly state: "running" | "completing";
}

export interface RunnerInfo {
  readonly name: string;
  readonly sha256: string;
  /** Its jobs are placed by the most VRAM they were seen to hold, where that is more than they declare. */
  readonly isVramLearned: boolean;
}

export interface Capabilities {
  readonly cpuCores: number;
  readonly memoryBytes: number;
  readonly startLimitBurst: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly agentVersion: string;
}

export interface Hello {
  readonly kind: "hello";
  readonly protocolMajor: number;
  readonly protocolMinor: number;
  readonly node: string;
  readonly bootId: string;
  readonly agentInstance: string;
  readonly maxTokenSeen: number;
  readonly hubEpochSeen: number;
  readonly isLatchedDown: boolean;
  readonly inventory: readonly InventoryItem[];
  readonly runners: readonly RunnerInfo[];
  readonly gpus: readonly GpuReading[];
  readonly capabilities: Capabilities;
  /** The hub that the numbers it has seen are about; empty: it never heard a name. */
  readonly hubId: string;
  readonly maxJobSeen: number;
  /** Grows with every start of an agent on its directory; 0: unknown. */
  readonly generation: number;
  /** Empty: unknown. */
  readonly machineId: string;
  /** Grows with every hello of one agent process; 0: unknown. */
  readonly helloSeq: number;
}

export interface UnreadableGrant {
  readonly token: number;
  readonly reason: string;
}

/** What declared residents hold of a card, and whether its gates count them like everything else. */
export interface Residents {
  readonly bytes: number;
  /** By the gate policy in force, `literal` or `resident-aware`. */
  readonly isLiteral: boolean;
}

export interface Headroom {
  readonly gpu: string;
  readonly priority: Priority;
  /** What a job may ask for, room that can be made for it included. */
  readonly bytes: number;
  /** Room that the gate leaves by itself; negative: what must go before it opens. Absent: closed, or unknown. */
  readonly marginBytes?: number;
  /** Told of background and batch only. */
  readonly residents?: Residents;
}

export interface Claim {
  readonly kind: "claim";
  readonly claimId: number;
  readonly gpuSlots: number;
  readonly cpuSlots: number;
  readonly headroom: readonly Headroom[];
  readonly warm: readonly string[];
  /** Highest token granted to this node that the offer takes into account. */
  readonly maxTokenSeen: number;
}

export interface Completion {
  readonly token: number;
  readonly outcome: AttemptOutcome;
  readonly exitCode: number;
  readonly detail: string;
  /** Hex; null when the attempt has no outputs. */
  readonly manifestSha256: string | null;
  readonly result: JsonObject;
  readonly peakVramBytes: number;
  readonly ranMs: number;
}

/** A service's process has ended and is started again, or its strikes are forgiven. Told again on each attach. */
export interface Restart {
  readonly kind: "restart";
  readonly token: number;
  /** Counts from 1 under this token. */
  readonly restart: number;
  /** Strikes that count now; 0 once they are forgiven. */
  readonly strikes: number;
  /** Strikes that its allowance tolerates. */
  readonly burst: number;
  /** -1 when a signal ended it. */
  readonly exitCode: number;
  readonly detail: string;
  /** Until it starts. */
  readonly afterMs: number;
}

export type AgentMessage =
  | Hello
  | Claim
  /** `isLatchedDown`: somebody on the box holds it down; absent: nobody does. */
  | { readonly kind: "heartbeat"; readonly seq: number; readonly isLatchedDown?: boolean }
  | { readonly kind: "decline"; readonly token: number; readonly reason: string }
  /** `gpu`: the card that it was booked on; null for none, absent from agents of before. */
  | { readonly kind: "started"; readonly token: number; readonly gpu?: string | null }
  | { readonly kind: "progress"; readonly token: number; readonly ratio: number }
  | {
      readonly kind: "crossing";
      readonly seq: number;
      readonly resource: string;
      readonly level: string;
      readonly ratio: number;
      /** UUID; null for what is not a card. */
      readonly gpu: string | null;
    }
  | Restart
  | { readonly kind: "renew"; readonly seq: number; readonly tokens: readonly number[] }
  | { readonly kind: "complete"; readonly completions: readonly Completion[] }
  | { readonly kind: "latchAck"; readonly generation: number }
  /** What the node decided by itself: its name, and its inputs with a `sentence` for people. */
  | { readonly kind: "decision"; readonly decision: string; readonly body: JsonObject }
  | ({ readonly kind: "fault" } & FaultReport)
  | ({ readonly kind: "standing" } & StandingReport)
  | Answer;

/** The answer to a query, or why there is none. */
export interface Answer {
  readonly kind: "answer";
  readonly queryId: number;
  readonly body: JsonObject;
  readonly refusal: string | null;
}

/** What a node is asked through the hub. */
export const QUERY_METHODS = [
  "gpu-stats",
  "eviction-registry",
  "eviction-candidates",
  "system-resources",
  "pressure",
  "set-budget",
] as const;
export type QueryMethod = (typeof QUERY_METHODS)[number];

export interface Grant {
  readonly token: number;
  readonly jobId: string;
  readonly runner: string;
  readonly params: JsonObject;
  readonly priority: Priority;
  readonly lane: Lane;
  readonly vramBytes: number;
  readonly subsystem: string;
  readonly ttlMs: number;
  /** Null: no bound. */
  readonly maxRuntimeMs: number | null;
  readonly onHubLoss: OnHubLoss;
  readonly offlineGraceMs: number;
  readonly inputs: readonly InputFile[];
  /** Restarts that the agent may spend on a service while its lease lives; null for a task. */
  readonly restarts: StartLimitPolicy | null;
}

export interface Desired {
  readonly generation: number;
  readonly state: DesiredState;
  readonly graceMs: number;
}

export interface Welcome {
  readonly kind: "welcome";
  readonly protocolMajor: number;
  readonly protocolMinor: number;
  readonly epoch: number;
  readonly sessionId: string;
  readonly timingScale: number;
  readonly verdicts: readonly { readonly token: number; readonly isKept: boolean }[];
  readonly desired: Desired;
  /** Empty: a hub of before. */
  readonly hubId: string;
}

export type CompletionStatus = "accepted" | "stale" | "unstaged";

export type HubMessage =
  | Welcome
  | { readonly kind: "heartbeatEcho"; readonly seq: number }
  | {
      readonly kind: "grants";
      readonly claimId: number;
      /** The lease counts from when the agent sent this heartbeat. */
      readonly heartbeatSeq: number;
      readonly grants: readonly Grant[];
      /** At their reader: those whose terms make no sense to it. */
      readonly unreadable?: readonly UnreadableGrant[];
    }
  | { readonly kind: "noWork"; readonly claimId: number; readonly reason: string }
  | {
      readonly kind: "renewed";
      readonly seq: number;
      readonly tokens: readonly number[];
      readonly ttlMs: number;
    }
  | {
      readonly kind: "completeAck";
      readonly verdicts: readonly { readonly token: number; readonly status: CompletionStatus }[];
    }
  | {
      readonly kind: "stop";
      readonly token: number;
      readonly reason: string;
      readonly graceMs: number;
      /** It has to leave for something else; absent or false: it is cancelled. */
      readonly isPreemption?: boolean;
    }
  | ({ readonly kind: "desired" } & Desired)
  | {
      readonly kind: "query";
      readonly queryId: number;
      readonly method: QueryMethod;
      readonly body: JsonObject;
    }
  | { readonly kind: "goodbye"; readonly reason: string };

/** What a node says of itself once a second; only the latest counts. */
export interface TelemetryFrame {
  readonly sessionId: string;
  readonly seq: number;
  readonly gpuAgeMs: number;
  readonly isGpuStale: boolean;
  readonly gpus: readonly GpuReading[];
  readonly gpuPressure: number;
  readonly gpuLevel: string;
  readonly cpuRatio: number | null;
  readonly memoryRatio: number | null;
  readonly running: number;
  /** Of each card that something is to be said of. */
  readonly notes: readonly CardNote[];
  /** Why the last edit of node.json is not in force; null when it is. */
  readonly problem: string | null;
}

/** VRAM of a process that nobody registered. */
export interface ForeignProcess {
  readonly pid: number;
  /** Null when nobody can tell. */
  readonly name: string | null;
  readonly bytes: number;
}

/** What is to be said of a card beside its figures. */
export interface CardNote {
  /** UUID */
  readonly gpu: string;
  /** The largest ones. */
  readonly foreign: readonly ForeignProcess[];
  /** Used, and neither a process nor the driver answers for it; null where shares are unknown. */
  readonly unattributedBytes: number | null;
  /** Still held for jobs that have ended. */
  readonly leakedBytes: number;
  /** Gates that no eviction can open. */
  readonly starved: readonly Priority[];
}

/** Bounds of one message; a sender closes a batch at whichever comes first. */
export const MESSAGE_LIMITS = {
  bytes: 256 * 1024,
  batchItems: 16,
  /** Jobs of one batched submit. */
  submitItems: 256,
  batchBytes: 192 * 1024,
  inventory: 256,
  headroom: 64,
  runners: 128,
  gpus: 16,
  foreign: 16,
  labels: 32,
  chunkBytes: 64 * 1024,
  answerBytes: 128 * 1024,
} as const;

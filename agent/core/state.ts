/**
 * AgentState: what one agent knows, as plain data that only the functions of this folder change. Nothing of
 * it is a journal: what must survive the agent lies beside the attempts (supervisor, outbox, latch) and comes
 * back through `adopt`.
 */
import type { JsonObject } from "../../shared/json.ts";
import type { AttemptOutcome, DesiredState } from "../../shared/model/job.ts";
import type {
  AgentMessage,
  Capabilities,
  Claim,
  Completion,
  Desired,
  ForeignProcess,
  GpuReading,
  Grant,
  RunnerInfo,
} from "../../shared/model/messages.ts";
import type { Lane, Priority } from "../../shared/model/priority.ts";
import type { Timing } from "../../shared/model/timing.ts";
import type { GovernorState, GpuStrategy, StrategyMode } from "../../shared/policy/governor.ts";
import type { Ledger } from "../../shared/policy/ledger.ts";
import type { PressureState } from "../../shared/policy/pressure.ts";
import { PRESSURE_UNKNOWN } from "../../shared/policy/pressure.ts";
import type { StartLimit, StartLimitPolicy } from "../../shared/policy/start-limit.ts";
import type { Rng } from "../../shared/rng.ts";
import type { Governance } from "./governance.ts";
import type { CardHealth } from "./health.ts";
import { HOST_MEMORY_UNKNOWN, type HostMemoryState } from "./host-memory.ts";
import type { Hold, RoomRequest } from "./room.ts";
import type { Sleeper } from "./sleepers.ts";
import type { Watch } from "./stuck.ts";
import type { OwedVram } from "./vram-proof.ts";

/** Whatever is held at once, outputs that wait for the hub included; past it nothing is claimed. */
export const HELD_MAX = 128;

/** What must be known of a job for as long as it is held; it survives the agent in the attempt's record. */
export interface HeldJob {
  readonly token: number;
  readonly jobId: string;
  readonly runner: string;
  readonly lane: Lane;
  readonly priority: Priority;
  readonly subsystem: string;
  /** The card that its VRAM was reserved on; null on the CPU lane. */
  readonly gpu: string | null;
  readonly vramBytes: number;
  readonly ttlMs: number;
  /** Null: no bound. */
  readonly maxRuntimeMs: number | null;
  /** How long it may go on without a hub; the hub waits as long before it grants the job again. */
  readonly offlineGraceMs: number;
  /** Null for a task. */
  readonly service: ServiceTerms | null;
}

/** What it takes to start a service again. */
export interface ServiceTerms {
  readonly params: JsonObject;
  readonly restarts: StartLimitPolicy;
}

/** What a service has made of its restart allowance; it survives the agent beside the attempt. */
export interface ServiceRun {
  readonly limit: StartLimit;
  /** Under this token. */
  readonly restarts: number;
  /** Start of the last process whose end is counted; null before. */
  readonly countedRunBootMs: number | null;
  /** Run time of all that is counted. */
  readonly ranMs: number;
  /** How the last of them ended; null before. */
  readonly lastEnd: { readonly exitCode: number; readonly detail: string } | null;
}

/** `waiting`: a service between two of its processes. */
export const PHASES = ["fetching", "starting", "running", "waiting", "finalising", "completing"] as const;
export type Phase = (typeof PHASES)[number];

/** Why this agent ended an attempt; it decides the outcome, however the process then exits. */
export interface StopCause {
  readonly outcome: Extract<
    AttemptOutcome,
    "own-failure" | "infra-lost" | "preempted" | "cancelled" | "wedged"
  >;
  readonly detail: string;
}

export interface Attempt {
  readonly job: HeldJob;
  /** Until it runs; an adopted attempt has none. */
  readonly grant: Grant | null;
  phase: Phase;
  /** When it is ended unless the hub has renewed the lease, offline grace included. */
  deadlineBootMs: number;
  startedBootMs: number | null;
  endedBootMs: number | null;
  pid: number | null;
  /** Between start and proven end; a wedged process outlives its completion. */
  isProcessAlive: boolean;
  cause: StopCause | null;
  /** Boot time at which this agent gave the cause; null without one, and for that of an earlier agent. */
  causedBootMs: number | null;
  completion: Completion | null;
  /** Null for a task. */
  service: ServiceRun | null;
  /** The completion is on the disk: from here it is told until the hub answers. */
  isSaved: boolean;
  /** Told in the present session. */
  isSent: boolean;
  /** The hub has answered; only the process is still in the way. */
  isSettled: boolean;
  peakVramBytes: number;
  /** What the driver said of it, for the telling of its end. */
  faults: readonly string[];
  /** As last told, 0…1; null before. */
  progressRatio: number | null;
  /** Signs of life; null before the first look. */
  watch: Watch | null;
}

export interface Attached {
  readonly kind: "attached";
  readonly sessionId: string;
  readonly helloBootMs: number;
  /** When each recent heartbeat was sent: new leases count from there. */
  readonly heartbeats: Map<number, number>;
  /** When each recent renewal was sent, and what for. */
  readonly renewals: Map<number, { readonly sentBootMs: number; readonly tokens: readonly number[] }>;
  nextHeartbeatMs: number;
  nextRenewMs: number;
  nextTelemetryMs: number;
  /** What was told last; null when it was spent by grants, or nothing was told yet. */
  claim: Claim | null;
  /** Mere changes of headroom are not told again before. */
  nextClaimMs: number;
}

export type Session =
  | { readonly kind: "detached" }
  | { readonly kind: "attaching"; readonly helloBootMs: number }
  | Attached;

/** Who keeps this node down; `local` can only be lifted on this box. */
export type LatchHolder = "none" | "hub" | "local";

export type GpuTruth =
  /** The node has no sensor: no VRAM job, and nothing that could be stale. */
  | { readonly kind: "none" }
  | { readonly kind: "waiting"; readonly sinceBootMs: number }
  | {
      readonly kind: "read";
      readonly atBootMs: number;
      /** Older than this it is stale: poll interval + probe deadline. */
      readonly validForMs: number;
      readonly readings: readonly GpuReading[];
    };

export interface HostLoad {
  readonly cpuRatio: number | null;
  readonly memoryRatio: number | null;
}

/** What is known of a card beside its ledger. */
export interface CardFacts {
  governor: GovernorState;
  foreign: readonly ForeignProcess[];
  /** Used, and neither a process nor the driver answers for it; null where shares are unknown. */
  unattributedBytes: number | null;
  pressure: PressureState;
  /** Since when its level has been normal; null while it is not. */
  calmSinceMs: number | null;
  /** What the strategies last said of it, where a shadow is asked. */
  opinions: JsonObject | null;
  /** Gates that no eviction can open. */
  starved: readonly Priority[];
  /** Making room here has failed: it is not promised to jobs before. */
  noRoomUntilMs: number;
}

/** What this node has seen of its hub: numbers that a hub of the same name must know. */
export interface HubSeen {
  /** Empty: no hub has said its name. */
  readonly hubId: string;
  readonly maxTokenSeen: number;
  /** Number of the newest job that was granted here. */
  readonly maxJobSeen: number;
  readonly hubEpochSeen: number;
}

export interface AgentState {
  /** In force now: an edit of node.json replaces it. */
  governance: Governance;
  /** Why the last edit of node.json is not in force; null when it is. */
  documentProblem: string | null;
  /** Fills the strategy slot beside or instead of the mechanical one; null while none has come. */
  learned: GpuStrategy | null;
  /** What the document wants and nobody fills, as it was told. */
  missingStrategy: StrategyMode | null;
  session: Session;
  readonly attempts: Map<number, Attempt>;
  /** One ledger a card, by UUID. */
  readonly cards: Map<string, Ledger>;
  readonly cardFacts: Map<string, CardFacts>;
  /** By card. */
  readonly cardHealth: Map<string, CardHealth>;
  /** By card: for whom room is being made. */
  readonly clearing: Map<string, RoomRequest>;
  /** By requester: freed bytes that wait for it. */
  readonly holds: Map<string, Hold>;
  /** By consumer: who can be woken again. */
  readonly sleepers: Map<string, Sleeper>;
  /** By token: VRAM that an ended job has not given back. */
  readonly owed: Map<number, OwedVram>;
  gpu: GpuTruth;
  /** The fullest card's. */
  pressure: PressureState;
  host: HostLoad;
  hostMemory: HostMemoryState;
  /** Reports that no session has heard. */
  readonly waitingReports: AgentMessage[];
  readonly startLimits: Map<string, StartLimit>;
  desired: Desired | null;
  latch: LatchHolder;
  /** The hub generation whose word the latch file agrees with; null until it does. */
  latchGeneration: number | null;
  /** This process is ending: nothing new. */
  isClosing: boolean;
  seen: HubSeen;
  /** As it was last given to the disk. */
  savedSeen: HubSeen;
  lastHelloSeq: number;
  lastHeartbeatSeq: number;
  lastRenewSeq: number;
  lastTelemetrySeq: number;
  lastClaimId: number;
  lastCrossingSeq: number;
  lastHealthSeq: number;
}

/** What the node makes of a grant before anything is reserved for it. */
export type RunnerVerdict =
  | { readonly kind: "runnable"; readonly vramBytes: number; readonly maxRuntimeMs: number | null }
  | { readonly kind: "unknown" }
  /** No node could run it like this; `detail` names the parameter. */
  | { readonly kind: "invalid"; readonly detail: string };

export interface AgentConfig {
  readonly node: string;
  readonly bootId: string;
  readonly agentInstance: string;
  /** Grows with every start on this node's directory; 0: unknown. */
  readonly generation: number;
  /** Empty: unknown. */
  readonly machineId: string;
  readonly capabilities: Capabilities;
  readonly runners: readonly RunnerInfo[];
  readonly gpuSlots: number;
  readonly cpuSlots: number;
  /** What node.json said when the agent started; what is in force stands in the state. */
  readonly governance: Governance;
  /** Pure: the same grant gets the same verdict. */
  readonly judge: (grant: Grant) => RunnerVerdict;
  /** After how long without a sign of life a job of a runner is stuck; 0: never, null: as usual. */
  readonly stuckAfterMs: (runner: string) => number | null;
}

export interface AgentCore {
  readonly config: AgentConfig;
  readonly timing: Timing;
  readonly rng: Rng;
  readonly state: AgentState;
}

const NOTHING_SEEN: HubSeen = { hubId: "", maxTokenSeen: 0, maxJobSeen: 0, hubEpochSeen: 0 };

export function createAgentState(gpu: GpuTruth, governance: Governance): AgentState {
  return {
    governance,
    documentProblem: null,
    learned: null,
    missingStrategy: null,
    session: { kind: "detached" },
    attempts: new Map(),
    cards: new Map(),
    cardFacts: new Map(),
    cardHealth: new Map(),
    clearing: new Map(),
    holds: new Map(),
    sleepers: new Map(),
    owed: new Map(),
    gpu,
    pressure: PRESSURE_UNKNOWN,
    host: { cpuRatio: null, memoryRatio: null },
    hostMemory: HOST_MEMORY_UNKNOWN,
    waitingReports: [],
    startLimits: new Map(),
    desired: null,
    latch: "none",
    latchGeneration: null,
    isClosing: false,
    seen: NOTHING_SEEN,
    savedSeen: NOTHING_SEEN,
    lastHelloSeq: 0,
    lastHeartbeatSeq: 0,
    lastRenewSeq: 0,
    lastTelemetrySeq: 0,
    lastClaimId: 0,
    lastCrossingSeq: 0,
    lastHealthSeq: 0,
  };
}

/** Work may run under these; every other state ends it. */
export function mayWork(state: DesiredState): boolean {
  return state === "up" || state === "paused";
}

const SLOT_PHASES: ReadonlySet<Phase> = new Set<Phase>(["fetching", "starting", "waiting"]);

/** Whether the attempt has, or may get at any moment, a process. */
export function isOccupying(attempt: Attempt): boolean {
  return attempt.isProcessAlive || SLOT_PHASES.has(attempt.phase);
}

/**
 * The lease is still needed: until the completion is on the disk, which may be full for a while. Work that was ended on
 * purpose has nothing to lose by then.
 */
export function needsLease({ phase, isSaved, cause }: Attempt): boolean {
  return phase !== "completing" || (!isSaved && cause === null);
}

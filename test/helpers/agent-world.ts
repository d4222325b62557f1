/** An agent core with a hand-moved clock and a hub made of plain calls: one line of a test is one thing that happens. */
import { receive, tick } from "../../agent/core/agent.ts";
import { processEnded, processStarted } from "../../agent/core/attempt.ts";
import { completionSaved, consumerId } from "../../agent/core/completion.ts";
import { GOVERNANCE } from "../../agent/core/governance.ts";
import type { CardCondition } from "../../agent/core/health.ts";
import { observeHostMemory } from "../../agent/core/host-gate.ts";
import { beginAttach, detached, welcomed } from "../../agent/core/session.ts";
import { type AgentConfig, type AgentCore, type Attempt, createAgentState } from "../../agent/core/state.ts";
import { observeGpu } from "../../agent/core/telemetry.ts";
import { type Effect, type Tx, transact } from "../../agent/core/transaction.ts";
import { must } from "../../shared/invariant.ts";
import type {
  AgentMessage,
  Completion,
  Desired,
  GpuReading,
  Grant,
  Hello,
  HubMessage,
  Welcome,
} from "../../shared/model/messages.ts";
import { createTiming } from "../../shared/model/timing.ts";
import type { HostMemoryReading } from "../../shared/policy/host-memory.ts";
import { createRng } from "../../shared/rng.ts";

export const GIB = 1024 ** 3;
export const CARD = "GPU-0";

type EffectOf<Kind extends Effect["kind"]> = Extract<Effect, { kind: Kind }>;
type MessageOf<Kind extends AgentMessage["kind"]> = Extract<AgentMessage, { kind: Kind }>;

export class AgentWorld {
  readonly core: AgentCore;
  effects: Effect[] = [];
  nowMs = 1_000_000;
  /** Of the card, with each sample. */
  utilisationRatio: number | null = null;
  /** What the driver says of the card with each sample. */
  condition: CardCondition = { recovery: null, throttle: null, isReadable: true };

  constructor(config: Partial<AgentConfig> = {}) {
    this.core = {
      config: { ...CONFIG, ...config },
      timing: createTiming(),
      rng: createRng("test"),
      state: createAgentState(
        { kind: "waiting", sinceBootMs: this.nowMs },
        config.governance ?? CONFIG.governance,
      ),
    };
    this.memory();
  }

  /** Runs a decision now and keeps what came out. */
  do<Reply>(decide: (tx: Tx) => Reply): Reply {
    const { effects, reply } = transact(this.core, this.nowMs, decide);
    this.effects.push(...effects);
    return reply;
  }

  /** Lets time pass in ticks, as the shell would. */
  pass(ms: number, stepMs = 200): void {
    for (const endsMs = this.nowMs + ms; this.nowMs < endsMs; ) {
      this.nowMs = Math.min(endsMs, this.nowMs + stepMs);
      this.do(tick);
    }
  }

  attach(welcome: Partial<Welcome> = {}): Hello {
    const hello = this.do(beginAttach);
    this.do((tx) => welcomed(tx, { ...WELCOME, ...welcome }));
    return hello;
  }

  detach(): void {
    this.do((tx) => detached(tx, "test"));
  }

  hear(message: HubMessage): void {
    this.do((tx) => receive(tx, message));
  }

  desire(state: Desired["state"], generation: number, graceMs = 10_000): void {
    this.hear({ kind: "desired", state, generation, graceMs });
  }

  /** A grant that answers the standing claim and the last heartbeat. */
  grant(changes: Partial<Grant> & { readonly token: number }, heartbeatSeq?: number): void {
    const { session, lastHeartbeatSeq } = this.core.state;
    const claimId = session.kind === "attached" ? (session.claim?.claimId ?? 0) : 0;
    const grants = [{ ...GRANT, jobId: `j_${String(changes.token).padStart(6, "0")}`, ...changes }];
    this.hear({ kind: "grants", claimId, heartbeatSeq: heartbeatSeq ?? lastHeartbeatSeq, grants });
  }

  /** A granted job whose process runs. */
  run(changes: Partial<Grant> & { readonly token: number }): Attempt {
    this.grant(changes);
    this.started(changes.token);
    return this.attempt(changes.token);
  }

  started(token: number): void {
    this.do((tx) => processStarted(tx, token, 1_000 + token));
  }

  /** `endedBootMs`: when its shim saw it; by default nobody says. */
  ended(
    token: number,
    code: number | null = 0,
    signal: string | null = null,
    endedBootMs: number | null = null,
  ): void {
    const exit = { code, signal, reason: "exited" } as const;
    const end = { exit, logTail: "the last words", isOomLikely: false, breach: null, endedBootMs } as const;
    this.do((tx) => processEnded(tx, token, end));
  }

  saved(token: number): void {
    this.do((tx) => completionSaved(tx, token));
  }

  sample(usedBytes: number | null, usedByToken: ReadonlyMap<number, number> | null = new Map()): void {
    const entries = usedByToken === null ? null : [...usedByToken];
    const byConsumer = entries && new Map(entries.map(([token, bytes]) => [consumerId(token), bytes]));
    const { condition, utilisationRatio } = this;
    const facts = { foreign: [], unattributedBytes: null, condition };
    this.do((tx) =>
      observeGpu(tx, [{ reading: { ...READING, usedBytes, utilisationRatio }, byConsumer, ...facts }]),
    );
  }

  /** Main memory as it is now; calm unless told otherwise. */
  memory(
    changes: Partial<HostMemoryReading> = {},
    rssByToken: ReadonlyMap<number, number> = new Map(),
  ): void {
    this.do((tx) => observeHostMemory(tx, { reading: { ...MEMORY, ...changes }, rssByToken }));
  }

  attempt(token: number): Attempt {
    return must(this.core.state.attempts.get(token), `no attempt ${token}`);
  }

  of<Kind extends Effect["kind"]>(kind: Kind): EffectOf<Kind>[] {
    return this.effects.filter((effect): effect is EffectOf<Kind> => effect.kind === kind);
  }

  sent<Kind extends AgentMessage["kind"]>(kind: Kind): MessageOf<Kind>[] {
    return this.of("send").flatMap(({ message }) =>
      message.kind === kind ? [message as MessageOf<Kind>] : [],
    );
  }

  completions(): Completion[] {
    return this.sent("complete").flatMap(({ completions }) => completions);
  }

  /** From here on only what follows is looked at. */
  forgetEffects(): void {
    this.effects = [];
  }
}

/** Attached to a hub that is up, with one idle 96 GiB card just read. */
export function readyWorld(config: Partial<AgentConfig> = {}): AgentWorld {
  const world = new AgentWorld(config);
  world.sample(0);
  world.attach();
  world.forgetEffects();
  return world;
}

export const READING: GpuReading = {
  uuid: CARD,
  name: "a card",
  totalBytes: 96 * GIB,
  usedBytes: 0,
  utilisationRatio: null,
  temperatureC: null,
  powerW: null,
  source: "simulated",
};

const MEMORY: HostMemoryReading = {
  totalBytes: 64 * GIB,
  availableBytes: 60 * GIB,
  swapBytesPerSecond: 0,
  psiFullPercent: 0,
};

const CONFIG: AgentConfig = {
  node: "alpha",
  bootId: "boot",
  agentInstance: "instance",
  generation: 0,
  machineId: "",
  capabilities: { cpuCores: 4, memoryBytes: GIB, startLimitBurst: 5, labels: {}, agentVersion: "0" },
  runners: [{ name: "sleep", sha256: "00".repeat(32), isVramLearned: false }],
  gpuSlots: 2,
  cpuSlots: 2,
  governance: GOVERNANCE,
  stuckAfterMs: () => null,
  judge: ({ runner, params }) => {
    if (runner !== "sleep") return { kind: "unknown" };
    if ("bad" in params) return { kind: "invalid", detail: "parameter bad of runner sleep is bad" };
    return { kind: "runnable", vramBytes: 0, maxRuntimeMs: 3_600_000 };
  },
};

export const WELCOME: Welcome = {
  kind: "welcome",
  protocolMajor: 1,
  protocolMinor: 0,
  epoch: 1,
  sessionId: "session",
  timingScale: 1,
  verdicts: [],
  hubId: "hub",
  desired: { generation: 1, state: "up", graceMs: 10_000 },
};

export const GRANT: Grant = {
  token: 1,
  jobId: "j_000001",
  runner: "sleep",
  params: {},
  priority: "batch",
  lane: "gpu",
  vramBytes: GIB,
  subsystem: "rendering",
  ttlMs: 30_000,
  maxRuntimeMs: 600_000,
  onHubLoss: "stop",
  offlineGraceMs: 0,
  inputs: [],
  restarts: null,
};

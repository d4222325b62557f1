/**
 * Agents: many agents of one process. Each has a real link and a script instead of jobs: what it is granted it
 * completes at once, or holds. Heartbeats and telemetry go out as those of a real agent do.
 */
import { randomBytes } from "node:crypto";
import { createLink, type Link } from "../../agent/link/link.ts";
import { systemClock } from "../../shared/clock.ts";
import { createLog } from "../../shared/log.ts";
import { createHubBook } from "../../shared/model/hub-book.ts";
import type { Completion, Hello, HubMessage, TelemetryFrame } from "../../shared/model/messages.ts";
import { createTiming } from "../../shared/model/timing.ts";
import { createRng } from "../../shared/rng.ts";
import { agentSecretPath, ensureSecret } from "../../shared/wire/secret.ts";
import { bareHello } from "../helpers/messages.ts";

const GIB = 1024 ** 3;
export const CARD = "GPU-bench";
const timing = createTiming();
const log = createLog({ level: "error", destination: process.stderr });

const DONE: Omit<Completion, "token"> = {
  outcome: "ok",
  exitCode: 0,
  detail: "",
  manifestSha256: null,
  result: {},
  peakVramBytes: 0,
  ranMs: 1,
};

/** What the agents are asked to do with the queue, and what came of it. */
export interface ClaimRun {
  readonly slots: number;
  /** Completes what is granted at once; else holds it. */
  readonly isCompleting: boolean;
  /** Round trips are over when this many jobs were granted. */
  readonly targetJobs: number;
  readonly endMs: number;
  grants: number;
  jobs: number;
  acknowledged: number;
  lastGrantMs: number;
  readonly latenciesMs: number[];
}

export class BenchAgent {
  readonly node: string;
  readonly link: Link;
  readonly ready: Promise<void>;
  readonly held: number[] = [];
  run: ClaimRun | null = null;
  onAck: () => void = () => {};
  isClaiming = false;
  #claimSentMs = 0;
  #lastToken = 0;
  #claimId = 0;
  #heartbeat = 0;
  #frame = 0;
  readonly #timers: NodeJS.Timeout[] = [];

  constructor(root: string, address: string, node: string) {
    this.node = node;
    let welcomed = (): void => {};
    this.ready = new Promise((resolve) => {
      welcomed = resolve;
    });
    this.link = createLink({
      book: createHubBook([address]),
      principal: `agent/${node}`,
      secret: ensureSecret(agentSecretPath(root, node)),
      timing,
      clock: systemClock,
      rng: createRng(node),
      log,
      hello: () => helloOf(node),
      onWelcome: () => {
        // The link takes messages only after this callback.
        setImmediate(() => {
          this.#beat();
          this.sendFrame();
          welcomed();
        });
      },
      onMessage: (message) => this.#receive(message),
      onDown: () => {},
    });
    const after = Math.random();
    this.#timers.push(setTimeout(() => this.#every(timing.heartbeatMs, () => this.#beat()), after * 3000));
    this.#timers.push(
      setTimeout(() => this.#every(timing.telemetryMs, () => this.sendFrame()), after * 1000),
    );
  }

  claim(): void {
    if (this.run === null) return;
    this.isClaiming = true;
    this.#claimSentMs = performance.now();
    this.offer(this.run.slots);
  }

  /** A claim for so many GPU jobs; none takes an open one back. */
  offer(gpuSlots: number): void {
    this.#claimId += 1;
    this.link.send({
      kind: "claim",
      claimId: this.#claimId,
      gpuSlots,
      cpuSlots: 0,
      headroom: [{ gpu: CARD, priority: "batch", bytes: 40 * GIB }],
      warm: [],
      maxTokenSeen: this.#lastToken,
    });
  }

  withdraw(): void {
    this.isClaiming = false;
    this.offer(0);
  }

  /** Ends what it holds; resolves when the hub has answered for all of it. */
  settle(outcome: Completion["outcome"] = "ok"): Promise<void> {
    const tokens = this.held.splice(0);
    if (tokens.length === 0) return Promise.resolve();
    let left = tokens.length;
    return new Promise((resolve) => {
      this.onAck = () => {
        left -= 1;
        if (left === 0) resolve();
      };
      this.link.send({ kind: "complete", completions: tokens.map((token) => ({ ...DONE, token, outcome })) });
    });
  }

  frame(): TelemetryFrame {
    this.#frame += 1;
    return frameOf(this.link.sessionId() ?? "none", this.#frame);
  }

  sendFrame(): void {
    this.link.telemetry(this.frame());
  }

  stop(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    return this.link.stop();
  }

  #every(ms: number, act: () => void): void {
    this.#timers.push(setInterval(act, ms));
  }

  #beat(): void {
    this.#heartbeat += 1;
    this.link.send({ kind: "heartbeat", seq: this.#heartbeat });
  }

  #receive(message: HubMessage): void {
    switch (message.kind) {
      case "grants":
        return this.#granted(message.grants.map((grant) => grant.token));
      case "completeAck":
        if (this.run !== null) this.run.acknowledged += message.verdicts.length;
        for (const _ of message.verdicts) this.onAck();
        return;
      case "desired":
        if (message.state !== "up") void this.settle("preempted");
        return;
      default:
        return;
    }
  }

  #granted(tokens: readonly number[]): void {
    const { run } = this;
    this.isClaiming = false;
    this.#lastToken = Math.max(this.#lastToken, ...tokens);
    if (run === null) return void this.held.push(...tokens);
    const nowMs = performance.now();
    run.grants += 1;
    run.jobs += tokens.length;
    run.lastGrantMs = nowMs;
    run.latenciesMs.push(nowMs - this.#claimSentMs);
    if (run.isCompleting)
      this.link.send({ kind: "complete", completions: tokens.map((token) => ({ ...DONE, token })) });
    else this.held.push(...tokens);
    if (nowMs < run.endMs && run.jobs < run.targetJobs) this.claim();
  }
}

function helloOf(node: string): Hello {
  return {
    ...bareHello(node),
    bootId: "bench",
    agentInstance: randomBytes(8).toString("hex"),
    runners: [{ name: "bench", sha256: "00".repeat(32), isVramLearned: false }],
    gpus: [reading()],
    capabilities: { cpuCores: 72, memoryBytes: 480 * GIB, startLimitBurst: 5, labels: {}, agentVersion: "0" },
  };
}

function frameOf(sessionId: string, seq: number): TelemetryFrame {
  return {
    sessionId,
    seq,
    gpuAgeMs: 120,
    isGpuStale: false,
    gpus: [reading()],
    gpuPressure: 0.31,
    gpuLevel: "normal",
    cpuRatio: 0.12,
    memoryRatio: 0.4,
    running: 1,
    notes: [],
    problem: null,
  };
}

function reading(): Hello["gpus"][number] {
  return {
    uuid: CARD,
    name: "NVIDIA GH200 96GB HBM3",
    totalBytes: 96 * GIB,
    usedBytes: 30 * GIB,
    utilisationRatio: 0.7,
    temperatureC: 51,
    powerW: 410,
    source: "simulated",
  };
}

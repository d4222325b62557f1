/** A hub core with hand-moved clocks and agents made of plain calls: one line of a test is one thing that happens. */

import { setDesired } from "../../hub/core/arbiter/desired.ts";
import type { HubEvent } from "../../hub/core/event.ts";
import { receive, takeTelemetry, tick } from "../../hub/core/hub.ts";
import { attach } from "../../hub/core/nodes/session.ts";
import { submitJob } from "../../hub/core/queue/queue.ts";
import { createSoftState } from "../../hub/core/soft.ts";
import { createHubState, type Job } from "../../hub/core/state.ts";
import { type Effect, type HubCore, type Outcome, type Tx, transact } from "../../hub/core/transaction.ts";
import type { Times } from "../../shared/decision.ts";
import { must } from "../../shared/invariant.ts";
import type { ControlDocument } from "../../shared/model/campaign.ts";
import type { JobSpec } from "../../shared/model/job.ts";
import type {
  AgentMessage,
  Completion,
  GpuReading,
  Grant,
  Hello,
  HubMessage,
  TelemetryFrame,
} from "../../shared/model/messages.ts";
import { PRIORITIES } from "../../shared/model/priority.ts";
import { createTiming } from "../../shared/model/timing.ts";
import { bareFrame, bareHello } from "./messages.ts";

const GIB = 1024 ** 3;

export class HubWorld {
  readonly core: HubCore = { state: createHubState(), soft: createSoftState(), timing: createTiming() };
  readonly events: HubEvent[] = [];
  readonly effects: Effect[] = [];
  nowMs = 1_000_000;

  /** Runs a decision now and keeps what came out. */
  do<Reply>(decide: (tx: Tx) => Reply): Reply {
    const outcome: Outcome<Reply> = transact(this.core, this.now(), decide);
    this.events.push(...outcome.events);
    this.effects.push(...outcome.urgent, ...outcome.effects);
    return outcome.reply;
  }

  /** Lets time pass as a hub sees it that looks at the clock all along. */
  pass(ms: number): void {
    const endMs = this.nowMs + ms;
    while (this.nowMs < endMs) {
      this.nowMs = Math.min(endMs, this.nowMs + this.core.timing.tickMs);
      this.do(tick);
    }
  }

  attach(node: string, hello: Partial<Hello> = {}): void {
    this.do((tx) => attach(tx, sessionOf(node), { ...helloOf(node), ...hello }));
    this.frame(node);
  }

  frame(node: string, frame: Partial<TelemetryFrame> = {}): void {
    this.do((tx) => takeTelemetry(tx, node, { ...frameOf(node), ...frame }));
  }

  say(node: string, message: AgentMessage): void {
    this.do((tx) => receive(tx, node, sessionOf(node), message));
  }

  claim(node: string, gpuSlots = 1, cpuSlots = 1, bytes = 40 * GIB): void {
    const headroom = PRIORITIES.map((priority) => ({ gpu: "GPU-0", priority, bytes }));
    const { lastToken: maxTokenSeen } = this.core.state;
    this.say(node, { kind: "claim", claimId: 1, gpuSlots, cpuSlots, headroom, warm: [], maxTokenSeen });
  }

  complete(node: string, completion: Partial<Completion> & { token: number }): void {
    this.say(node, { kind: "complete", completions: [{ ...OK, ...completion }] });
  }

  /** Messages sent to a node so far, of one kind. */
  sent<K extends HubMessage["kind"]>(node: string, kind: K): Extract<HubMessage, { kind: K }>[] {
    return this.effects.flatMap((effect) =>
      effect.kind === "send" && effect.sessionId === sessionOf(node) && effect.message.kind === kind
        ? [effect.message as Extract<HubMessage, { kind: K }>]
        : [],
    );
  }

  grants(node: string): Grant[] {
    return this.sent(node, "grants").flatMap((message) => message.grants);
  }

  now(): Times {
    return { bootMs: this.nowMs, journalMs: this.nowMs, wallMs: this.nowMs };
  }

  kinds(): string[] {
    return this.events.map((event) => event.kind);
  }
}

/** A world that is up, with control.json and one attached node, alpha. */
export function upWorld(): HubWorld {
  const world = new HubWorld();
  world.attach("alpha");
  world.do((tx) => tx.emit({ kind: "control.loaded", document: CONTROL }));
  world.do((tx) => tx.emit({ kind: "calibration.loaded", document: { dimensions: [] } }));
  for (const verb of ["enable", "up"] as const)
    world.do((tx) =>
      setDesired(tx, { verb, isForced: false, isNow: false, actor: "operator", reason: "test" }),
    );
  return world;
}

const CARD: GpuReading = {
  uuid: "GPU-0",
  name: "simulated",
  totalBytes: 96 * GIB,
  usedBytes: 0,
  utilisationRatio: null,
  temperatureC: null,
  powerW: null,
  source: "simulated",
};

export const OK: Omit<Completion, "token"> = {
  outcome: "ok",
  exitCode: 0,
  detail: "",
  manifestSha256: null,
  result: {},
  peakVramBytes: 0,
  ranMs: 1_000,
};

/** Submits a job that has to be taken; its id. */
export function submit(world: HubWorld, key: string, changes: Partial<JobSpec> = {}): string {
  const result = world.do((tx) => submitJob(tx, key, specOf(changes)));
  if (result.kind === "refused") throw new Error(result.reason);
  return result.jobId;
}

export function jobOf({ core }: HubWorld, jobId: string): Job {
  return must(core.state.jobs.get(jobId), `no job ${jobId}`);
}

export function sessionOf(node: string): string {
  return `session-${node}`;
}

export function helloOf(node: string): Hello {
  return {
    ...bareHello(node),
    runners: ["sleep", "render", "evaluate"].map((name) => ({
      name,
      sha256: "00".repeat(32),
      isVramLearned: false,
    })),
    gpus: [CARD],
    capabilities: { cpuCores: 2, memoryBytes: GIB, startLimitBurst: 5, labels: {}, agentVersion: "0" },
  };
}

export function frameOf(node: string): TelemetryFrame {
  return bareFrame(sessionOf(node));
}

export function specOf(changes: Partial<JobSpec> = {}): JobSpec {
  return {
    kind: "task",
    runner: "sleep",
    params: {},
    priority: "batch",
    lane: "gpu",
    vramBytes: GIB,
    subsystem: "rendering",
    producer: "test",
    campaign: null,
    node: null,
    maxRuntimeMs: 60_000,
    maxAttempts: 4,
    delayMs: 0,
    onHubLoss: "stop",
    inputs: [],
    ...changes,
  };
}

export const CONTROL: ControlDocument = {
  prompt: "gold on black",
  seed: 7,
  watermark: 4,
  campaigns: {
    demo: {
      path: "elliptic",
      population: 4,
      actuators: ["a", "b"].map((name) => ({ name, min: 0, max: 1, initial: 0.5, slew: 0.5 })),
      frame: { width: 32, height: 18, frames: 4, fps: 12 },
      master: { width: 64, height: 36, frames: 4, fps: 12 },
      deadBand: 0.0001,
      stop: {
        tolerance: 0.02,
        plateau: { cycles: 6, minDelta: 0.001 },
        budget: { maxCycles: 12, maxRenders: 100, maxGpuSeconds: 1_000 },
        divergence: { cycles: 3, factor: 4 },
      },
      jobs: {
        renderRunner: "render",
        evaluateRunner: "evaluate",
        priority: "batch",
        vramBytes: GIB,
        subsystem: "rendering",
        maxRuntimeMs: 60_000,
        maxAttempts: 4,
      },
    },
  },
};

/** An agent's shell with real processes and files in a fresh directory, and a hub that the test speaks for. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { vi } from "vitest";
import { type RunningAgent, startAgent } from "../../agent/agent.ts";
import { followNodeDocument } from "../../agent/config/live-document.ts";
import { openNodeDocument } from "../../agent/config/node-document.ts";
import { GOVERNANCE } from "../../agent/core/governance.ts";
import type { AgentConfig } from "../../agent/core/state.ts";
import { createSimulatedGpu } from "../../agent/gpu/simulated.ts";
import { createProcHost } from "../../agent/host/proc-host.ts";
import type { LinkEvents, Uplink } from "../../agent/ports.ts";
import { createSupervisor } from "../../agent/process/supervisor.ts";
import { loadRunners } from "../../agent/runners/catalogue.ts";
import { openLatch } from "../../agent/store/latch.ts";
import { openOutbox } from "../../agent/store/outbox.ts";
import { openSleepers } from "../../agent/store/sleepers.ts";
import { openStartLimits } from "../../agent/store/start-limits.ts";
import { openWitness } from "../../agent/store/witness.ts";
import { systemClock } from "../../shared/clock.ts";
import { must } from "../../shared/invariant.ts";
import { createLog } from "../../shared/log.ts";
import { manifestText } from "../../shared/model/manifest.ts";
import type {
  AgentMessage,
  Completion,
  Grant,
  Hello,
  HubMessage,
  TelemetryFrame,
} from "../../shared/model/messages.ts";
import { createTiming } from "../../shared/model/timing.ts";
import { GRANT, WELCOME } from "./agent-world.ts";

const TIMING = createTiming(0.1);
const PATIENCE_MS = 20_000;

/** Runs a script of the grant's choice: what no node of a real fleet would define. */
const SHELL = {
  name: "shell",
  argv: ["sh", "-c", "{params.script}"],
  params: { script: { type: "string" } },
  nice: 0,
  envAllow: ["PATH", "ALLOWED"],
};

export class AgentRig {
  /** Where the hub is said to be. */
  hub = "hub:1";
  readonly dialed: string[] = [];
  readonly stopped: string[] = [];
  readonly directory: string;
  readonly said: AgentMessage[] = [];
  readonly frames: TelemetryFrame[] = [];
  readonly hellos: Hello[] = [];
  readonly logged: string[] = [];
  fetch: Uplink["bulk"]["fetch"] = async (_, toPath) => writeFile(toPath, "input");
  upload: Uplink["bulk"]["upload"] = async () => ({ manifestSha256: "ab".repeat(32) });
  #agent: RunningAgent | null = null;
  #events: LinkEvents | null = null;
  #isAttached = false;

  private constructor(directory: string) {
    this.directory = directory;
  }

  static async create(): Promise<AgentRig> {
    const rig = new AgentRig(await mkdtemp(join(tmpdir(), "agent-")));
    await loadRunners(join(rig.directory, "runners"));
    await writeFile(join(rig.directory, "runners", "shell.json"), JSON.stringify(SHELL));
    return rig;
  }

  async start(): Promise<void> {
    const { directory } = this;
    const runners = await loadRunners(join(directory, "runners"));
    const clock = systemClock;
    this.#agent = await startAgent({
      config: { ...CONFIG, runners: runners.infos },
      timing: TIMING,
      clock,
      log: createLog({ level: "warn", destination: { write: (line) => this.logged.push(line) } }),
      runners,
      supervisor: createSupervisor({
        attemptsDirectory: join(directory, "attempts"),
        clock,
        timing: TIMING,
        onError: (error) => this.logged.push(String(error)),
      }),
      outbox: await openOutbox(join(directory, "outbox")),
      latch: openLatch(directory),
      startLimits: openStartLimits(directory),
      witness: await openWitness(directory, 0),
      host: createProcHost(),
      cache: { directory: join(directory, "cache"), maxBytes: 1e6 },
      government: {
        socketPath: join(directory, "agent.sock"),
        socketGid: null,
        door: { uids: [], gids: [] },
        document: followNodeDocument(openNodeDocument(directory)),
        sleepers: openSleepers(directory, "boot"),
      },
      createSensor: (jobs) => createSimulatedGpu({ seed: "alpha", clock, jobs }),
      hubAddress: () => this.hub,
      dial: (address, events) => this.#dial(address, events),
      environment: { PATH: "/usr/bin:/bin", ALLOWED: "yes", SECRET: "no" },
      onFatal: (message) => this.logged.push(message),
    });
    await this.until("it has dialed and read its card", () => {
      const read = this.#agent?.core.state.gpu.kind === "read";
      return read && this.#events !== null;
    });
  }

  attach(): void {
    const events = must(this.#events, "nobody has dialed");
    const hello = events.hello();
    this.hellos.push(hello);
    this.#isAttached = true;
    const verdicts = hello.inventory.map(({ token }) => ({ token, isKept: true }));
    events.onWelcome({ ...WELCOME, timingScale: TIMING.scale, verdicts });
  }

  detach(): void {
    this.#isAttached = false;
    this.#events?.onDown("test");
  }

  hear(message: HubMessage): void {
    this.#events?.onMessage(message);
  }

  /** Grants a job that runs `script`. */
  grant(script: string, changes: Partial<Grant> = {}): void {
    const heartbeats = this.said.filter(({ kind }) => kind === "heartbeat");
    const last = heartbeats.at(-1);
    const heartbeatSeq = last?.kind === "heartbeat" ? last.seq : 0;
    const job = { ...GRANT, runner: "shell", params: { script }, vramBytes: 0, ttlMs: TIMING.leaseTtlMs };
    this.hear({ kind: "grants", claimId: 1, heartbeatSeq, grants: [{ ...job, ...changes }] });
  }

  /** The completion of a token, once it is told; the hub accepts it when asked to. */
  async completion(token = 1): Promise<Completion> {
    const told = (): Completion | undefined =>
      this.said
        .flatMap((message) => (message.kind === "complete" ? message.completions : []))
        .find((completion) => completion.token === token);
    await this.until(`token ${token} is completed`, () => told() !== undefined);
    return must(told(), "it was just there");
  }

  accept(token = 1): void {
    this.hear({ kind: "completeAck", verdicts: [{ token, status: "accepted" }] });
  }

  async until(what: string, isTrue: () => boolean | Promise<boolean>): Promise<void> {
    await vi.waitFor(
      async () => {
        if (!(await isTrue())) throw new Error(`never: ${what}\n${this.logged.join("")}`);
      },
      { timeout: PATIENCE_MS, interval: 10 },
    );
  }

  async stop(): Promise<void> {
    await this.#agent?.stop();
    this.#agent = null;
    this.#events = null;
  }

  /** Without a hub to wait for. */
  async close(): Promise<void> {
    this.detach();
    await this.stop();
    await rm(this.directory, { recursive: true, force: true });
  }

  #dial(address: string, events: LinkEvents): Uplink {
    this.#events = events;
    this.dialed.push(address);
    return {
      link: {
        send: (message) => {
          if (this.#isAttached) this.said.push(message);
          return this.#isAttached;
        },
        telemetry: (frame) => this.frames.push(frame),
        sessionId: () => (this.#isAttached ? WELCOME.sessionId : null),
        stop: async () => {
          this.stopped.push(address);
          this.detach();
        },
      },
      bulk: {
        fetch: (content, toPath) => this.fetch(content, toPath),
        upload: (outputs) => this.upload(outputs),
        stop: async () => {},
      },
    };
  }
}

/** The canonical list of what an upload was asked to carry. */
export function listOf(outputs: Parameters<Uplink["bulk"]["upload"]>[0]): string {
  return manifestText(outputs.files);
}

const CONFIG: Omit<AgentConfig, "runners"> = {
  node: "alpha",
  bootId: "boot",
  agentInstance: "instance",
  generation: 0,
  machineId: "",
  capabilities: { cpuCores: 2, memoryBytes: 1, startLimitBurst: 5, labels: {}, agentVersion: "0" },
  governance: GOVERNANCE,
  gpuSlots: 4,
  cpuSlots: 4,
  stuckAfterMs: () => null,
  judge: () => ({ kind: "runnable", vramBytes: 0, maxRuntimeMs: 60_000 }),
};

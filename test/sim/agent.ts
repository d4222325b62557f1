/**
 * SimAgent: one life of an agent's process. The core is the real one; around it stands a shell that does what
 * `agent/agent.ts` and `agent/effects.ts` do, with the box's disk, processes and card in place of real ones.
 */
import { adopt, receive, tick } from "../../agent/core/agent.ts";
import {
  inputsReady,
  prepareFailed,
  processEnded,
  processStarted,
  processWedged,
} from "../../agent/core/attempt.ts";
import { completionSaved } from "../../agent/core/completion.ts";
import { latchObserved, latchSaved, recallLatch } from "../../agent/core/down.ts";
import { GOVERNANCE } from "../../agent/core/governance.ts";
import { roomEnded } from "../../agent/core/room.ts";
import { beginAttach, detached, welcomed } from "../../agent/core/session.ts";
import { recallStartLimits } from "../../agent/core/start-limits.ts";
import {
  type AgentConfig,
  type AgentCore,
  createAgentState,
  type StopCause,
} from "../../agent/core/state.ts";
import { type Effect, type Tx, transact } from "../../agent/core/transaction.ts";
import { recallSeen } from "../../agent/core/witness.ts";
import { redialDelayMs } from "../../agent/link/backoff.ts";
import { decodeStartLimits, encodeStartLimits, type Moment } from "../../agent/store/start-limits.ts";
import type { Completion, HubMessage } from "../../shared/model/messages.ts";
import { createRng } from "../../shared/rng.ts";
import type { SimBox } from "./box.ts";
import { Delivery } from "./delivery.ts";
import { GIB } from "./documents.ts";
import { drawFate, isBad } from "./fate.ts";
import { SimProcess } from "./process.ts";
import { Senses } from "./senses.ts";
import { SimStream } from "./stream.ts";
import type { World } from "./world.ts";

/** The process dies in the middle of what it is doing. */
class AgentDied extends Error {}

const RUNNERS = ["sleep", "render", "evaluate"].map((name) => ({
  name,
  sha256: "00".repeat(32),
  isVramLearned: false,
}));

type LaunchEffect = Extract<Effect, { kind: "launch" }>;

export class SimAgent {
  readonly box: SimBox;
  readonly world: World;
  readonly core: AgentCore;
  #frozenUntilMs = 0;
  /** How much later than what lies in its buffers its own loops go on after a stall. */
  #lagMs = 0;
  #stream: SimStream | null = null;
  #isWelcomed = false;
  #heardMs = 0;
  #failures = 0;
  /** When the last write of a kind will be done: those of a kind happen in their order. */
  readonly #freeMs = { outbox: 0, latch: 0, limits: 0 };
  /** Tokens whose process is on its way. */
  readonly #starting = new Set<number>();
  readonly #delivery: Delivery;
  readonly #senses: Senses;

  constructor(box: SimBox, life: number) {
    this.box = box;
    this.world = box.world;
    const agentInstance = `${box.name}.${life}`;
    const config: AgentConfig = {
      node: box.name,
      bootId: `${box.name}.boot${box.boots}`,
      agentInstance,
      generation: life + 1,
      machineId: box.name,
      capabilities: {
        cpuCores: 4,
        memoryBytes: 64 * GIB,
        startLimitBurst: 5,
        labels: {},
        agentVersion: "sim",
      },
      runners: RUNNERS,
      gpuSlots: this.world.options.slots,
      cpuSlots: this.world.options.slots,
      governance: GOVERNANCE,
      stuckAfterMs: () => 0,
      judge: (grant) =>
        isBad(grant.params)
          ? { kind: "invalid", detail: "parameter bad is bad" }
          : { kind: "runnable", vramBytes: 0, maxRuntimeMs: 3_600_000 },
    };
    const state = createAgentState({ kind: "waiting", sinceBootMs: box.clock.bootMs() }, GOVERNANCE);
    this.core = {
      config,
      timing: this.world.timing,
      rng: createRng(`${this.world.seed}/${agentInstance}`),
      state,
    };
    this.#delivery = new Delivery(this);
    this.#senses = new Senses(this);
  }

  get isAlive(): boolean {
    return this.box.agent === this;
  }

  get stoppedUntilMs(): number {
    return Math.max(this.#frozenUntilMs, this.box.frozenUntilMs);
  }

  /** The live session's stream; null without one. */
  get stream(): SimStream | null {
    return this.#isWelcomed ? this.#stream : null;
  }

  /** What the agent does before it serves: takes over, and keeps the latch. */
  begin(): void {
    this.guard(() => {
      const { box } = this;
      this.act((tx) => {
        recallStartLimits(tx, decodeStartLimits(box.startLimits, this.#moment()));
        if (box.seen !== null) recallSeen(tx, box.seen);
        this.#adoptAll(tx);
        recallLatch(tx, box.latch?.by ?? "none");
      });
      for (const { process, job } of box.records.values()) {
        if (process === null) this.#noticeVanished(job.token);
        else if (!process.isAlive) this.noticeEnd(process);
      }
      this.#loop(
        () => this.world.tickMs,
        "agent.tick",
        () => this.#tick(),
      );
      this.#senses.begin();
      this.#redial();
    });
  }

  act<Reply>(decide: (tx: Tx) => Reply): Reply {
    const { effects, reply } = transact(this.core, this.box.clock.bootMs(), decide);
    this.world.tell({ kind: "agent.decided", agent: this, effects });
    for (const effect of effects) this.#perform(effect);
    return reply;
  }

  /** A step of this process that waits while it stands still and dies with it. */
  soon(delayMs: number, what: string, step: () => void): void {
    const attempt = (): boolean => {
      if (!this.isAlive) return false;
      const waitMs = this.stoppedUntilMs - this.world.nowMs;
      if (waitMs > 0) {
        this.world.after(waitMs + this.#lagMs, what, this.box.name, attempt);
        return false;
      }
      this.guard(step);
      return true;
    };
    this.world.after(delayMs, what, this.box.name, attempt);
  }

  guard(step: () => void): void {
    try {
      step();
    } catch (error) {
      if (error instanceof AgentDied) return this.box.agentDies(error.message);
      const words = error instanceof Error ? (error.stack ?? error.message) : String(error);
      this.world.violate("no-crash", `the agent of ${this.box.name} threw: ${words}`);
      this.box.agentDies("it threw");
    }
  }

  /** SIGSTOP until then. Whether it then reads first or looks at its clocks first is the event loop's to say. */
  stall(ms: number): void {
    this.#lagMs = this.world.may(0.5) ? 1 : 0;
    this.#frozenUntilMs = Math.max(this.#frozenUntilMs, this.world.nowMs + ms);
  }

  end(isSilent: boolean): void {
    this.#stream?.agentDied(isSilent);
  }

  hears(stream: SimStream, message: HubMessage): void {
    if (stream !== this.#stream) return;
    this.#heardMs = this.box.clock.bootMs();
    this.world.tell({ kind: "agent.heard", agent: this, message });
    if (message.kind === "welcome") {
      this.#isWelcomed = true;
      this.#failures = 0;
      this.act((tx) => welcomed(tx, message));
    } else if (message.kind === "goodbye") this.streamEnded(`goodbye: ${message.reason}`);
    else this.act((tx) => receive(tx, message));
    if (message.kind === "renewed") this.box.spring("renewed");
  }

  streamEnded(reason: string): void {
    const stream = this.#stream;
    if (stream === null) return;
    const wasWelcomed = this.#isWelcomed;
    this.#stream = null;
    this.#isWelcomed = false;
    if (!wasWelcomed) this.#failures++;
    stream.agentCloses(reason);
    if (wasWelcomed) this.act((tx) => detached(tx, reason));
    this.#redial();
  }

  noticeEnd(process: SimProcess): void {
    this.soon(this.world.between(1, 500), "agent.exited", () => {
      const { exit, job } = process;
      const known = this.core.state.attempts.has(job.token);
      if (!known) return void this.#discard(job.token);
      this.act((tx) =>
        processEnded(tx, job.token, {
          exit,
          logTail: "",
          isOomLikely: false,
          breach: null,
          endedBootMs: null,
        }),
      );
      this.#senses.stir();
    });
  }

  processWedged(process: SimProcess): void {
    this.act((tx) => processWedged(tx, process.job.token, [process.pid]));
  }

  /**
   * Writes a file: later the disk has it, and then the core hears of it. The process may die before, in between
   * and after.
   */
  file(what: string, write: () => void, done: () => void): void {
    this.#fileAt(this.world.around(this.world.options.fileMs), what, write, done);
  }

  #fileAt(delayMs: number, what: string, write: () => void, done: () => void): void {
    this.soon(delayMs, what, () => {
      const mayDie = this.world.isHealed ? 0 : this.world.options.dieAtFile;
      if (this.world.may(mayDie)) throw new AgentDied(`before ${what}`);
      write();
      if (this.world.may(mayDie)) throw new AgentDied(`after ${what}`);
      done();
    });
  }

  /** Like `file`, for what is written one after the other. */
  #inOrder(place: "outbox" | "latch" | "limits", what: string, write: () => void, done: () => void): void {
    const { nowMs, options } = this.world;
    const atMs = Math.max(nowMs, this.#freeMs[place]) + this.world.around(options.fileMs);
    this.#freeMs[place] = atMs;
    this.#fileAt(atMs - nowMs, what, write, done);
  }

  /** As `agent/adoption.ts` puts it together. */
  #adoptAll(tx: Tx): void {
    const { outbox, records } = this.box;
    for (const [token, { job, startedBootMs, process }] of records) {
      const item = outbox.get(token);
      const service = item?.service ?? null;
      const isCounted = service?.countedRunBootMs === startedBootMs;
      const ended = isCounted && process !== null ? "waiting" : "ended";
      adopt(tx, {
        job: item?.job ?? job,
        service,
        startedBootMs,
        deadlineBootMs: process?.deadlineBootMs ?? 0,
        pid: process?.pid ?? null,
        processState: process?.isAlive === true ? "running" : ended,
        cause: item?.cause ?? null,
        completion: item?.completion ?? null,
      });
    }
    for (const [token, { job, cause, completion, service }] of outbox) {
      if (records.has(token)) continue;
      if (completion === null) {
        outbox.delete(token);
        continue;
      }
      const gone = { startedBootMs: null, deadlineBootMs: 0, pid: null, processState: "none" } as const;
      adopt(tx, { job, cause, completion, service, ...gone });
    }
  }

  #noticeVanished(token: number): void {
    this.soon(this.world.between(1, 500), "agent.vanished", () => {
      const end = { exit: null, logTail: "", isOomLikely: false, breach: null, endedBootMs: null };
      if (this.core.state.attempts.has(token)) this.act((tx) => processEnded(tx, token, end));
    });
  }

  #loop(everyMs: () => number, what: string, step: () => void): void {
    this.soon(everyMs(), what, () => {
      this.#loop(everyMs, what, step);
      step();
    });
  }

  #tick(): void {
    const { latch, clock } = this.box;
    this.act((tx) => latchObserved(tx, latch?.by ?? "none", latch?.graceMs ?? 0));
    this.act(tick);
    if (this.#stream !== null && clock.bootMs() - this.#heardMs > this.world.timing.suspectMs)
      this.streamEnded("the hub has gone silent");
  }

  #redial(): void {
    const { reconnectMinMs: minMs, reconnectMaxMs: maxMs } = this.world.timing;
    const waitMs = redialDelayMs({ minMs, maxMs }, this.#failures, this.world.rng);
    this.soon(waitMs + 1, "agent.dial", () => this.#dial());
  }

  #dial(): void {
    const { hub } = this.world;
    if (this.#stream !== null) return;
    if (hub.run === null || hub.isStopped || this.box.isCut) {
      this.#failures++;
      return this.#redial();
    }
    const stream = new SimStream(this.world, this, hub.run);
    this.#stream = stream;
    this.#heardMs = this.box.clock.bootMs();
    stream.hello(this.act(beginAttach));
  }

  #perform(effect: Effect): void {
    switch (effect.kind) {
      case "send":
        if (!this.#isWelcomed) return;
        this.world.tell({ kind: "agent.sent", agent: this, message: effect.message });
        this.#stream?.say(effect.message);
        return effect.message.kind === "renew" ? this.box.spring("renew") : undefined;
      case "telemetry":
        return this.#isWelcomed ? this.#stream?.telemetry(effect.frame) : undefined;
      case "fetch":
        return this.#fetch(effect.token);
      case "launch":
        return this.#launch(effect);
      case "extend":
        return this.box.records.get(effect.token)?.process?.extend(effect.deadlineBootMs);
      case "stop":
        return this.#stop(effect.token, effect.graceMs);
      case "deliver":
        return this.#delivery.begin(effect.token);
      case "abandon":
        return this.#delivery.abandon(effect.token);
      case "saveCause":
        return this.#save(effect.token, effect.cause, null);
      case "saveCompletion":
        return this.#save(effect.completion.token, this.#causeOf(effect.completion.token), effect.completion);
      case "discard":
        return this.#discard(effect.token);
      case "saveService": {
        const { cause = null, completion = null } = this.core.state.attempts.get(effect.token) ?? {};
        return this.#save(effect.token, cause, completion);
      }
      case "saveSeen":
        this.box.seen = effect.seen;
        return;
      case "saveStartLimits":
        return this.#saveStartLimits();
      case "setLatch":
      case "clearLatch":
        return this.#keepLatch(effect);
      case "makeRoom":
        return this.soon(1_000, "agent.noRoom", () => {
          const result = { kind: "refused", freedBytes: 0, reason: "nobody gives way" } as const;
          this.act((tx) => roomEnded(tx, effect.request, result));
        });
      case "log":
        return this.world.note(
          this.box.name,
          `log.${effect.event}`,
          () => `${effect.sentence} ${JSON.stringify(effect.fields)}`,
        );
      case "fatal":
        throw new AgentDied(effect.message);
      default:
        return; // for those who watch on the box, and for questions that nobody asks here
    }
  }

  #fetch(token: number): void {
    const takesMs = this.world.around(500 + this.world.options.delayMs);
    this.soon(takesMs, "agent.fetched", () => {
      const fails = !this.world.isHealed && this.world.may(0.05);
      if (fails) this.act((tx) => prepareFailed(tx, token, "declined", "inputs: cut off"));
      else this.act((tx) => inputsReady(tx, token));
    });
  }

  /** First the record, then the process: a death between the two leaves a record of nothing. */
  #launch(effect: LaunchEffect): void {
    const { job, startedBootMs } = effect;
    const { token } = job;
    const { box } = this;
    this.#starting.add(token);
    const record = (): void => void box.records.set(token, { job, startedBootMs, process: null });
    this.file("agent.record", record, () =>
      this.soon(this.world.between(5, 200), "agent.spawn", () => {
        this.#starting.delete(token);
        const fails = !this.world.isHealed && this.world.may(0.01);
        // The shim looks before it starts anything: an agent that stood still may have lost the lease since.
        if (fails || box.clock.bootMs() >= effect.deadlineBootMs) {
          box.records.delete(token);
          return this.act((tx) => prepareFailed(tx, token, "declined", "it could not be started"));
        }
        this.#spawn(effect);
      }),
    );
  }

  #spawn({ job, params, deadlineBootMs, startedBootMs }: LaunchEffect): void {
    const { box } = this;
    const fate = drawFate(this.world, box, job, params);
    const process = new SimProcess(box, { job, deadlineBootMs, pid: box.nextPid(), fate });
    box.records.set(job.token, { job, startedBootMs, process });
    this.world.tell({ kind: "process.started", process });
    this.soon(this.world.between(1, 50), "agent.started", () => {
      this.act((tx) => processStarted(tx, job.token, process.pid));
      this.#senses.stir();
    });
  }

  /** A stop that comes while the process is starting waits for it. */
  #stop(token: number, graceMs: number): void {
    if (this.#starting.has(token)) return this.soon(50, "agent.stop", () => this.#stop(token, graceMs));
    this.box.records.get(token)?.process?.stop(graceMs);
  }

  #causeOf(token: number): StopCause | null {
    return this.core.state.attempts.get(token)?.cause ?? null;
  }

  #save(token: number, cause: StopCause | null, completion: Completion | null): void {
    const attempt = this.core.state.attempts.get(token);
    if (attempt === undefined) return;
    const { job, service } = attempt;
    const write = (): void => void this.box.outbox.set(token, { job, cause, completion, service });
    this.#inOrder("outbox", "agent.save", write, () => {
      if (completion !== null) this.act((tx) => completionSaved(tx, token));
    });
  }

  /** The record goes first, the outbox's item last: until then the completion could still be asked for. */
  #discard(token: number): void {
    const { records, outbox } = this.box;
    this.file(
      "agent.forget",
      () => {
        if (records.get(token)?.process?.isAlive !== true) records.delete(token);
      },
      () =>
        this.#inOrder(
          "outbox",
          "agent.discard",
          () => outbox.delete(token),
          () => undefined,
        ),
    );
  }

  #saveStartLimits(): void {
    const text = encodeStartLimits(this.core.state.startLimits, this.#moment());
    const write = (): void => {
      this.box.startLimits = text;
    };
    this.#inOrder("limits", "agent.limits", write, () => undefined);
  }

  #moment(): Moment {
    return { bootId: this.core.config.bootId, bootMs: this.box.clock.bootMs() };
  }

  #keepLatch({ kind, generation }: Extract<Effect, { kind: "setLatch" | "clearLatch" }>): void {
    const { box } = this;
    const hold = { by: "hub", graceMs: this.world.timing.termGraceMs, wallMs: box.clock.wallMs() } as const;
    let isOurs = true;
    this.#inOrder(
      "latch",
      kind === "setLatch" ? "agent.latch" : "agent.unlatch",
      () => {
        isOurs = box.latch?.by !== "local";
        if (isOurs) box.latch = kind === "setLatch" ? hold : null;
      },
      () => {
        if (isOurs || kind === "setLatch") this.act((tx) => latchSaved(tx, generation));
      },
    );
  }
}

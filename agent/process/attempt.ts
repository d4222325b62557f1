/**
 * Attempt: one running job as the agent sees it. Level-triggered: `review` looks at what is true now and may
 * be called by anything at any time; an attempt ends exactly once, after the shim is gone, a sweep has found
 * no member and the log is drained.
 */
import type { Clock } from "../../shared/clock.ts";
import { delay } from "../../shared/loop.ts";
import type { Timing } from "../../shared/model/timing.ts";
import {
  type AttemptPaths,
  readDeadline,
  readEndMs,
  readExit,
  readProgress,
  writeDeadline,
} from "./attempt-dir.ts";
import { type AttemptMark, AttemptProcesses } from "./attempt-processes.ts";
import { type LogPump, pumpLog } from "./log-pump.ts";
import {
  isAlive,
  type ProcessIdentity,
  type ProcessStat,
  type ProcessTable,
  proportionalBytes,
  statRunning,
} from "./proc.ts";
import type { WatchedAttempt } from "./resources/limit-watch.ts";
import type { ResourceLimits } from "./resources/limits.ts";
import type { ResourceLeaf } from "./resources/resource-driver.ts";
import type { EndEvidence, LimitBreach, ProcessEvent, ProcessUsage } from "./supervisor-port.ts";

export interface AttemptContext {
  readonly clock: Clock;
  readonly timing: Pick<Timing, "shimTickMs" | "termGraceMs" | "proofMs">;
  readonly table: ProcessTable;
  readonly emit: (event: ProcessEvent) => void;
  readonly onError: (error: unknown, token: number) => void;
}

export interface AttemptOptions {
  readonly token: number;
  readonly paths: AttemptPaths;
  readonly mark: AttemptMark;
  readonly logLimitBytes: number;
  readonly limits: ResourceLimits;
  readonly leaf: ResourceLeaf;
}

/** How often a stop looks whether the job has obeyed. */
const STOP_POLL_MS = 20;
/** What a shim may take for its last steps once the job is dead, on a busy box and at any timing scale. */
const SHIM_EXIT_MS = 2_000;
/** A wedged attempt is looked at this often: each look is a sweep of the whole box. */
const WEDGED_REVIEW_MS = 1_000;

export class Attempt implements WatchedAttempt {
  readonly token: number;
  readonly directory: string;
  readonly limits: ResourceLimits;
  readonly #context: AttemptContext;
  readonly #paths: AttemptPaths;
  readonly #mark: AttemptMark;
  readonly #leaf: ResourceLeaf;
  readonly #processes: AttemptProcesses;
  readonly #log: LogPump;
  #progressRatio: number | null = null;
  #killAtMs = Number.POSITIVE_INFINITY;
  #stopping: Promise<void> | null = null;
  #settling: Promise<void> | null = null;
  #isWedged = false;
  #lookAgainAtMs = 0;
  #breach: LimitBreach | null = null;
  #isClosed = false;
  #hasEnded = false;

  constructor(context: AttemptContext, options: AttemptOptions) {
    const { token, paths, mark, leaf, limits, logLimitBytes } = options;
    this.#context = context;
    this.token = token;
    this.directory = paths.directory;
    this.limits = limits;
    this.#paths = paths;
    this.#mark = mark;
    this.#leaf = leaf;
    this.#processes = new AttemptProcesses(context.table, mark, leaf);
    const onError = (error: unknown): void => context.onError(error, token);
    const hasWriter = this.#hasShim();
    this.#log = pumpLog({ paths, limitBytes: logLimitBytes, clock: context.clock, hasWriter, onError });
    // The end of the output is the first sign of an adopted job's end: it is nobody's child any more.
    void this.#log.ended.then(() => this.review());
  }

  hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** Reports progress and, when the shim is gone, settles the end. */
  review(): void {
    if (this.#hasEnded || this.#isClosed) return;
    this.#reportProgress();
    const isDue = this.#context.clock.bootMs() >= this.#lookAgainAtMs;
    if (isDue && !this.#hasShim()) void this.#settle();
  }

  extend(deadlineBootMs: number): void {
    if (this.#hasEnded || !this.isEnding()) writeDeadline(this.#paths, deadlineBootMs);
  }

  /** Resolves when it has ended or is reported wedged. A second call can only shorten the grace. */
  stop(graceMs: number): Promise<void> {
    if (this.#hasEnded) return Promise.resolve();
    const { clock, timing } = this.#context;
    this.#killAtMs = Math.min(this.#killAtMs, clock.bootMs() + graceMs);
    // Should this process die now, the shim finishes what was begun.
    const shimEndsMs = this.#killAtMs + timing.proofMs;
    if (shimEndsMs < (readDeadline(this.#paths) ?? Number.POSITIVE_INFINITY)) {
      writeDeadline(this.#paths, shimEndsMs);
    }
    this.#stopping ??= this.#end().finally(() => {
      this.#stopping = null;
    });
    return this.#stopping;
  }

  /** Whether its processes have to be picked out of all those of the box. */
  needsSweep(): boolean {
    return !this.#hasEnded && this.#leaf.members() === null;
  }

  /**
   * Resident bytes and processor time of everything that belongs to it; null when it is not running.
   * `processes` are those of the box, as of the last sweep.
   */
  usage(processes: readonly ProcessStat[]): ProcessUsage | null {
    const members = this.#running(processes);
    if (members === null) return null;
    const rssBytes = members.reduce((sum, { pid }) => sum + (this.#context.table.rssBytes(pid) ?? 0), 0);
    const cpuMs = members.reduce((sum, stat) => sum + stat.cpuMs, 0);
    return { rssBytes, cpuMs, processes: members.length };
  }

  /** Ends an attempt that is over its memory or tasks, where the kernel has not done so before. */
  enforce(processes: readonly ProcessStat[]): void {
    const { memoryBytes, tasks } = this.limits;
    const usage = this.isEnding() ? null : this.usage(processes);
    if (usage === null) return;
    if (usage.processes > tasks) {
      this.breach({ limit: "tasks", detail: `runs ${usage.processes} processes, allowed are ${tasks}` });
    }
    if (memoryBytes === null || usage.rssBytes <= memoryBytes) return;
    // Resident bytes count a shared page once a process; only the exact figure may end a job.
    const members = this.#running(processes) ?? [];
    const { table } = this.#context;
    const bytes = members.reduce(
      (sum, { pid }) => sum + (proportionalBytes(pid) ?? table.rssBytes(pid) ?? 0),
      0,
    );
    if (bytes > memoryBytes) {
      this.breach({ limit: "memory", detail: `holds ${bytes} bytes of memory, allowed are ${memoryBytes}` });
    }
  }

  /** Ends it for a limit; the first breach is the one that is told. */
  breach(breach: LimitBreach): void {
    this.#breach ??= breach;
    void this.stop(this.#context.timing.termGraceMs);
  }

  /** A stop has begun or it is over. */
  isEnding(): boolean {
    return this.#hasEnded || this.#isClosed || this.#killAtMs !== Number.POSITIVE_INFINITY;
  }

  #running(processes: readonly ProcessStat[]): readonly ProcessStat[] | null {
    const job = this.#mark.processes?.job;
    if (job === undefined || !this.#hasShim()) return null;
    const pids = this.#leaf.members();
    if (pids === null) return processes.filter((stat) => stat.session === job.pid);
    return statRunning(this.#context.table, pids);
  }

  /** Lets go of the log; the job lives on under its shim. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#log.close();
    await this.#settling;
  }

  async #end(): Promise<void> {
    const { clock, timing } = this.#context;
    await this.#processes.signal("SIGTERM");
    await this.#waitForShim(() => this.#killAtMs);
    const left = await this.#processes.killAndProve(clock, timing.proofMs);
    if (left.length > 0) return this.#reportWedged(left);
    const shimEndsAtMs = clock.bootMs() + SHIM_EXIT_MS;
    await this.#waitForShim(() => shimEndsAtMs);
    const shim = this.#mark.processes?.shim;
    if (shim !== undefined && this.#hasShim()) return this.#reportWedged([shim]);
    await this.#settle();
  }

  async #waitForShim(untilMs: () => number): Promise<void> {
    while (this.#hasShim() && this.#context.clock.bootMs() < untilMs()) await delay(STOP_POLL_MS);
  }

  /** One at a time; whoever comes second waits for the first. */
  #settle(): Promise<void> {
    this.#settling ??= this.#settleOnce()
      .catch((error: unknown) => this.#context.onError(error, this.token))
      .finally(() => {
        this.#settling = null;
      });
    return this.#settling;
  }

  async #settleOnce(): Promise<void> {
    const { clock, timing, emit } = this.#context;
    if (this.#hasEnded) return;
    const left = await this.#processes.killAndProve(clock, this.#isWedged ? 0 : timing.proofMs);
    if (left.length > 0) return this.#reportWedged(left);
    await Promise.race([this.#log.ended, delay(timing.proofMs)]);
    await this.#log.close();
    const exit = readExit(this.#paths);
    this.#hasEnded = true;
    const evidence: EndEvidence = { ...this.#leaf.read(), breach: this.#breach };
    this.#leaf.remove();
    const { token } = this;
    const endedBootMs = readEndMs(this.#paths);
    emit(
      exit === null
        ? { kind: "vanished", token, evidence }
        : { kind: "exited", token, exit, endedBootMs, evidence },
    );
  }

  #hasShim(): boolean {
    const shim = this.#mark.processes?.shim;
    return shim !== undefined && isAlive(this.#context.table, shim);
  }

  #reportWedged(left: readonly ProcessIdentity[]): void {
    this.#lookAgainAtMs = this.#context.clock.bootMs() + WEDGED_REVIEW_MS;
    if (this.#isWedged) return;
    this.#isWedged = true;
    this.#context.emit({ kind: "wedged", token: this.token, pids: left.map((stat) => stat.pid) });
  }

  #reportProgress(): void {
    const ratio = readProgress(this.#paths);
    if (ratio === null || ratio === this.#progressRatio) return;
    this.#progressRatio = ratio;
    this.#context.emit({ kind: "progress", token: this.token, ratio });
  }
}

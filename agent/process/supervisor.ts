/**
 * Supervisor: the only thing on a box that starts or ends work. It owns mechanics and no policy: a core says
 * what to start, extend and stop; this reports what really happened. It never says that an attempt has ended
 * before a sweep has found none of its processes, and it never signals a process whose start time it has
 * not just compared. It can die at any moment: shims keep the deadlines and `adopt` picks the rest up.
 */
import { mkdir } from "node:fs/promises";
import type { Clock } from "../../shared/clock.ts";
import { FleetError } from "../../shared/errors.ts";
import { must } from "../../shared/invariant.ts";
import type { Timing } from "../../shared/model/timing.ts";
import { Attempt, type AttemptContext } from "./attempt.ts";
import {
  type AttemptPaths,
  type AttemptRecord,
  attemptPaths,
  clearRun,
  listAttempts,
  prepareAttemptDir,
  readProcesses,
  readRecord,
  recordAttempt,
  removeAttemptDir,
  type ShimProcesses,
  syncAttempt,
  writeAgent,
  writeDeadline,
} from "./attempt-dir.ts";
import { AttemptProcesses } from "./attempt-processes.ts";
import { environMark, launchShim } from "./launch.ts";
import { isAlive, type ProcessIdentity, type ProcessTable, readBootId, systemProcesses } from "./proc.ts";
import { LimitWatch } from "./resources/limit-watch.ts";
import { DEFAULT_LIMITS } from "./resources/limits.ts";
import { NO_LEAF, type ResourceDriver, sweepDriver } from "./resources/resource-driver.ts";
import type { Adopted, ProcessEvent, ProcessUsage, StartRequest, Supervisor } from "./supervisor-port.ts";

export interface SupervisorOptions {
  readonly attemptsDirectory: string;
  readonly clock: Clock;
  readonly timing: Pick<Timing, "shimTickMs" | "termGraceMs" | "proofMs">;
  readonly processes?: ProcessTable;
  /** Watching and searching only, unless the box allows more: see `chooseDriver`. */
  readonly driver?: ResourceDriver;
  /** What the event stream cannot say, such as a log that cannot be written. */
  readonly onError: (error: unknown, token: number) => void;
}

/** `adopt` must be called before the first `start`. */
export function createSupervisor(options: SupervisorOptions): Supervisor {
  return new ProcessSupervisor(options);
}

class ProcessSupervisor implements Supervisor {
  readonly #directory: string;
  readonly #context: AttemptContext;
  readonly #attempts = new Map<number, Attempt>();
  readonly #starting = new Map<number, Promise<void>>();
  readonly #listeners: ((event: ProcessEvent) => void)[] = [];
  readonly #bootId = readBootId();
  readonly #self: ProcessIdentity;
  readonly #driver: ResourceDriver;
  readonly #watch: LimitWatch;

  constructor(options: SupervisorOptions) {
    const { attemptsDirectory, clock, timing, onError, processes: table = systemProcesses } = options;
    this.#driver = options.driver ?? sweepDriver;
    const emit = (event: ProcessEvent): void => {
      for (const listener of this.#listeners) listener(event);
    };
    this.#directory = attemptsDirectory;
    this.#watch = new LimitWatch({
      directory: attemptsDirectory,
      table,
      clock,
      everyMs: timing.shimTickMs,
      onError: (error) => onError(error, 0),
    });
    this.#context = { clock, timing, table, onError, emit };
    this.#self = must(table.stat(process.pid), "supervisor: /proc does not show this very process");
  }

  paths(token: number): AttemptPaths {
    return attemptPaths(this.#directory, token);
  }

  async prepare(token: number): Promise<AttemptPaths> {
    const paths = this.paths(token);
    await prepareAttemptDir(paths);
    return paths;
  }

  async start(request: StartRequest): Promise<void> {
    const { token } = request;
    if (this.#attempts.has(token) || this.#starting.has(token)) throw usedToken(token);
    await this.#begin(token, this.#start(request));
  }

  async restart(request: StartRequest): Promise<void> {
    const { token } = request;
    const before = this.#attempts.get(token);
    if (before === undefined || this.#starting.has(token)) {
      throw new FleetError("refused", `attempt ${token} has no process that could be followed by another`);
    }
    await this.#begin(token, this.#restart(before, request));
  }

  extend(token: number, deadlineBootMs: number): void {
    this.#attempts.get(token)?.extend(deadlineBootMs);
  }

  async stop(token: number, graceMs: number): Promise<void> {
    const starting = this.#starting.get(token);
    // A start that fails has told its own caller, and leaves nothing to stop.
    if (starting !== undefined) await starting.catch(() => {});
    await this.#attempts.get(token)?.stop(graceMs);
  }

  async adopt(): Promise<readonly Adopted[]> {
    const adopted: Adopted[] = [];
    await mkdir(this.#directory, { recursive: true, mode: 0o700 });
    for (const token of await listAttempts(this.#directory)) {
      const paths = this.paths(token);
      const meta = await readRecord(paths);
      if (meta === null) await removeAttemptDir(paths);
      else adopted.push(this.#adoptOne(paths, meta));
    }
    for (const token of this.#driver.tokens()) {
      if (!this.#attempts.has(token)) await this.#clearLeaf(token);
    }
    return adopted;
  }

  async forget(token: number): Promise<void> {
    const isLive = this.#starting.has(token) || this.#attempts.get(token)?.hasEnded() === false;
    if (isLive) throw new FleetError("refused", `attempt ${token} has not ended: stop it first`);
    this.#attempts.delete(token);
    await removeAttemptDir(this.paths(token));
  }

  usage(token: number): ProcessUsage | null {
    return this.#attempts.get(token)?.usage(this.#watch.processes()) ?? null;
  }

  onEvent(listener: (event: ProcessEvent) => void): void {
    this.#listeners.push(listener);
  }

  tick(): void {
    for (const attempt of this.#attempts.values()) attempt.review();
    this.#watch.look([...this.#attempts.values()]);
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.#starting.values());
    await Promise.all([...this.#attempts.values()].map((attempt) => attempt.close()));
    await this.#watch.close();
    this.#driver.close();
  }

  async #begin(token: number, starting: Promise<void>): Promise<void> {
    this.#starting.set(token, starting);
    await starting.finally(() => this.#starting.delete(token));
  }

  async #start(request: StartRequest): Promise<void> {
    const paths = this.paths(request.token);
    const [known] = await Promise.all([readRecord(paths), prepareAttemptDir(paths)]);
    if (known !== null) throw usedToken(request.token);
    try {
      await this.#run(request, paths);
    } catch (error) {
      await removeAttemptDir(paths);
      throw error;
    }
  }

  async #restart(before: Attempt, request: StartRequest): Promise<void> {
    const { token } = request;
    await before.stop(0);
    if (!before.hasEnded()) {
      throw new FleetError("refused", `attempt ${token} has processes that cannot be killed`);
    }
    const paths = this.paths(token);
    await clearRun(paths);
    await this.#run(request, paths);
  }

  async #run(request: StartRequest, paths: AttemptPaths): Promise<void> {
    const { token, jobId, logLimitBytes, meta, limits = DEFAULT_LIMITS } = request;
    const record = { token, jobId, bootId: this.#bootId, logLimitBytes, limits, meta };
    await recordAttempt(paths, record, request.params);
    writeAgent(paths, this.#self);
    writeDeadline(paths, request.deadlineBootMs);
    const { clock, timing, table, emit } = this.#context;
    const synced = syncAttempt(paths);
    // Waited for below; a start that fails does not get that far.
    synced.catch(() => {});
    let leaf = NO_LEAF;
    try {
      leaf = this.#driver.create(token, limits);
      const shim = await launchShim({ request, paths, leaf, timing, clock });
      await synced;
      const attempt = this.#track(paths, record, shim.processes);
      emit({ kind: "started", token, ...shim.processes.job });
      void shim.ended.then(() => attempt.review());
    } catch (error) {
      const mark = { processes: null, environ: environMark(paths) };
      await new AttemptProcesses(table, mark, leaf).killAndProve(clock, timing.proofMs);
      leaf.remove();
      throw error;
    }
  }

  /** A leaf whose attempt has no record holds what nobody will ever ask for. */
  async #clearLeaf(token: number): Promise<void> {
    const { clock, timing, table } = this.#context;
    const leaf = this.#driver.open(token);
    const mark = { processes: null, environ: environMark(this.paths(token)) };
    await new AttemptProcesses(table, mark, leaf).killAndProve(clock, timing.proofMs);
    leaf.remove();
  }

  #adoptOne(paths: AttemptPaths, record: AttemptRecord): Adopted {
    const { token, jobId, bootId, meta } = record;
    // After a reboot the recorded pids name strangers.
    const processes = bootId === this.#bootId ? readProcesses(paths) : null;
    writeAgent(paths, this.#self);
    this.#track(paths, record, processes);
    const isRunning = processes !== null && isAlive(this.#context.table, processes.shim);
    return { token, jobId, meta, job: processes?.job ?? null, isRunning };
  }

  #track(paths: AttemptPaths, record: AttemptRecord, processes: ShimProcesses | null): Attempt {
    const attempt = new Attempt(this.#context, {
      token: record.token,
      paths,
      logLimitBytes: record.logLimitBytes,
      limits: record.limits,
      leaf: this.#driver.open(record.token),
      mark: { processes, environ: environMark(paths) },
    });
    this.#attempts.set(record.token, attempt);
    return attempt;
  }
}

function usedToken(token: number): FleetError {
  return new FleetError("alreadyExists", `attempt ${token} was started before: a token is used once`);
}

/**
 * Limit watch: looks again and again whether attempts keep to their limits. Memory and tasks each tick, from
 * a few files of /proc; the disk five times more slowly, because a walk is dear and disks fill slowly.
 */
import type { Clock } from "../../../shared/clock.ts";
import { type ProcessStat, type ProcessTable, sweep } from "../proc.ts";
import type { LimitBreach } from "../supervisor-port.ts";
import { type DiskUse, isNearlyFull, judgeDisk, measureDirectory, readSpace } from "./disk-watch.ts";
import type { ResourceLimits } from "./limits.ts";

export interface WatchedAttempt {
  readonly token: number;
  readonly directory: string;
  readonly limits: ResourceLimits;
  hasEnded(): boolean;
  isEnding(): boolean;
  /** Ends itself when it is over its memory or tasks. */
  enforce(processes: readonly ProcessStat[]): void;
  needsSweep(): boolean;
  breach(breach: LimitBreach): void;
}

export interface LimitWatchOptions {
  /** Its disk is the one that must not run full. */
  readonly directory: string;
  readonly table: ProcessTable;
  readonly clock: Clock;
  readonly everyMs: number;
  readonly onError: (error: unknown) => void;
}

const DISK_LOOKS = 5;

export class LimitWatch {
  readonly #options: LimitWatchOptions;
  #processes: readonly ProcessStat[] = [];
  #nextMs = 0;
  #nextDiskMs = 0;
  #looking: Promise<void> | null = null;

  constructor(options: LimitWatchOptions) {
    this.#options = options;
  }

  /** What the last sweep has found; empty while every attempt knows its own. */
  processes(): readonly ProcessStat[] {
    return this.#processes;
  }

  /** Begins to look when it is time and the last look is over. */
  look(attempts: readonly WatchedAttempt[]): void {
    const { clock, everyMs, onError } = this.#options;
    const nowMs = clock.bootMs();
    if (nowMs < this.#nextMs || this.#looking !== null) return;
    this.#nextMs = nowMs + everyMs;
    const isDiskDue = nowMs >= this.#nextDiskMs;
    if (isDiskDue) this.#nextDiskMs = nowMs + DISK_LOOKS * everyMs;
    this.#looking = this.#lookOnce(attempts, isDiskDue)
      .catch(onError)
      .finally(() => {
        this.#looking = null;
      });
  }

  /** Resolves when nothing is being looked at any more. */
  async close(): Promise<void> {
    this.#nextMs = Number.POSITIVE_INFINITY;
    await this.#looking;
  }

  async #lookOnce(attempts: readonly WatchedAttempt[], isDiskDue: boolean): Promise<void> {
    const processes: ProcessStat[] = [];
    if (attempts.some((attempt) => attempt.needsSweep())) {
      await sweep(this.#options.table, (stat) => {
        processes.push(stat);
      });
    }
    this.#processes = processes;
    for (const attempt of attempts) attempt.enforce(processes);
    if (isDiskDue) await this.#lookAtDisk(attempts);
  }

  async #lookAtDisk(all: readonly WatchedAttempt[]): Promise<void> {
    const attempts = all.filter((attempt) => !attempt.hasEnded());
    if (attempts.length === 0) return;
    const space = await readSpace(this.#options.directory);
    const isBounded = attempts.some(({ limits }) => limits.diskBytes !== null);
    if (!isBounded && !isNearlyFull(space)) return;
    const uses: DiskUse[] = [];
    for (const attempt of attempts) {
      const { token, limits } = attempt;
      const bytes = await measureDirectory(attempt.directory);
      uses.push({ token, limits, bytes, isEnding: attempt.isEnding() });
    }
    const breaches = judgeDisk(uses, space);
    for (const attempt of attempts) {
      const breach = breaches.get(attempt.token);
      if (breach !== undefined) attempt.breach(breach);
    }
  }
}

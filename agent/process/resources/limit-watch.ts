/**
 * Limit watch: looks again and again whether attempts keep to their limits. Memory and tasks each tick, from
 * a few files of /proc; the disk five times more slowly, because a walk is dear and disks fill slowly.
 */
import type { Clock } from "../../../shared/clock.ts";
import type { ProcessStat } from "../proc.ts";
import type { LimitBreach } from "../supervisor-port.ts";
import { type DiskUse, isNearlyFull, judgeDisk, measureDirectory, readSpace } from "./disk-watch.ts";
import type { ResourceLimits } from "./limits.ts";

/** All processes of the box, listed when first asked for. */
export type Sweep = () => readonly ProcessStat[];

export interface WatchedAttempt {
  readonly token: number;
  readonly directory: string;
  readonly limits: ResourceLimits;
  hasEnded(): boolean;
  isEnding(): boolean;
  /** Ends itself when it is over its memory or tasks. */
  enforce(sweep: Sweep): void;
  breach(breach: LimitBreach): void;
}

export interface LimitWatchOptions {
  /** Its disk is the one that must not run full. */
  readonly directory: string;
  readonly clock: Clock;
  readonly everyMs: number;
  readonly onError: (error: unknown) => void;
}

const DISK_LOOKS = 5;

export class LimitWatch {
  readonly #options: LimitWatchOptions;
  #nextMs = 0;
  #nextDiskMs = 0;
  #diskLook: Promise<void> | null = null;

  constructor(options: LimitWatchOptions) {
    this.#options = options;
  }

  /** Cheap when nothing is due. */
  look(attempts: readonly WatchedAttempt[], sweep: Sweep): void {
    const { clock, everyMs, onError } = this.#options;
    const nowMs = clock.bootMs();
    if (nowMs < this.#nextMs) return;
    this.#nextMs = nowMs + everyMs;
    for (const attempt of attempts) attempt.enforce(sweep);
    if (nowMs < this.#nextDiskMs || this.#diskLook !== null) return;
    this.#nextDiskMs = nowMs + DISK_LOOKS * everyMs;
    this.#diskLook = this.#lookAtDisk(attempts)
      .catch(onError)
      .finally(() => {
        this.#diskLook = null;
      });
  }

  /** Resolves when nothing is being looked at any more. */
  async close(): Promise<void> {
    this.#nextMs = Number.POSITIVE_INFINITY;
    await this.#diskLook;
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

/**
 * Term: one stretch of leadership. It is renewed on a connection of its own, and it ends by this machine's own
 * clock a little before the database lets anybody else in, whatever the network and the database do meanwhile.
 */
import type { Clock } from "../../../shared/clock.ts";
import { FleetError } from "../../../shared/errors.ts";
import { createLoop } from "../../../shared/loop.ts";
import { type Database, problemOf } from "./database.ts";
import { releaseLeadership, renewLeadership } from "./leadership.ts";

export interface TermTiming {
  readonly ttlMs: number;
  readonly renewMs: number;
  readonly pollMs: number;
}

export interface TermOptions {
  readonly epoch: number;
  /** When this machine sent what began the term. */
  readonly sentBootMs: number;
  readonly database: Database;
  readonly clock: Clock;
  readonly timing: TermTiming;
  /** Shared with the main thread, which asks it before anything leaves the process. */
  readonly heldUntil: HeldUntil;
  readonly onOver: (error: FleetError) => void;
}

export interface Term {
  readonly epoch: number;
  /** Throws FleetError `unavailable` when the term may be over. */
  check(): void;
  /** Stops renewing and lets the next leader in at once. */
  release(): Promise<void>;
}

/** What the two clocks may differ by in the length of a term. */
const CLOCK_DRIFT_RATIO = 0.1;

export function beginTerm(options: TermOptions): Term {
  const { epoch, database, clock, timing, heldUntil, onOver } = options;
  const holdFrom = (sentBootMs: number): void =>
    heldUntil.set(sentBootMs + timing.ttlMs * (1 - CLOCK_DRIFT_RATIO));
  const over = (): FleetError => {
    const seconds = timing.ttlMs / 1000;
    return new FleetError("unavailable", `leadership was not renewed for ${seconds} s: this hub steps down`);
  };
  const renew = async (): Promise<void> => {
    const sentBootMs = clock.bootMs();
    if (await renewLeadership(database.queries, epoch, timing.ttlMs)) return holdFrom(sentBootMs);
    onOver(
      new FleetError("unavailable", `term ${epoch} is over: another hub leads, and this one steps down`),
    );
  };
  holdFrom(options.sentBootMs);
  let isRenewed = true;
  const renewing = createLoop({
    everyMs: timing.pollMs,
    run: async () => {
      if (isRenewed && heldUntil.get() - clock.bootMs() > timing.ttlMs - timing.renewMs) return;
      isRenewed = false;
      await renew();
      isRenewed = true;
    },
    // Tried again in a moment, for as long as the term lasts.
    onError: (error) => {
      if (problemOf(error) === "broken") onOver(over());
    },
  });
  const watching = createLoop({
    everyMs: timing.pollMs,
    run: () => {
      if (clock.bootMs() >= heldUntil.get()) onOver(over());
    },
    onError: () => onOver(over()),
  });
  return {
    epoch,
    check: () => {
      if (clock.bootMs() >= heldUntil.get()) throw over();
    },
    release: async () => {
      await Promise.all([renewing.stop(), watching.stop()]);
      await releaseLeadership(database.queries, epoch);
    },
  };
}

/** A boot time that two threads share. */
export interface HeldUntil {
  readonly memory: SharedArrayBuffer;
  get(): number;
  set(bootMs: number): void;
}

export function shareHeldUntil(memory = new SharedArrayBuffer(BigInt64Array.BYTES_PER_ELEMENT)): HeldUntil {
  const cell = new BigInt64Array(memory);
  return {
    memory,
    get: () => Number(Atomics.load(cell, 0)),
    set: (bootMs) => {
      Atomics.store(cell, 0, BigInt(Math.floor(bootMs)));
    },
  };
}

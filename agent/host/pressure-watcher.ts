/**
 * Pressure watcher: the one place that polls a resource, as often as its level calls for, and tells everybody
 * who asked (SPEC N5). It decides nothing: the levels come from `shared/policy/pressure`, and a look that
 * fails makes the last good one older until silence counts as critical.
 */
import type { Clock } from "../../shared/clock.ts";
import { describeError, FleetError } from "../../shared/errors.ts";
import type { Log } from "../../shared/log.ts";
import { createLoop } from "../../shared/loop.ts";
import type { Timing } from "../../shared/model/timing.ts";
import {
  type Level,
  PRESSURE_POLICY,
  PRESSURE_UNKNOWN,
  type PressureEventName,
  type PressureInput,
  type PressurePolicy,
  type PressureState,
  pollIntervalMs,
  pressureEventName,
  stepPressure,
  type Watched,
} from "../../shared/policy/pressure.ts";

/** One look at the resource; `ratio` is null when it could not be told. */
export interface Look<Reading> {
  readonly ratio: number | null;
  readonly reading: Reading;
}

export interface PressureEvent<Reading> {
  readonly name: PressureEventName;
  readonly watched: Watched;
  /** Grows by one with each event of this watcher. */
  readonly seq: number;
  readonly level: Level;
  /** The level before this poll. */
  readonly from: Level;
  /** The last good ratio; null when there has been none. */
  readonly ratio: number | null;
  /** What this poll read; null when it failed. */
  readonly reading: Reading | null;
  readonly atBootMs: number;
}

export interface PressureWatcherOptions<Reading> {
  readonly watched: Watched;
  /** May take long; it is not called again before it has answered. */
  readonly look: (nowMs: number) => Look<Reading> | Promise<Look<Reading>>;
  /** Asked anew at each poll. */
  readonly policy?: () => PressurePolicy;
  readonly clock: Clock;
  readonly timing: Timing;
  readonly log: Log;
}

export interface PressureWatcher<Reading> {
  state(): PressureState;
  /** The last good look; null before there has been one. */
  latest(): Reading | null;
  /** How long a look made now stays believable. */
  validForMs(): number;
  /** Calls for each event, a crossing before the update of its poll; the answer ends it. */
  subscribe(listener: (event: PressureEvent<Reading>) => void): () => void;
  /** Looks at once, and for `forMs` as often as when critical: something has begun or ended. */
  stir(forMs: number): void;
  /** Final; does not wait for a look that hangs. */
  stop(): void;
}

export const MAX_LISTENERS = 64;

/** Looks at once and then at its intervals. */
export function createPressureWatcher<Reading>(
  options: PressureWatcherOptions<Reading>,
): PressureWatcher<Reading> {
  const { watched, clock, timing, log, policy = () => PRESSURE_POLICY } = options;
  const listeners = createListeners<PressureEvent<Reading>>(log);
  let state = PRESSURE_UNKNOWN;
  let latest: Reading | null = null;
  let seq = 0;
  let dueMs = Number.NEGATIVE_INFINITY;
  let stirredUntilMs = Number.NEGATIVE_INFINITY;
  let isStopped = false;
  const intervalMs = (): number => {
    const level = clock.bootMs() < stirredUntilMs ? "critical" : state.level;
    return pollIntervalMs(watched, level) * timing.scale;
  };
  const validForMs = (): number => intervalMs() + timing.probeDeadlineMs;
  const settle = (look: Look<Reading> | null): void => {
    if (isStopped) return;
    const atBootMs = clock.bootMs();
    const from = state.level;
    state = stepPressure(policy(), state, inputOf(look, validForMs()), atBootMs);
    latest = look?.reading ?? latest;
    dueMs = atBootMs + intervalMs();
    const { level, ratio } = state;
    for (const what of level === from ? (["update"] as const) : ([level, "update"] as const)) {
      const name = pressureEventName(watched, what);
      listeners.tell({
        name,
        watched,
        seq: ++seq,
        level,
        from,
        ratio,
        reading: look?.reading ?? null,
        atBootMs,
      });
    }
  };
  const look = createSingleLook(options, settle);
  const loop = createLoop({
    everyMs: timing.tickMs,
    run: () => {
      if (clock.bootMs() >= dueMs) look();
    },
    onError: (error) =>
      log.error({ event: "loop.failed", watched, reason: describeError(error) }, "a watcher failed"),
  });
  return {
    state: () => state,
    latest: () => latest,
    validForMs,
    subscribe: listeners.subscribe,
    stir: (forMs) => {
      stirredUntilMs = Math.max(stirredUntilMs, clock.bootMs() + forMs);
      dueMs = Number.NEGATIVE_INFINITY;
      loop.wake();
    },
    stop: () => {
      isStopped = true;
      void loop.stop();
    },
  };
}

function inputOf(look: Look<unknown> | null, staleAfterMs: number): PressureInput {
  const ratio = look?.ratio ?? null;
  return ratio === null ? { kind: "missed", staleAfterMs } : { kind: "reading", ratio };
}

/**
 * One question at a time: while a look has not answered, asking again only counts one more missed poll, once
 * its deadline is over. `settle` gets null for a look that failed or is late.
 */
function createSingleLook<Reading>(
  { look, watched, clock, timing, log }: PressureWatcherOptions<Reading>,
  settle: (look: Look<Reading> | null) => void,
): () => void {
  let askedAtMs: number | null = null;
  let isFailing = false;
  const miss = (reason: string): void => {
    const fields = { event: "loop.failed", watched, reason } as const;
    if (!isFailing) log.warn(fields, "a resource cannot be read; its last reading grows old");
    isFailing = true;
    settle(null);
  };
  const ask = async (nowMs: number): Promise<void> => {
    try {
      const seen = await look(nowMs);
      isFailing = false;
      settle(seen);
    } catch (error) {
      miss(describeError(error));
    } finally {
      askedAtMs = null;
    }
  };
  return () => {
    const nowMs = clock.bootMs();
    if (askedAtMs === null) {
      askedAtMs = nowMs;
      void ask(nowMs);
    } else if (nowMs - askedAtMs >= timing.probeDeadlineMs) {
      miss(`no answer for ${Math.round(nowMs - askedAtMs)} ms`);
    }
  };
}

interface Listeners<Event> {
  tell(event: Event): void;
  subscribe(listener: (event: Event) => void): () => void;
}

/** A listener that throws is logged and harms nobody else. */
function createListeners<Event>(log: Log): Listeners<Event> {
  const listeners = new Set<(event: Event) => void>();
  return {
    tell: (event) => {
      for (const listener of [...listeners]) {
        try {
          listener(event);
        } catch (error) {
          log.error({ event: "loop.failed", reason: describeError(error) }, "a pressure listener failed");
        }
      }
    },
    subscribe: (listener) => {
      if (listeners.size >= MAX_LISTENERS) {
        throw new FleetError("resourceExhausted", `a watcher has ${MAX_LISTENERS} listeners already`);
      }
      // The same function may be given twice; each subscription is one of its own.
      const own = (event: Event): void => listener(event);
      listeners.add(own);
      return () => void listeners.delete(own);
    },
  };
}

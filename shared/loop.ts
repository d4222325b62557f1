/**
 * Loop: the only place with raw timers. Periodic work that never overlaps itself, can be woken early, and
 * ends for good: a wake that arrives during a run is not lost but runs once more, so callers can treat
 * every wake as "look again" and repair missed edges on the next tick.
 */
import { monotonicMs } from "./clock.ts";
import type { Rng } from "./rng.ts";

export interface LoopOptions {
  /**
   * From one run to the next. Loops without jitter run together with all others of their period, or of a
   * fraction of it, so that an idle process is woken once and not once for each; so one wait may differ from
   * this, by less than half.
   */
  readonly everyMs: number;
  /** Spreads the wait uniformly over `everyMs × (1 ± ratio)`, so that many loops do not march in step. */
  readonly jitter?: { readonly ratio: number; readonly rng: Rng };
  /** `stopping` aborts when `stop()` is called: pass it to whatever the run waits for. */
  readonly run: (stopping: AbortSignal) => void | Promise<void>;
  /** A run that threw; the loop goes on. */
  readonly onError: (error: unknown) => void;
}

export interface Loop {
  /** Runs as soon as possible: now, or once more when the present run has ended. */
  wake(): void;
  /** Final: resolves when the present run, if any, has ended; no run starts after the call. */
  stop(): Promise<void>;
}

/** A loop that is running from its creation; the first run starts on the next turn of the event loop. */
export function createLoop(options: LoopOptions): Loop {
  const stopping = new AbortController();
  let isWoken = true;
  let present = Promise.resolve();
  let cutWait = (): void => {};
  const wake = (): void => {
    isWoken = true;
    cutWait();
  };
  const cycle = async (): Promise<void> => {
    await nextTurn();
    while (!stopping.signal.aborted) {
      isWoken = false;
      present = runOnce(options, stopping.signal);
      await present;
      if (isWoken) {
        await nextTurn();
        continue;
      }
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, waitMs(options));
        cutWait = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  };
  void cycle();
  return {
    wake,
    stop: () => {
      stopping.abort();
      cutWait();
      return present;
    },
  };
}

async function runOnce(options: LoopOptions, stopping: AbortSignal): Promise<void> {
  try {
    await options.run(stopping);
  } catch (error) {
    options.onError(error);
  }
}

function waitMs({ everyMs, jitter }: LoopOptions): number {
  if (jitter !== undefined) return everyMs * (1 + jitter.ratio * (2 * jitter.rng.next() - 1));
  const nowMs = monotonicMs();
  return Math.round(nowMs / everyMs + 1) * everyMs - nowMs;
}

/** Lets pending I/O run first, so that a loop that is woken all the time starves nobody. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Resolves after `ms`, or at once when `signal` aborts: ending a wait early is no error. */
export function delay(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted === true) return resolve();
    const finish = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", finish);
      resolve();
    };
    const timer = setTimeout(finish, ms);
    signal?.addEventListener("abort", finish);
  });
}

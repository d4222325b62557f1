/**
 * GPU watcher: reads the sensor as often as the pressure calls for and passes on what is good. It asks one
 * question at a time: a probe that hangs or fails only makes the last good reading older, and how old is too
 * old is judged by whoever uses it (DESIGN section 3).
 */
import type { Clock } from "../../shared/clock.ts";
import { describeError } from "../../shared/errors.ts";
import type { Log } from "../../shared/log.ts";
import { createLoop } from "../../shared/loop.ts";
import type { Timing } from "../../shared/model/timing.ts";
import type { GpuCard, GpuSensor } from "./sensor.ts";

export interface GpuWatcherOptions {
  readonly sensor: GpuSensor;
  readonly clock: Clock;
  readonly timing: Timing;
  readonly log: Log;
  /** How long the sensor may rest, asked after each reading. */
  readonly restMs: () => number;
  readonly onReading: (cards: readonly GpuCard[]) => void;
}

export interface GpuWatcher {
  /** Work has begun or ended: for a few seconds the card is worth a look each second. */
  stir(): void;
  stop(): Promise<void>;
}

const STIRRED_MS = 3_000;
const STIRRED_REST_MS = 1_000;

/** Reads at once and then at its intervals. */
export function createGpuWatcher(options: GpuWatcherOptions): GpuWatcher {
  const { sensor, clock, timing, log, restMs, onReading } = options;
  let dueMs = 0;
  let stirredUntilMs = 0;
  let isFailing = false;
  const read = async (): Promise<void> => {
    if (clock.bootMs() < dueMs) return;
    try {
      onReading(await sensor.read());
      isFailing = false;
    } catch (error) {
      const event = { event: "gpu.stale", reason: describeError(error) } as const;
      if (!isFailing) log.warn(event, "the GPU cannot be read; its last reading grows old");
      isFailing = true;
    }
    const nowMs = clock.bootMs();
    const isStirred = nowMs < stirredUntilMs;
    dueMs = nowMs + Math.min(restMs(), isStirred ? STIRRED_REST_MS * timing.scale : Number.POSITIVE_INFINITY);
  };
  const loop = createLoop({
    everyMs: timing.tickMs,
    run: read,
    onError: (error) =>
      log.error({ event: "loop.failed", reason: describeError(error) }, "reading the GPU failed"),
  });
  return {
    stir: () => {
      stirredUntilMs = clock.bootMs() + STIRRED_MS * timing.scale;
      dueMs = 0;
      loop.wake();
    },
    stop: async () => {
      // A probe that never comes back must not keep the agent from ending.
      void loop.stop();
      await sensor.close();
    },
  };
}

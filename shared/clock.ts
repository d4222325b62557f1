/**
 * Clock: the only place that reads time. Two clocks, because leases must keep counting while a machine
 * sleeps and people think in calendar time; the cores take both as arguments (DESIGN section 3).
 *
 * Boot time is the monotonic clock plus how long the machine has slept. The monotonic clock costs nothing to
 * read, /proc/uptime costs a file; so the file is read only when the sum may have changed: the kernel adds a
 * suspend to boot time and to calendar time in one step, and the monotonic clock stands still, so a suspend
 * always shows as a calendar that ran ahead of the monotonic clock. Should somebody set the calendar so that
 * it hides one, the next reading, at most `RECHECK_MS` later, still finds it.
 */
import { readFileSync } from "node:fs";

export interface Clock {
  /** Milliseconds since boot, counting suspend (CLOCK_BOOTTIME); never goes back while the box is up. */
  bootMs(): number;
  /** Milliseconds since the epoch; may jump. */
  wallMs(): number;
}

/** The kernel's clocks, each in ms. */
export interface ClockSources {
  /** CLOCK_MONOTONIC from any origin: stands still in suspend. */
  monotonicMs(): number;
  wallMs(): number;
  /** /proc/uptime: boot time, in steps of 10 ms; costs a file. */
  uptimeMs(): number;
}

/** Longest span between two readings of /proc/uptime. */
export const RECHECK_MS = 1_000;

/** Two resolutions of /proc/uptime: what a reading may differ from the monotonic clock without a suspend. */
const TOLERANCE_MS = 20;

/** Milliseconds from any origin, for the phase of waits: only rises, stands still in suspend, costs nothing. */
export function monotonicMs(): number {
  return performance.now();
}

export const systemClock: Clock = createClock({
  monotonicMs,
  wallMs: () => Date.now(),
  uptimeMs: () => Number.parseFloat(readFileSync("/proc/uptime", "latin1")) * 1000,
});

export function createClock({ monotonicMs, wallMs, uptimeMs }: ClockSources): Clock {
  let readAtMs = Number.NEGATIVE_INFINITY;
  /** Calendar and boot time, each less the monotonic clock, when the file was last read. */
  let wallOffsetMs = 0;
  let bootOffsetMs = Number.NEGATIVE_INFINITY;
  const readUptime = (nowMs: number, offsetMs: number): void => {
    // The monotonic clock is read after the file: if this thread had to wait between the two, the result is
    // too small, which the next reading mends forwards; boot time that was given too large would go back.
    const sleptMs = uptimeMs() - monotonicMs();
    if (sleptMs > bootOffsetMs + TOLERANCE_MS) bootOffsetMs = sleptMs;
    readAtMs = nowMs;
    wallOffsetMs = offsetMs;
  };
  const bootMs = (): number => {
    const nowMs = monotonicMs();
    const offsetMs = wallMs() - nowMs;
    const isDue = nowMs - readAtMs >= RECHECK_MS || Math.abs(offsetMs - wallOffsetMs) > TOLERANCE_MS;
    if (isDue) readUptime(nowMs, offsetMs);
    return nowMs + bootOffsetMs;
  };
  return { bootMs, wallMs };
}

/** A moment with its zone, such as 2026-05-01T22:00:00Z, in milliseconds since the epoch; null for other text. */
export function parseIsoMs(text: string): number | null {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d)$/.test(text)) return null;
  const wallMs = Date.parse(text);
  return Number.isNaN(wallMs) ? null : wallMs;
}

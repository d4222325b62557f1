/**
 * Clock: the only place that reads time. Two clocks, because leases must keep counting while a machine
 * sleeps and people think in calendar time; the cores take both as arguments (DESIGN section 3).
 */
import { readFileSync } from "node:fs";

export interface Clock {
  /** Milliseconds since boot, counting suspend (CLOCK_BOOTTIME); never goes back while the box is up. */
  bootMs(): number;
  /** Milliseconds since the epoch; may jump. */
  wallMs(): number;
}

export const systemClock: Clock = { bootMs: readBootMs, wallMs: () => Date.now() };

/** /proc/uptime has 10 ms resolution; the monotonic clock fills in between readings of the same tick. */
let uptimeOffsetMs: number | null = null;

function readBootMs(): number {
  const monotonicMs = performance.now();
  const uptimeMs = Number.parseFloat(readFileSync("/proc/uptime", "latin1")) * 1000;
  const offsetMs = uptimeMs - monotonicMs;
  const isFirst = uptimeOffsetMs === null;
  // A jump beyond the tick means the machine slept: CLOCK_MONOTONIC stood still, boot time did not.
  if (isFirst || Math.abs(offsetMs - (uptimeOffsetMs ?? 0)) > 20) uptimeOffsetMs = offsetMs;
  return monotonicMs + (uptimeOffsetMs ?? 0);
}

/** Backoff: how long to wait before dialing again, so that a fleet does not return all at once. Pure. */
import type { Rng } from "../../shared/rng.ts";

export interface BackoffPolicy {
  readonly minMs: number;
  readonly maxMs: number;
}

/** An agent that is not believed needs a person; asking often helps nobody. */
const UNPROVEN_FACTOR = 6;

/**
 * Full jitter (Brooker, "Exponential Backoff And Jitter"): uniform in [0, min(max, min × 2^failures)).
 * @param failures dials that failed since the last session, 0 or more
 */
export function redialDelayMs({ minMs, maxMs }: BackoffPolicy, failures: number, rng: Rng): number {
  return rng.next() * Math.min(maxMs, minMs * 2 ** Math.min(failures, 30));
}

/** When the hub does not believe who this is: uniform in [1/2, 1) of six times the longest ordinary wait. */
export function unprovenDelayMs({ maxMs }: BackoffPolicy, rng: Rng): number {
  return maxMs * UNPROVEN_FACTOR * (0.5 + rng.next() / 2);
}

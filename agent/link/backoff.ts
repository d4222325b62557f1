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

/** Longest wait after a refusal, in shortest waits of a redial. */
const REFUSED_FACTOR = 2;

/**
 * Before the same is asked again of a hub that answers and cannot do it for now, such as one with a full disk: uniform in
 * [0, 2 × min). It costs one message on a stream that is open, and room may be there for moments only.
 */
export function refusedDelayMs({ minMs }: BackoffPolicy, rng: Rng): number {
  return rng.next() * REFUSED_FACTOR * minMs;
}

/** When the hub does not believe who this is: uniform in [1/2, 1) of six times the longest ordinary wait. */
export function unprovenDelayMs({ maxMs }: BackoffPolicy, rng: Rng): number {
  return maxMs * UNPROVEN_FACTOR * (0.5 + rng.next() / 2);
}

/**
 * AttachGate: how many agents may attach in a second. Each attach is a decision of the core and a welcome, and a
 * whole fleet that comes back at once would stand before the renewals of those who are there. Who comes too soon is
 * told when to come again, each a little later than the one before, so that they come back one after another. An
 * agent that holds work goes before one that is idle: its leases run. Pure.
 */
export interface AttachLimits {
  readonly perSecond: number;
  /** At once, after a quiet time. */
  readonly burst: number;
  /** Of the burst, kept for agents that hold work. */
  readonly reserve: number;
  /** Nobody is told to wait longer. */
  readonly waitMaxMs: number;
}

export const ATTACH_LIMITS: AttachLimits = { perSecond: 200, burst: 200, reserve: 100, waitMaxMs: 15_000 };

export interface AttachGate {
  /** 0: come in; else after how many ms to come again. @param nowMs any clock that only rises */
  admit(nowMs: number, isHolding: boolean): number;
}

export function createAttachGate(limits = ATTACH_LIMITS): AttachGate {
  const { perSecond, burst, reserve, waitMaxMs } = limits;
  const everyMs = 1_000 / perSecond;
  let places = burst;
  let filledMs: number | null = null;
  let promisedMs = 0;
  return {
    admit: (nowMs, isHolding) => {
      places = Math.min(burst, places + (nowMs - (filledMs ?? nowMs)) / everyMs);
      filledMs = nowMs;
      if (places >= (isHolding ? 1 : reserve + 1)) {
        places--;
        return 0;
      }
      promisedMs = Math.min(Math.max(promisedMs, nowMs) + everyMs, nowMs + waitMaxMs);
      return Math.ceil(promisedMs - nowMs);
    },
  };
}

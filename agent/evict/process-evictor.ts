/**
 * Process evictor: the last two rungs, for work that this agent started. It only passes the wish on: who may
 * be ended, how long the grace is and what counts as ended are the supervisor's.
 */
import type { EvictOutcome, Evictor } from "./evictor.ts";

/** Ends the consumer's work and answers when it has ended; the supervisor's. */
export type EndWork = (how: "term" | "kill", signal: AbortSignal) => Promise<EvictOutcome>;

export function createProcessEvictor(id: string, end: EndWork): Evictor {
  return {
    id,
    spills: [],
    restore: null,
    rungs: (heldBytes) => ({ term: heldBytes, kill: heldBytes }),
    evict: async (rung, _bytesWanted, signal) =>
      rung === "term" || rung === "kill"
        ? end(rung, signal)
        : { kind: "failed", detail: `a process has no rung ${rung}` },
  };
}

/**
 * Evictor: the port behind which a consumer gives VRAM back (SPEC N10). An adapter knows how to ask one kind of
 * server or process; whether the bytes came back is never its word but a measurement of the ladder.
 */
import { RUNGS, type Rung, type RungOffer } from "../../shared/policy/eviction.ts";

/** What came of asking. `detail` is a sentence for people and may quote the other side. */
export type EvictOutcome =
  /** It says that it has given way, or will in a moment. */
  | { readonly kind: "done"; readonly detail: string }
  /** There was nothing to give up. */
  | { readonly kind: "idle"; readonly detail: string }
  /** It is at work, and asking now would break or only delay it: nothing was asked. */
  | { readonly kind: "busy"; readonly detail: string }
  | { readonly kind: "failed"; readonly detail: string };

export interface Evictor {
  /** Of the consumer that it evicts. */
  readonly id: string;
  /** What each rung would return of the `heldBytes` that the consumer is measured to hold now. */
  rungs(heldBytes: number): RungOffer;
  /** Rungs that keep the bytes in main memory, which must have the room. */
  readonly spills: readonly Rung[];
  /** Asks once. Ends soon after `signal` aborts and does not reject. */
  evict(rung: Rung, bytesWanted: number, signal: AbortSignal): Promise<EvictOutcome>;
  /** Which rungs can be undone; every one where `restore` is there and this is not. */
  readonly restores?: (rung: Rung) => boolean;
  /** Undoes a rung that keeps its state: wakes a sleeper, resumes what was parked. Null where none does. */
  readonly restore: ((rung: Rung, signal: AbortSignal) => Promise<EvictOutcome>) | null;
}

/** A server that can do one thing: give up all that it has loaded, of which nothing is kept that could be restored. */
export function createUnloader(id: string, unload: (signal: AbortSignal) => Promise<EvictOutcome>): Evictor {
  return {
    id,
    spills: [],
    restore: null,
    rungs: (heldBytes) => ({ unload: heldBytes }),
    evict: (_rung, _bytesWanted, signal) => unload(signal),
  };
}

/** Several ways to evict one consumer as one: a server's own API below, its process above. */
export function combineEvictors(id: string, parts: readonly Evictor[]): Evictor {
  const ownerOf = (rung: Rung): Evictor | undefined =>
    parts.find((part) => (part.rungs(Number.MAX_SAFE_INTEGER)[rung] ?? 0) > 0);
  const noOwner = (rung: Rung): EvictOutcome => ({ kind: "failed", detail: `${id} has no rung ${rung}` });
  return {
    id,
    rungs: (heldBytes) => {
      const owned = RUNGS.map((rung) => [rung, ownerOf(rung)?.rungs(heldBytes)[rung]] as const);
      return Object.fromEntries(owned.filter(([, bytes]) => bytes !== undefined));
    },
    spills: RUNGS.filter((rung) => ownerOf(rung)?.spills.includes(rung)),
    evict: async (rung, bytesWanted, signal) =>
      (await ownerOf(rung)?.evict(rung, bytesWanted, signal)) ?? noOwner(rung),
    restores: (rung) => (ownerOf(rung)?.restore ?? null) !== null,
    restore: async (rung, signal) => (await ownerOf(rung)?.restore?.(rung, signal)) ?? noOwner(rung),
  };
}

/** HTTP evictor: any server that gives VRAM back on a request, as config describes it rung by rung. */
import type { Rung, RungOffer } from "../../shared/policy/eviction.ts";
import type { Evictor } from "./evictor.ts";
import { type HttpRequest, type HttpTarget, outcomeOf } from "./http-target.ts";

export interface HttpRung {
  readonly request: HttpRequest;
  /** What it returns, in bytes; null: all that the consumer holds. */
  readonly bytes: number | null;
}

export interface HttpEvictorConfig {
  readonly rungs: Readonly<Partial<Record<Rung, HttpRung>>>;
  readonly spills: readonly Rung[];
  /** Brings it back; null where it does so itself. */
  readonly restore: HttpRequest | null;
}

/** Any 2xx means done. */
export function createHttpEvictor(id: string, target: HttpTarget, config: HttpEvictorConfig): Evictor {
  const { rungs, spills, restore } = config;
  const ask = async (request: HttpRequest, signal: AbortSignal) =>
    outcomeOf(await target.ask(request, signal), `${request.method} ${request.path}`);
  return {
    id,
    spills,
    rungs: (heldBytes) => offerOf(rungs, heldBytes),
    evict: async (rung, _bytesWanted, signal) => {
      const { request } = rungs[rung] ?? {};
      return request === undefined ? { kind: "failed", detail: `no rung ${rung}` } : ask(request, signal);
    },
    restore: restore === null ? null : (_rung, signal) => ask(restore, signal),
  };
}

/** What configured rungs return of what is held. */
export function offerOf(
  rungs: Readonly<Partial<Record<Rung, { readonly bytes: number | null }>>>,
  heldBytes: number,
): RungOffer {
  const entries = Object.entries(rungs);
  return Object.fromEntries(
    entries.map(([rung, { bytes }]) => [rung, Math.min(heldBytes, bytes ?? heldBytes)]),
  );
}

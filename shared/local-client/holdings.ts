/**
 * Holdings: what this client holds, as it must tell an agent that has forgotten it. Whatever is said of one
 * reservation is said in order: an announcement that overtook a release would book what nobody holds.
 */
import { randomUUID } from "node:crypto";
import { delay } from "../loop.ts";
import { createSerial, type Serial } from "../serial.ts";
import type { LocalChannel } from "../wire/local-channel.ts";
import { decodeFreed, decodeVerdict, encodeClaim, encodeRelease } from "../wire/local-client-codec.ts";
import type { LocalClaim, LocalVerdict } from "../wire/local-types.ts";

/** A claim as a workload writes it: what it leaves out has a default. */
export type ClaimInput = Pick<LocalClaim, "priority" | "vramBytes" | "subsystem" | "label"> &
  Partial<Omit<LocalClaim, "key">> & { readonly key?: string };

export interface Holdings {
  book(method: "Reserve" | "Account", input: ClaimInput): Promise<LocalVerdict>;
  /** All of it, or `vramBytes`; resolves with the bytes freed. */
  release(consumerId: string, vramBytes?: number): Promise<number>;
  /** The agent holds nothing under this id any more. */
  forget(consumerId: string): void;
  /** Tells an agent that may be a new one what is held, until `isOver`. */
  announceAll(isOver: AbortSignal): void;
}

interface Held {
  readonly claim: LocalClaim;
  readonly inTurn: Serial;
}

const REANNOUNCE_MS = 1_000;
const CLAIM_DEFAULTS = {
  gpu: null,
  owner: null,
  isEvictable: false,
  reloadMs: 0,
  keepMs: 0,
  idleMs: 0,
} as const;

export function createHoldings(channel: LocalChannel): Holdings {
  const held = new Map<string, Held>();
  const release = async (consumerId: string, vramBytes?: number): Promise<number> => {
    const freedBytes = decodeFreed(await channel.call("Release", encodeRelease(consumerId, vramBytes)));
    const present = held.get(consumerId);
    const keptBytes = (present?.claim.vramBytes ?? 0) - freedBytes;
    if (present === undefined || vramBytes === undefined || keptBytes <= 0) held.delete(consumerId);
    else held.set(consumerId, { ...present, claim: { ...present.claim, vramBytes: keptBytes } });
    return freedBytes;
  };
  /** Whether the agent knows of the consumer now, or nobody needs it any more. */
  const announceOnce = async (consumerId: string): Promise<boolean> => {
    const present = held.get(consumerId);
    if (present === undefined) return true;
    const answer = await channel.call("Account", encodeClaim(present.claim)).catch(() => null);
    return answer?.verdict === "granted";
  };
  /** Again until the agent has taken it: one that has just started may not have read its card yet. */
  const announce = async (consumerId: string, { inTurn }: Held, isOver: AbortSignal): Promise<void> => {
    while (!isOver.aborted && !(await inTurn(() => announceOnce(consumerId)))) {
      await delay(REANNOUNCE_MS, isOver);
    }
  };
  return {
    book: (method, input) => {
      const claim = { ...CLAIM_DEFAULTS, ...input, key: input.key ?? randomUUID() };
      const same = [...held.values()].find((each) => each.claim.key === claim.key);
      const inTurn = same?.inTurn ?? createSerial();
      return inTurn(async () => {
        const verdict = decodeVerdict(await channel.call(method, encodeClaim(claim)));
        if (verdict.kind === "granted") held.set(verdict.consumerId, { claim, inTurn });
        return verdict;
      });
    },
    release: (consumerId, vramBytes) => {
      const task = (): Promise<number> => release(consumerId, vramBytes);
      return held.get(consumerId)?.inTurn(task) ?? task();
    },
    forget: (consumerId) => held.delete(consumerId),
    announceAll: (isOver) => {
      for (const [consumerId, each] of held) void announce(consumerId, each, isOver);
    },
  };
}

/**
 * Proof: whether bytes came back, judged by measurements before and after and never by what an adapter says.
 * Pure. Two figures are kept apart: what the consumer gave up, which decides whether it was honest, and what
 * the card has free for somebody else, which is all that the requester is credited with.
 */
import type { EvictOutcome } from "./evictor.ts";

/** VRAM of one card as just measured. */
export interface VramMeasure {
  readonly usedBytes: number;
  /** By consumer id; null where the driver does not tell VRAM per process. */
  readonly byConsumer: ReadonlyMap<string, number> | null;
}

export type ProofVerdict =
  /** The bytes are back. */
  | "freed"
  /** Some are; the next rung may bring the rest. */
  | "partial"
  /** The consumer let go, yet the card does not show it: driver or kernel hold on, or somebody took them. */
  | "stranded"
  /** It said done, and nothing came back. */
  | "lied"
  | "idle"
  | "busy"
  | "failed"
  /** The card could not be measured afterwards. */
  | "unproved";

export interface Proof {
  readonly verdict: ProofVerdict;
  /** What the requester may count on. */
  readonly freedBytes: number;
}

export interface ProofInput {
  readonly consumer: string;
  readonly expectedBytes: number;
  /** `late`: no answer within the deadline; it may have acted all the same. */
  readonly said: EvictOutcome["kind"] | "late";
  readonly before: VramMeasure;
  /** Null when the card could not be measured. */
  readonly after: VramMeasure | null;
}

/** Share of the expected bytes that counts as all of them (SPEC N7). */
export const PROOF_RATIO = 0.9;
/** Less than this is noise of a driver and no answer to an eviction. */
const NOISE_BYTES = 1024 ** 2;

/** What a consumer holds by this measurement; null where that is not told per process. */
export function heldByMeasure(measure: VramMeasure, consumer: string): number | null {
  return measure.byConsumer === null ? null : (measure.byConsumer.get(consumer) ?? 0);
}

export function judgeProof({ consumer, expectedBytes, said, before, after }: ProofInput): Proof {
  if (after === null) return { verdict: "unproved", freedBytes: 0 };
  const cardBytes = Math.max(0, before.usedBytes - after.usedBytes);
  const heldBefore = heldByMeasure(before, consumer);
  const heldAfter = heldByMeasure(after, consumer);
  const isTold = heldBefore !== null && heldAfter !== null;
  const yieldedBytes = isTold ? Math.max(0, heldBefore - heldAfter) : cardBytes;
  const freedBytes = Math.min(yieldedBytes, cardBytes);
  const enoughBytes = expectedBytes * PROOF_RATIO;
  if (yieldedBytes >= enoughBytes && yieldedBytes > 0) {
    return { verdict: freedBytes >= enoughBytes ? "freed" : "stranded", freedBytes };
  }
  if (yieldedBytes >= NOISE_BYTES) return { verdict: "partial", freedBytes };
  return { verdict: emptyVerdict(said), freedBytes: 0 };
}

function emptyVerdict(said: ProofInput["said"]): ProofVerdict {
  if (said === "done") return "lied";
  return said === "late" ? "failed" : said;
}

/** Whether waiting longer could still bring bytes: servers act after they answer, and a late one may be acting. */
export function mayImprove(verdict: ProofVerdict, said: ProofInput["said"]): boolean {
  return (said === "done" || said === "late") && verdict !== "freed";
}

/** Whether the consumer's next dearer rung is worth trying after this. */
export function mayClimb(verdict: ProofVerdict): boolean {
  return verdict === "lied" || verdict === "failed" || verdict === "partial";
}

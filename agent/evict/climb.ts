/** Climb: what one request for bytes carries with it: the rules, the ports to the node and what it has tried. */
import type { Clock } from "../../shared/clock.ts";
import type { Candidate, Evictable, EvictionPolicy, Rung } from "../../shared/policy/eviction.ts";
import type { Evictor } from "./evictor.ts";
import type { ProofVerdict, VramMeasure } from "./proof.ts";

export interface LadderPolicy {
  /** Who may go: minimum residency and reload cost keep what is costly to load from coming and going. */
  readonly eviction: EvictionPolicy;
  /** How long asking may take on each rung. */
  readonly askMs: Readonly<Record<Rung, number>>;
  /** How long bytes may take to come back once they were promised, and how often that is measured. */
  readonly proofMs: number;
  readonly proofPollMs: number;
  /** A consumer that was asked is left alone for this long, whatever came of it. */
  readonly cooldownMs: number;
}

export interface LadderPorts {
  readonly clock: Clock;
  /** Consumers of a card, as its ledger has them now. */
  readonly consumers: (gpu: string) => Iterable<Evictable>;
  readonly evictorOf: (consumer: string) => Evictor | null;
  /** A fresh look at the card; null, or a rejection, when it cannot be had. */
  readonly measure: (gpu: string, signal: AbortSignal) => Promise<VramMeasure | null>;
  /** Whether main memory can take bytes that leave the card. */
  readonly mayTakeHostBytes: (bytes: number) => boolean;
  /** Books all that was freed so far for the requester, replacing what it held; 0 lets go. */
  readonly hold: (request: EvictionRequest, bytes: number) => void;
  readonly onRecord: (record: EvictionRecord) => void;
}

export interface EvictionRequest {
  /** Whoever the bytes are for; never evicted for itself. */
  readonly requester: string;
  /** UUID of the card. */
  readonly gpu: string;
  readonly bytesWanted: number;
  /** The dearest rung that this request is worth. */
  readonly ceiling: Rung;
}

/** One rung that was tried: inputs, outcome and proof, for the journal. */
export interface EvictionRecord {
  readonly atBootMs: number;
  readonly requester: string;
  readonly gpu: string;
  readonly consumer: Pick<Candidate, "id" | "label" | "priority" | "idleSeconds" | "score">;
  readonly rung: Rung;
  readonly expectedBytes: number;
  readonly verdict: ProofVerdict;
  /** Credited to the requester. */
  readonly freedBytes: number;
  readonly usedBeforeBytes: number;
  readonly usedAfterBytes: number | null;
  readonly tookMs: number;
  /** What the other side said. */
  readonly detail: string;
}

/** Everything one request carries from round to round. */
export interface Climb {
  readonly policy: LadderPolicy;
  readonly ports: LadderPorts;
  readonly request: EvictionRequest;
  readonly stopping: AbortSignal;
  readonly cooldownUntilMs: Map<string, number>;
  readonly records: EvictionRecord[];
  /** Consumers that this request is done with. */
  readonly tried: Set<string>;
}

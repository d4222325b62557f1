/** Messages between the main loop and the journal's worker thread. */
import type { FleetErrorCode } from "../errors.ts";
import type { ShadowOptions } from "./shadow.ts";
import type { EventBatch, StoredSnapshot } from "./store.ts";

/** What the worker is started with, as `workerData`. */
export interface JournalWorkerData extends ShadowOptions {
  readonly path: string;
}

export type ToWorker = { readonly kind: "append"; readonly batch: EventBatch } | { readonly kind: "close" };

/** What a replica knows while another one leads. */
export interface Standing {
  /** Where the leader serves; null when nobody is known to lead. */
  readonly leader: string | null;
  /** Why this replica could not take over now, in words; null when it is ready. */
  readonly problem: string | null;
}

/** One of several hubs over one journal, as the leader hears of it. */
export interface Replica {
  /** `host:port` where it serves. */
  readonly address: string;
  readonly holder: string;
  readonly isLeader: boolean;
  /** It leads, or stands by, since then. */
  readonly sinceWallMs: number;
  readonly silentMs: number;
  /** Why it could not take over; null when it could. */
  readonly problem: string | null;
}

/** Recovery is `recovered`, any number of `events`, then `ready`; a `fatal` may come at any time and is last. */
export type FromWorker =
  | {
      readonly kind: "recovered";
      readonly snapshot: StoredSnapshot | null;
      readonly notes: readonly string[];
    }
  | { readonly kind: "events"; readonly batch: EventBatch }
  | ({ readonly kind: "standing" } & Standing)
  | { readonly kind: "replicas"; readonly replicas: readonly Replica[] }
  | { readonly kind: "ready"; readonly lastSeq: number }
  | { readonly kind: "durable"; readonly seq: number }
  | { readonly kind: "full"; readonly isFull: boolean }
  | { readonly kind: "fatal"; readonly code: FleetErrorCode; readonly message: string }
  | { readonly kind: "closed" };

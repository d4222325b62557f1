/**
 * Bulk: what travels on the stream that carries files. One transfer follows another: open → resume →
 * chunks → ack. The receiver names the offset, so whoever was cut off sends only the rest.
 */
import type { OutputFile } from "./job.ts";

export type BulkUp =
  | {
      readonly kind: "upload";
      readonly sessionId: string;
      readonly token: number;
      readonly file: OutputFile;
    }
  | { readonly kind: "fetch"; readonly sessionId: string; readonly sha256: string; readonly offset: number }
  | { readonly kind: "commit"; readonly token: number; readonly manifestText: string }
  | BulkChunk
  | BulkAck;

export type BulkDown =
  /** Upload: go on at `offset`, the ack follows at once when that is `bytes`. Fetch: chunks up to `bytes`. */
  | { readonly kind: "resume"; readonly offset: number; readonly bytes: number }
  | { readonly kind: "failure"; readonly code: BulkFailureCode; readonly message: string }
  | BulkChunk
  | BulkAck;

export interface BulkChunk {
  readonly kind: "chunk";
  readonly data: Uint8Array;
}

/** Everything up to `offset` has arrived and is what was announced. */
export interface BulkAck {
  readonly kind: "ack";
  readonly offset: number;
}

/** Why a transfer failed, and whether the same transfer may succeed later. The stream goes on either way. */
export const BULK_FAILURES = {
  /** The token is not this node's current one: nobody will ever want these files. */
  stale: { isRetryable: false },
  invalid: { isRetryable: false },
  notFound: { isRetryable: false },
  /** The session that the opening names is not the node's live one. */
  detached: { isRetryable: true },
  /** What arrived is not what was announced; the receiver has dropped it. */
  mismatch: { isRetryable: true },
  unavailable: { isRetryable: true },
} as const;

export type BulkFailureCode = keyof typeof BULK_FAILURES;

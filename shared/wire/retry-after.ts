/** RetryAfter: a refusal that says when to come again, beside the words for people. */
import { Metadata } from "@grpc/grpc-js";
import { FleetError } from "../errors.ts";

const KEY = "spiral-retry-after-ms";

/** However long the hub says: a lying or broken one must not send an agent away for good. */
const WAIT_MAX_MS = 60_000;

/** Too many come at once. */
export class ComeAgainError extends FleetError {
  readonly afterMs: number;
  constructor(afterMs: number) {
    super("unavailable", `too many agents attach at once: come again in ${afterMs} ms`);
    this.afterMs = afterMs;
  }
}

export function retryAfterMetadata({ afterMs }: ComeAgainError): Metadata {
  const metadata = new Metadata();
  metadata.set(KEY, String(afterMs));
  return metadata;
}

/** 0 when whoever failed the call said nothing, or nothing sensible. */
export function readRetryAfter(metadata: Metadata | undefined): number {
  const value = Number(metadata?.get(KEY)[0] ?? 0);
  return Number.isFinite(value) ? Math.min(WAIT_MAX_MS, Math.max(0, value)) : 0;
}

/** Deadline: asking something that may never answer. The answer that comes too late is dropped. */
import { delay } from "../../shared/loop.ts";

export type Answer<T> = { readonly kind: "answered"; readonly value: T } | { readonly kind: "late" };

export interface DeadlineOptions {
  readonly deadlineMs: number;
  /** Ends the wait early as if the deadline had passed. */
  readonly stopping?: AbortSignal;
}

/**
 * Runs `ask` and waits until it answers, the deadline passes or `stopping` aborts, whichever comes first; the
 * signal it is given aborts in the last two cases. Rejects when `ask` does so in time.
 */
export async function askWithin<T>(
  { deadlineMs, stopping }: DeadlineOptions,
  ask: (signal: AbortSignal) => Promise<T>,
): Promise<Answer<T>> {
  const late = new AbortController();
  const over = new AbortController();
  const isStopped = (): void => over.abort();
  if (stopping?.aborted === true) over.abort();
  stopping?.addEventListener("abort", isStopped);
  const answer = ask(late.signal).then((value) => ({ kind: "answered", value }) as const);
  // Whoever no longer waits must not crash the process with a rejection.
  answer.catch(() => {});
  try {
    return await Promise.race([
      answer,
      delay(deadlineMs, over.signal).then(() => ({ kind: "late" }) as const),
    ]);
  } finally {
    stopping?.removeEventListener("abort", isStopped);
    over.abort();
    late.abort();
  }
}

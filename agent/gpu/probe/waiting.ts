/** Waiting: for the next word of a child, with an end and a deadline, and without a timer left behind. */
import { delay } from "../../../shared/loop.ts";
import type { Timing } from "../../../shared/model/timing.ts";
import type { RestartPolicy } from "./guarded-child.ts";

/** Something that happens again and again; whoever waits gets the next one. */
export interface Happening<T> {
  next(): Promise<T>;
  happen(value: T): void;
  /** Ends the present waits with this error. */
  fail(error: Error): void;
}

export function createHappening<T>(): Happening<T> {
  let waiters: { readonly resolve: (value: T) => void; readonly reject: (error: Error) => void }[] = [];
  const settle = (): typeof waiters => {
    const settled = waiters;
    waiters = [];
    return settled;
  };
  return {
    next: () => new Promise((resolve, reject) => waiters.push({ resolve, reject })),
    happen: (value) => {
      for (const { resolve } of settle()) resolve(value);
    },
    fail: (error) => {
      for (const { reject } of settle()) reject(error);
    },
  };
}

/** After a stall of our own the answer may lie in the pipe while the timer is already over. */
const UNREAD_MS = 50;

/** The value, or null when it has not come within `ms`. */
export async function within<T>(ms: number, value: Promise<T>): Promise<T | null> {
  const settled = new AbortController();
  const late = async (): Promise<null> => {
    await delay(ms, settled.signal);
    await delay(UNREAD_MS, settled.signal);
    return null;
  };
  try {
    return await Promise.race([value, late()]);
  } finally {
    settled.abort();
  }
}

/** A probe that ended is back within a second; one that hung gets the driver half a minute of peace. */
export function restartPolicy({ scale }: Timing): RestartPolicy {
  return { minMs: 1_000 * scale, maxMs: 30_000 * scale };
}

/** Overlapping calls share one run. */
export function shareRuns<T>(run: () => Promise<T>): () => Promise<T> {
  let present: Promise<T> | null = null;
  return () => {
    present ??= run().finally(() => {
      present = null;
    });
    return present;
  };
}

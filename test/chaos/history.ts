/**
 * History: everything that was seen from outside during a run, in the words of the checks. The times are
 * milliseconds of boot time on one clock; only the journal is ordered by its own numbers.
 */

/** One job that a client asked for; it repeats the same key until it has an answer. */
export interface Submit {
  readonly key: string;
  /** Of the first try. */
  readonly invokedMs: number;
  /** Null: nobody ever said that it was taken. */
  readonly acknowledgedMs: number | null;
  /** One per acknowledgement; a repeated submit must get the same. */
  readonly jobIds: readonly string[];
}

/** What a job's own process has written beside the product, with append-only writes. */
export interface RunLine {
  readonly kind: "start" | "end";
  readonly key: string;
  readonly token: number;
  readonly node: string;
  readonly pid: number;
  readonly atMs: number;
  /**
   * Of a start: whether the kernel's lock of this key was free (`alone`) or still held by a process of another run.
   * Of an end: `ok` or `term`; a killed process writes none.
   */
  readonly how: "alone" | "crowded" | "ok" | "term";
}

/** A line of `spiral.jsonl`. */
export interface JournalLine {
  readonly seq: number;
  readonly kind: string;
  readonly wallMs: number;
  readonly [field: string]: unknown;
}

/** A directory in `renders/`. */
export interface Render {
  readonly jobId: string;
  /** What the job wrote into its output; null where that cannot be read. */
  readonly written: { readonly key: string; readonly token: number } | null;
}

/** One `down` of the operator. */
export interface DownSpan {
  readonly name: string;
  readonly askedMs: number;
  /** The verb has answered. */
  readonly acknowledgedMs: number;
  /** When the hub was first seen to know that a node is latched. */
  readonly latchedMs: Readonly<Record<string, number>>;
  /** The last process of a job was gone; null: never while somebody looked. */
  readonly goneMs: number | null;
  readonly boundMs: number;
  /** The fleet was asked to go up again. */
  readonly liftedMs: number;
}

export interface History {
  readonly submits: readonly Submit[];
  readonly runs: readonly RunLine[];
  readonly journal: readonly JournalLine[];
  readonly renders: readonly Render[];
  readonly downs: readonly DownSpan[];
  /** Tokens whose processes were killed on purpose, so that their own failure has a cause. */
  readonly killedTokens: ReadonlySet<number>;
  /** The hub's own totals at the end, by state; `published` among them. */
  readonly totals: Readonly<Record<string, number>>;
}

/** A promise that was not kept. */
export interface Violation {
  readonly promise: Promised;
  /** Which check has found it. */
  readonly check: string;
  readonly detail: string;
}

/** The columns of the report. */
export type Promised = "lost" | "duplicated" | "doubly published" | "fencing" | "order" | "down" | "alive";

export type Check = (history: History) => readonly Violation[];

/**
 * Leader: appends what the main loop hands over, one batch while the next collects, and lets the shadow follow.
 * An append whose answer was lost is looked up before it is tried again, so nothing is ever written twice.
 */
import type { MessagePort } from "node:worker_threads";
import { FleetError } from "../../../shared/errors.ts";
import type { JournalShadow } from "../../../shared/journal/shadow.ts";
import {
  type EventBatch,
  joinBatches,
  lastSeqOf,
  type StoredSnapshot,
} from "../../../shared/journal/store.ts";
import type { FromWorker, ToWorker } from "../../../shared/journal/worker-protocol.ts";
import { delay } from "../../../shared/loop.ts";
import { type Database, problemOf } from "./database.ts";
import { type Appending, appendEvents, storeSnapshot, wasAppended } from "./postgres-store.ts";
import type { Term } from "./term.ts";

export interface LeaderOptions<S, E> {
  readonly shadow: JournalShadow<S, E>;
  readonly database: Database;
  readonly term: Term;
  /** How long a write that failed waits before it is tried again. */
  readonly pollMs: number;
  /** As they were found, newest first. */
  readonly snapshots: readonly StoredSnapshot[];
  /** Seq before the oldest event that is kept. */
  readonly compactedSeq: number;
}

/** Covered events removed for each one appended: more than one, so that compaction catches up. */
const COMPACTION_RATIO = 4;

export class Leader<S, E> {
  readonly #options: LeaderOptions<S, E>;
  readonly #port: MessagePort;
  #inbox: EventBatch[] = [];
  #isClosing = false;
  #wake = (): void => {};
  #snapshotSeq: number;
  /** Events up to here are covered by both snapshots, and those up to `#compactedSeq` are gone. */
  #coveredSeq: number;
  #compactedSeq: number;

  constructor(options: LeaderOptions<S, E>, port: MessagePort) {
    this.#options = options;
    this.#port = port;
    this.#snapshotSeq = options.snapshots[0]?.seq ?? 0;
    this.#coveredSeq = options.snapshots[1]?.seq ?? 0;
    this.#compactedSeq = options.compactedSeq;
  }

  take(message: ToWorker): void {
    if (message.kind === "close") this.#isClosing = true;
    else this.#inbox.push(message.batch);
    this.#wake();
  }

  /** Resolves when it was closed, with all durable and the leadership released; rejects when it must step down. */
  async lead(): Promise<void> {
    const { shadow, term } = this.#options;
    for (;;) {
      const batch = this.#nextBatch();
      if (batch === null) {
        if (this.#isClosing) break;
        await this.#untilWoken();
        continue;
      }
      await this.#commit(batch);
      term.check();
      this.#send({ kind: "durable", seq: lastSeqOf(batch) });
      shadow.follow(batch);
      await this.#save(shadow.dueSnapshot(this.#inbox.length === 0));
    }
    await this.#save(shadow.lastSnapshot());
    await term.release();
  }

  #untilWoken(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  #nextBatch(): EventBatch | null {
    if (this.#inbox.length === 0) return null;
    const { batch, rest } = joinBatches(this.#inbox);
    this.#inbox = rest;
    return batch;
  }

  /** Tries until it is stored, for as long as the term lasts; what arrives meanwhile waits its turn. */
  async #commit(batch: EventBatch): Promise<void> {
    const { term, pollMs } = this.#options;
    const upTo = this.#nextCompaction(batch.payloads.length);
    const appending = { epoch: term.epoch, batch, compact: [this.#compactedSeq, upTo] } as const;
    let isFull = false;
    let isUnsure = false;
    for (;;) {
      const outcome = await this.#attempt(appending, isUnsure);
      if (isFull !== (outcome === "full")) {
        isFull = !isFull;
        this.#send({ kind: "full", isFull });
      }
      if (outcome === "stored") break;
      if (isFull && this.#isClosing) throw unacknowledged(batch);
      isUnsure ||= outcome === "lost";
      await delay(pollMs);
      term.check();
    }
    this.#compactedSeq = upTo;
  }

  async #attempt(appending: Appending, isUnsure: boolean): Promise<"stored" | "full" | "lost"> {
    const { queries } = this.#options.database;
    try {
      if (!isUnsure || !(await wasAppended(queries, appending))) await appendEvents(queries, appending);
      return "stored";
    } catch (error) {
      const problem = problemOf(error);
      // The first try was still under way when it was looked for.
      if (problem === "duplicate" && isUnsure) return "lost";
      if (problem === "full" || problem === "lost") return problem;
      throw error;
    }
  }

  /** Without room or without an answer there is no snapshot, and the next batch tries again. */
  async #save(snapshot: StoredSnapshot | null): Promise<void> {
    if (snapshot === null) return;
    const { database, term, shadow } = this.#options;
    term.check();
    try {
      await storeSnapshot(database.queries, term.epoch, snapshot, this.#snapshotSeq);
    } catch (error) {
      const problem = problemOf(error);
      if (problem !== "lost" && problem !== "full") throw error;
      return;
    }
    shadow.saved(snapshot);
    this.#coveredSeq = this.#snapshotSeq;
    this.#snapshotSeq = snapshot.seq;
  }

  /** Compaction rides along with appends, so that it costs no flush of its own and no batch waits for it. */
  #nextCompaction(appended: number): number {
    const bounded = this.#compactedSeq + COMPACTION_RATIO * appended;
    return Math.max(this.#compactedSeq, Math.min(this.#coveredSeq, bounded));
  }

  #send(message: FromWorker): void {
    this.#port.postMessage(message);
  }
}

function unacknowledged({ payloads }: EventBatch): FleetError {
  const waiting = `the last ${payloads.length} events were never acknowledged`;
  return new FleetError("resourceExhausted", `the database has no space left: ${waiting}`);
}

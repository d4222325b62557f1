/**
 * PostgresJournal: the journal that several hubs share, of which one leads. The caller holds the state of a warm
 * standby and is given the journal when its turn has come; from then on it ends with its leadership.
 */
import { Worker } from "node:worker_threads";
import type { Clock } from "../../../shared/clock.ts";
import { FleetError } from "../../../shared/errors.ts";
import {
  type JournalDefinition,
  MAX_UNDURABLE,
  type OpenedJournal,
  SNAPSHOT_EVERY,
} from "../../../shared/journal/journal.ts";
import { type EventBatch, lastSeqOf, type StoredSnapshot } from "../../../shared/journal/store.ts";
import { takeOver, workerDied } from "../../../shared/journal/worker-link.ts";
import type { FromWorker, Replica, Standing } from "../../../shared/journal/worker-protocol.ts";
import { shareHeldUntil, type TermTiming } from "./term.ts";
import type { PostgresWorkerData } from "./worker.ts";

export interface PostgresJournalOptions<S, E> {
  /** `postgres://…`, as `parseAddress` takes it. */
  readonly address: string;
  /** The artifact root, shared by all replicas. */
  readonly root: string;
  /** Who this is, for people who look at the leadership row. */
  readonly holder: string;
  /** `host:port` where this hub serves. */
  readonly serves: string;
  readonly timing: TermTiming;
  readonly clock: Clock;
  /** A built worker entry whose body is `servePostgresWorker(definition)`. */
  readonly workerUrl: URL;
  readonly definition: JournalDefinition<S, E>;
  /** False: reject at once when another hub leads. */
  readonly mayWait?: boolean;
  readonly onStanding?: (standing: Standing) => void;
  /** Now and then while this hub leads. */
  readonly onReplicas?: (replicas: readonly Replica[]) => void;
  readonly snapshotEvery?: number;
  readonly maxUndurable?: number;
}

export interface PostgresReplica<S, E> {
  /**
   * Resolves when this hub leads; its journal is fatal when the leadership ends. Rejects with FleetError:
   * `alreadyExists` when another hub leads and it may not wait, `refused` when a newer release wrote the journal,
   * `config` when the database or the root does not let it in, or when the journal is corrupt.
   */
  readonly leading: Promise<OpenedJournal<S, E>>;
  /** Gives up waiting: `leading` never settles. Not for a hub that leads, which closes its journal. */
  stop(): Promise<void>;
}

export function openPostgresReplica<S, E>(options: PostgresJournalOptions<S, E>): PostgresReplica<S, E> {
  const heldUntil = shareHeldUntil();
  const { root, address, holder, serves, timing, mayWait = true, snapshotEvery = SNAPSHOT_EVERY } = options;
  const postgres = { address, holder, serves, timing, mayWait, heldUntil: heldUntil.memory };
  const workerData: PostgresWorkerData = { root, snapshotEvery, postgres };
  const worker = new Worker(options.workerUrl, { name: "journal", workerData });
  const isOwned = (): boolean => options.clock.bootMs() < heldUntil.get();
  return {
    leading: receiveJournal(options, worker, isOwned),
    stop: async () => {
      worker.removeAllListeners();
      await worker.terminate();
    },
  };
}

/** Follows until the worker leads; the link takes over listening before the next message can arrive. */
function receiveJournal<S, E>(
  { definition, maxUndurable = MAX_UNDURABLE, onStanding, onReplicas }: PostgresJournalOptions<S, E>,
  worker: Worker,
  isOwned: () => boolean,
): Promise<OpenedJournal<S, E>> {
  return new Promise((resolve, reject) => {
    const follower = new Follower(definition);
    let refusal: FleetError | null = null;
    const onError = (error: unknown): void => {
      refusal = workerDied(error);
    };
    const onExit = (): void => reject(refusal ?? workerDied("it ended before this hub led"));
    const onMessage = (message: FromWorker): void => {
      switch (message.kind) {
        case "recovered":
          return follower.begin(message.snapshot, message.notes);
        case "events":
          return follower.follow(message.batch);
        case "standing":
          return onStanding?.(message);
        case "ready":
          worker.off("message", onMessage).off("error", onError).off("exit", onExit);
          worker.on("message", (news: FromWorker) => {
            if (news.kind === "replicas") onReplicas?.(news.replicas);
          });
          return resolve({
            journal: takeOver<E>(worker, { lastSeq: message.lastSeq, maxUndurable, isOwned }),
            recovered: follower.recovered(),
          });
        case "fatal":
          refusal = new FleetError(message.code, message.message);
          return;
        default:
          throw new Error(`invariant broken: journal sent ${message.kind} before this hub led`);
      }
    };
    worker.on("message", onMessage).on("error", onError).on("exit", onExit);
  });
}

/** The state of a standby: as far as the journal was told. */
class Follower<S, E> {
  readonly #definition: JournalDefinition<S, E>;
  #state: S;
  #seq = 0;
  #notes: readonly string[] = [];

  constructor(definition: JournalDefinition<S, E>) {
    this.#definition = definition;
    this.#state = definition.initial();
  }

  begin(snapshot: StoredSnapshot | null, notes: readonly string[]): void {
    const { decode, initial } = this.#definition;
    this.#state = snapshot === null ? initial() : decode(snapshot.text, snapshot.schemaVersion);
    this.#seq = snapshot?.seq ?? 0;
    this.#notes = notes;
  }

  follow(batch: EventBatch): void {
    batch.payloads.forEach((payload, index) => {
      this.#definition.apply(this.#state, JSON.parse(payload) as E, batch.firstSeq + index);
    });
    this.#seq = lastSeqOf(batch);
  }

  recovered() {
    const snapshot = this.#seq === 0 ? null : { seq: this.#seq, state: this.#state };
    return { snapshot, events: [], notes: this.#notes };
  }
}

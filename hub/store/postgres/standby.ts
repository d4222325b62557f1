/**
 * Standby: a replica that reads the journal along, so that it has little left to learn when the leader goes, and
 * looks for the moment when leadership is free. A database that is away is waited for.
 */
import type { Clock } from "../../../shared/clock.ts";
import { describeError, FleetError } from "../../../shared/errors.ts";
import { type EventBatch, lastSeqOf, type StoredSnapshot } from "../../../shared/journal/store.ts";
import type { Standing } from "../../../shared/journal/worker-protocol.ts";
import { delay } from "../../../shared/loop.ts";
import { type Database, databaseError, problemOf, weakSettings } from "./database.ts";
import { type Candidate, lookAtLeadership, takeLeadership } from "./leadership.ts";
import { migrate } from "./migrations.ts";
import { eventRows, loadSnapshots, readAfter } from "./postgres-store.ts";
import { announceReplica } from "./replicas.ts";
import { rootProblem } from "./root-marker.ts";

export interface StandbyOptions {
  readonly database: Database;
  readonly address: string;
  readonly root: string;
  readonly candidate: Candidate;
  readonly clock: Clock;
  readonly pollMs: number;
  /** False: refuse at once when somebody else leads. */
  readonly mayWait: boolean;
  /** A whole new beginning: what was heard before no longer counts. */
  readonly onSnapshot: (snapshot: StoredSnapshot | null, notes: readonly string[]) => void;
  readonly onEvents: (batch: EventBatch) => void;
  readonly onStanding: (standing: Standing) => void;
}

export interface Taken {
  readonly epoch: number;
  readonly sentBootMs: number;
  /** The journal, as far as it was told. */
  readonly seq: number;
  readonly rootId: string | null;
}

/**
 * Resolves when this replica leads. Rejects with FleetError: `alreadyExists` when another hub leads and it may not
 * wait, `refused` for a journal of a newer release, `config` when it is not let in, `internal` for a damaged one.
 */
export async function standBy(options: StandbyOptions): Promise<Taken> {
  const { address, pollMs, mayWait, onStanding } = options;
  const reader = createReader(options);
  const announce = createAnnouncer(options);
  for (;;) {
    try {
      await reader.read();
      const taken = await tryToLead(options, reader, announce);
      if (taken !== null) return taken;
    } catch (error) {
      if (problemOf(error) !== "lost" || !mayWait) throw databaseError(address, error);
      onStanding({ leader: null, problem: describeError(databaseError(address, error)) });
    }
    await delay(pollMs);
  }
}

async function tryToLead(options: StandbyOptions, reader: Reader, announce: Announce): Promise<Taken | null> {
  const { database, candidate, clock, root, mayWait, onStanding } = options;
  const { queries } = database;
  const { isFree, rootId, address: leader } = await lookAtLeadership(queries, candidate.schemaVersion);
  const problem = rootProblem(root, rootId);
  if (problem !== null && !mayWait) throw new FleetError("config", problem);
  if (isFree && problem === null) {
    const sentBootMs = clock.bootMs();
    const epoch = await takeLeadership(queries, candidate);
    // Nobody else can append any more: what is there now is all there is.
    if (epoch !== null) return { epoch, sentBootMs, rootId, seq: await reader.read() };
  }
  if (!mayWait) throw new FleetError("alreadyExists", `another hub (${leader}) leads this journal`);
  onStanding({ leader: isFree ? null : leader, problem });
  await announce(problem);
  return null;
}

type Announce = (problem: string | null) => Promise<void>;

/** Tells people now and then that this replica is there. */
function createAnnouncer({ database, candidate, clock }: StandbyOptions): Announce {
  const { address, holder, ttlMs } = candidate;
  let nextMs = 0;
  return async (problem) => {
    if (clock.bootMs() < nextMs) return;
    nextMs = clock.bootMs() + ttlMs / 3;
    try {
      await announceReplica(database.queries, { address, holder, problem });
    } catch (error) {
      // Without room for a row it stands by all the same.
      if (problemOf(error) === "lost") throw error;
    }
  };
}

interface Reader {
  /** Passes on what is new; resolves with the newest seq. */
  read(): Promise<number>;
}

function createReader({ database, address, onSnapshot, onEvents }: StandbyOptions): Reader {
  const { queries } = database;
  let seq: number | null = null;
  const begin = async (): Promise<number> => {
    await migrate(queries);
    const { snapshots, notes } = await loadSnapshots(queries);
    onSnapshot(snapshots[0] ?? null, [...notes, ...(await weakSettings(queries))]);
    return snapshots[0]?.seq ?? 0;
  };
  return {
    read: async () => {
      // One that slept while its events were compacted away begins again.
      if (seq !== null && (await hasLostTouch(database, seq))) seq = null;
      seq ??= await begin();
      for await (const batch of readAfter(queries, address, seq)) {
        onEvents(batch);
        seq = lastSeqOf(batch);
      }
      return seq;
    },
  };
}

async function hasLostTouch({ queries }: Database, seq: number): Promise<boolean> {
  const { value } = await eventRows(queries, seq, 1).next();
  const first = value?.[0];
  return first !== undefined && first.seq !== seq + 1;
}

/**
 * MemoryJournal: the journal's promises without a disk, for tests and simulation. The caller decides when
 * the "disk" syncs, fills up, fails or loses what it had not synced; a `MemoryDisk` outlives the journal
 * like a file outlives a process.
 */
import { FleetError } from "../errors.ts";
import { invariant } from "../invariant.ts";
import { type Carrier, JournalFront } from "./front.ts";
import { type JournalDefinition, MAX_UNDURABLE, type OpenedJournal, SNAPSHOT_EVERY } from "./journal.ts";
import { JournalKeeper } from "./keeper.ts";
import { parseFound, replayable } from "./recovered.ts";
import {
  type EventBatch,
  type JournalStore,
  lastSeqOf,
  type StoredSnapshot,
  type StoreOutcome,
} from "./store.ts";

/** What survives a crash: durable records and two snapshots; and whether somebody holds the lock. */
export class MemoryDisk {
  schemaVersion = 0;
  firstSeq = 1;
  payloads: string[] = [];
  snapshots: readonly StoredSnapshot[] = [];
  isLocked = false;
  isFull = false;
  isBroken = false;
}

export interface MemoryJournalOptions<S, E> {
  readonly definition: JournalDefinition<S, E>;
  readonly disk: MemoryDisk;
  /** `auto` syncs in the next microtask, `manual` only when told to. */
  readonly sync?: "auto" | "manual";
  readonly snapshotEvery?: number;
  readonly maxUndurable?: number;
}

/** The hand on the disk. */
export interface MemoryControl {
  /** Makes waiting events durable, up to `upTo` (default: all of them); on a full disk none. */
  sync(upTo?: number): void;
  setFull(isFull: boolean): void;
  /** The next write is an I/O error, and nothing becomes durable any more. */
  breakDisk(): void;
  /** kill -9: what was not synced is gone, the lock is free, and this journal is never heard of again. */
  crash(): void;
}

/** Throws FleetError `alreadyExists` when the disk is in use, `refused` when a newer release wrote it. */
export function openMemoryJournal<S, E>(
  options: MemoryJournalOptions<S, E>,
): OpenedJournal<S, E> & { readonly control: MemoryControl } {
  const { definition, disk, snapshotEvery = SNAPSHOT_EVERY, maxUndurable = MAX_UNDURABLE } = options;
  if (disk.isLocked)
    throw new FleetError("alreadyExists", "another hub holds this memory disk; stop it first");
  const store = new MemoryStore(disk, definition.schemaVersion);
  const { snapshots, notes } = store.loadSnapshots();
  const found = { snapshot: snapshots[0] ?? null, batches: [...replayable(store, snapshots)], notes };
  const keeper = new JournalKeeper(definition, store, snapshots, { root: "", snapshotEvery });
  const control = new MemoryLink(keeper, disk, options.sync ?? "auto");
  const journal = new JournalFront<E>(control, store.lastSeq, maxUndurable);
  control.reportTo(journal);
  return { journal, recovered: parseFound<S, E>(found, definition.decode), control };
}

class MemoryStore implements JournalStore {
  readonly #disk: MemoryDisk;

  constructor(disk: MemoryDisk, schemaVersion: number) {
    if (disk.schemaVersion > schemaVersion) {
      const versions = `schema ${disk.schemaVersion}, this release reads up to ${schemaVersion}`;
      throw new FleetError("refused", `the journal was written by a newer release (${versions}); upgrade`);
    }
    this.#disk = disk;
    disk.schemaVersion = schemaVersion;
    disk.isLocked = true;
  }

  get lastSeq(): number {
    return this.#disk.firstSeq + this.#disk.payloads.length - 1;
  }

  loadSnapshots(): { readonly snapshots: readonly StoredSnapshot[]; readonly notes: readonly string[] } {
    return { snapshots: this.#disk.snapshots, notes: [] };
  }

  readAfter(seq: number): Iterable<EventBatch> {
    invariant(seq + 1 >= this.#disk.firstSeq, `memory disk: seq ${seq + 1} was compacted away`);
    const payloads = this.#disk.payloads.slice(seq + 1 - this.#disk.firstSeq);
    return payloads.length === 0 ? [] : [{ firstSeq: seq + 1, payloads }];
  }

  append({ firstSeq, payloads }: EventBatch): StoreOutcome {
    invariant(
      firstSeq === this.lastSeq + 1,
      `memory disk: batch starts at ${firstSeq} after ${this.lastSeq}`,
    );
    if (this.#disk.isFull) return "full";
    for (const payload of payloads) this.#disk.payloads.push(payload);
    return "stored";
  }

  saveSnapshot(snapshot: StoredSnapshot): StoreOutcome {
    if (this.#disk.isFull) return "full";
    const [older] = this.#disk.snapshots;
    this.#disk.snapshots = older === undefined ? [snapshot] : [snapshot, older];
    const firstKept = (older?.seq ?? 0) + 1;
    this.#disk.payloads = this.#disk.payloads.slice(firstKept - this.#disk.firstSeq);
    this.#disk.firstSeq = firstKept;
    return "stored";
  }

  close(): void {
    this.#disk.isLocked = false;
  }
}

class MemoryLink<S, E> implements Carrier, MemoryControl {
  readonly isOwned = true;
  readonly #keeper: JournalKeeper<S, E>;
  readonly #disk: MemoryDisk;
  readonly #sync: "auto" | "manual";
  #front: JournalFront<E> | null = null;
  #waiting: EventBatch[] = [];
  #isFullReported = false;
  /** Set by a failure or a crash: the disk is out of reach. */
  #isCut = false;

  constructor(keeper: JournalKeeper<S, E>, disk: MemoryDisk, sync: "auto" | "manual") {
    this.#keeper = keeper;
    this.#disk = disk;
    this.#sync = sync;
  }

  reportTo(front: JournalFront<E>): void {
    this.#front = front;
  }

  carry(batch: EventBatch): void {
    this.#waiting.push(batch);
    if (this.#sync === "auto" && this.#waiting.length === 1) queueMicrotask(() => this.sync());
  }

  sync(upTo = Number.POSITIVE_INFINITY): void {
    for (let batch = this.#next(upTo); batch !== null; batch = this.#next(upTo)) {
      if (this.#disk.isBroken) return this.#fail();
      const outcome = this.#keeper.commit(batch);
      this.#reportFull(outcome === "full");
      if (outcome === "full") return;
      this.#waiting = after(this.#waiting, batch);
      this.#front?.becameDurable(lastSeqOf(batch));
      this.#keeper.follow(batch);
      this.#keeper.maybeSnapshot(true);
    }
  }

  setFull(isFull: boolean): void {
    this.#disk.isFull = isFull;
    if (this.#sync === "auto" || isFull) this.sync();
  }

  breakDisk(): void {
    this.#disk.isBroken = true;
  }

  crash(): void {
    this.#isCut = true;
    this.#disk.isLocked = false;
  }

  async close(): Promise<void> {
    this.sync();
    if (this.#waiting.length > 0)
      throw new FleetError("resourceExhausted", "disk full: the tail was never durable");
    if (!this.#isCut) this.#keeper.close();
  }

  /** The next waiting batch, cut off after `upTo`. */
  #next(upTo: number): EventBatch | null {
    const [first] = this.#waiting;
    if (this.#isCut || first === undefined || first.firstSeq > upTo) return null;
    return { firstSeq: first.firstSeq, payloads: first.payloads.slice(0, upTo - first.firstSeq + 1) };
  }

  #fail(): void {
    this.#isCut = true;
    this.#front?.failed(new FleetError("internal", "the memory disk is broken"));
  }

  #reportFull(isFull: boolean): void {
    if (isFull === this.#isFullReported) return;
    this.#isFullReported = isFull;
    this.#front?.becameFull(isFull);
  }
}

/** The queue without what `done`, a prefix of its first batch, covers. */
function after([first, ...rest]: readonly EventBatch[], done: EventBatch): EventBatch[] {
  const left = first?.payloads.slice(done.payloads.length) ?? [];
  return left.length === 0 ? rest : [{ firstSeq: lastSeqOf(done) + 1, payloads: left }, ...rest];
}

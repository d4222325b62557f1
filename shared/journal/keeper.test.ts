import { describe, expect, it } from "vitest";
import type { JournalDefinition } from "./journal.ts";
import { JournalKeeper } from "./keeper.ts";
import type { JournalStore, StoredSnapshot } from "./store.ts";

type Log = string[];

/** A state that is a list of numbers; every step that matters leaves a line in `log`. */
function listDefinition(log: Log): JournalDefinition<number[], number> {
  return {
    schemaVersion: 1,
    initial: () => [],
    apply: (state, event) => state.push(event),
    encode: (state) => JSON.stringify(state),
    decode: (text) => JSON.parse(text) as number[],
    projections: (_root, durableSeq) => {
      log.push(`open ${durableSeq}`);
      return {
        project: ({ seq, event }, state) => log.push(`line ${seq} ${event} of ${state.length}`),
        flush: () => log.push("flush"),
        sync: () => log.push("sync"),
      };
    },
  };
}

/** A store whose events are their own seqs; it can be out of room for snapshots. */
class ScriptedStore implements JournalStore {
  readonly lastSeq: number;
  hasRoom = true;
  readonly #log: Log;

  constructor(log: Log, lastSeq: number) {
    this.#log = log;
    this.lastSeq = lastSeq;
  }

  loadSnapshots() {
    return { snapshots: [], notes: [] };
  }

  *readAfter(seq: number) {
    if (seq < this.lastSeq) yield eventsFrom(seq + 1, this.lastSeq - seq);
  }

  append() {
    return "stored" as const;
  }

  saveSnapshot({ seq }: StoredSnapshot) {
    this.#log.push(this.hasRoom ? `snapshot ${seq}` : "no room");
    return this.hasRoom ? "stored" : "full";
  }

  close() {
    this.#log.push("close");
  }
}

function eventsFrom(firstSeq: number, count: number) {
  return { firstSeq, payloads: Array.from({ length: count }, (_, index) => `${firstSeq + index}`) };
}

function createKeeper(lastSeq = 0, snapshots: readonly StoredSnapshot[] = []) {
  const log: Log = [];
  const store = new ScriptedStore(log, lastSeq);
  const keeper = new JournalKeeper(listDefinition(log), store, snapshots, { root: "", snapshotEvery: 10 });
  return { keeper, store, log };
}

function snapshotsIn(log: Log): readonly string[] {
  return log.filter((line) => line.startsWith("snapshot"));
}

describe("JournalKeeper", () => {
  it("shows projections every event kept, from the oldest snapshot on, each with the state of its moment", () => {
    const newest = { seq: 2, schemaVersion: 1, text: "[1,2]" };
    const oldest = { seq: 1, schemaVersion: 1, text: "[1]" };
    const { log } = createKeeper(3, [newest, oldest]);
    expect(log).toEqual(["open 3", "line 2 2 of 2", "line 3 3 of 3", "flush"]);
  });

  it("syncs projections before the snapshot that lets their events go", () => {
    const { keeper, log } = createKeeper();
    keeper.follow(eventsFrom(1, 10));
    keeper.maybeSnapshot(true);
    expect(log.slice(-3)).toEqual(["flush", "sync", "snapshot 10"]);
  });

  it.each([
    { name: "waits until one is due", events: 9, isIdle: true, expected: [] },
    {
      name: "takes one when it is due and nothing waits",
      events: 10,
      isIdle: true,
      expected: ["snapshot 10"],
    },
    { name: "puts it off while work waits", events: 19, isIdle: false, expected: [] },
    { name: "but not for ever", events: 20, isIdle: false, expected: ["snapshot 20"] },
  ])("snapshots: $name", ({ events, isIdle, expected }) => {
    const { keeper, log } = createKeeper();
    keeper.follow(eventsFrom(1, events));
    keeper.maybeSnapshot(isIdle);
    expect(snapshotsIn(log)).toEqual(expected);
  });

  it("waits longer for the next snapshot of a big state, so that it never writes more than twice", () => {
    const { keeper, log } = createKeeper();
    keeper.follow(eventsFrom(1, 1000));
    keeper.maybeSnapshot(true);
    keeper.follow(eventsFrom(1001, 10));
    keeper.maybeSnapshot(true);
    expect(snapshotsIn(log)).toEqual(["snapshot 1000"]);
    keeper.follow(eventsFrom(1011, 1000));
    keeper.maybeSnapshot(true);
    expect(snapshotsIn(log)).toEqual(["snapshot 1000", "snapshot 2010"]);
  });

  it("holds to that after a restart, and counts no event that the newest snapshot has", () => {
    const newest = { seq: 20, schemaVersion: 1, text: JSON.stringify("x".repeat(30).split("")) };
    const oldest = { seq: 0, schemaVersion: 1, text: "[]" };
    const { keeper, log } = createKeeper(20, [newest, oldest]);
    keeper.follow(eventsFrom(21, 60));
    keeper.maybeSnapshot(true);
    expect(snapshotsIn(log)).toEqual([]);
    keeper.follow(eventsFrom(81, 1));
    keeper.maybeSnapshot(true);
    expect(snapshotsIn(log)).toEqual(["snapshot 81"]);
  });

  it("goes on without a snapshot when there is no room, and tries again", () => {
    const { keeper, store, log } = createKeeper();
    store.hasRoom = false;
    keeper.follow(eventsFrom(1, 10));
    keeper.maybeSnapshot(true);
    store.hasRoom = true;
    keeper.maybeSnapshot(true);
    expect(log.slice(-4)).toEqual(["sync", "no room", "sync", "snapshot 10"]);
  });

  it("closes with a last snapshot, unless nothing has changed", () => {
    const changed = createKeeper();
    changed.keeper.follow(eventsFrom(1, 1));
    changed.keeper.close();
    expect(changed.log.slice(-2)).toEqual(["snapshot 1", "close"]);
    const unchanged = createKeeper();
    unchanged.keeper.close();
    expect(unchanged.log).toEqual(["open 0", "close"]);
  });
});

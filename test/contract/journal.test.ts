/** The contract of the journal: what every adapter promises, and what only a real file can show. */
import { readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import type { Journal, Recovered } from "../../shared/journal/journal.ts";
import { loadSqlite } from "../../shared/journal/sqlite.ts";
import { type Added, addedAt, type Counter, counter } from "./journal-counter.fixture.ts";
import {
  cleanUp,
  createMemoryRig,
  createSqliteRig,
  flipBits,
  plantFault,
  type Rig,
  runFsck,
  type SqliteRig,
  startAppender,
} from "./journal-rig.ts";

afterAll(cleanUp);

const adapters: readonly { readonly name: string; readonly createRig: () => Rig }[] = [
  { name: "memory", createRig: () => createMemoryRig() },
  { name: "SQLite", createRig: createSqliteRig },
];

function replay({ snapshot, events }: Recovered<Counter, Added>): Counter {
  const state = snapshot?.state ?? counter.initial();
  for (const { seq, event } of events) counter.apply(state, event, seq);
  return state;
}

/** What the counter is after the first `count` events of `addedAt`. */
function counterAt(count: number): Counter {
  const state = counter.initial();
  for (let seq = 1; seq <= count; seq++) counter.apply(state, addedAt(seq), seq);
  return state;
}

function untilDurable(journal: Journal<Added>, seq: number): Promise<void> {
  return new Promise((resolve) => {
    if (journal.durableSeq >= seq) resolve();
    journal.onDurable((durable) => durable >= seq && resolve());
  });
}

function addedFrom(first: number, count: number): readonly Added[] {
  return Array.from({ length: count }, (_, index) => addedAt(first + index));
}

describe.each(adapters)("journal in $name", ({ createRig }) => {
  it("starts empty", async () => {
    const { journal, recovered } = await createRig().open();
    expect(recovered).toEqual({ snapshot: null, events: [], notes: [] });
    expect(journal.durableSeq).toBe(0);
    await journal.close();
  });

  it("numbers events from 1 without gaps and reports them durable in order", async () => {
    const { journal } = await createRig().open();
    const durable: number[] = [];
    journal.onDurable((seq) => durable.push(seq));
    expect(journal.append(addedFrom(1, 3))).toBe(3);
    expect(journal.append([])).toBe(3);
    expect(journal.durableSeq).toBe(0);
    await untilDurable(journal, 3);
    expect(journal.append(addedFrom(4, 2))).toBe(5);
    await untilDurable(journal, 5);
    expect(durable.at(-1)).toBe(5);
    expect(durable).toEqual([...durable].sort((a, b) => a - b));
    await journal.close();
  });

  it("gives back what it acknowledged, in order and unchanged", async () => {
    const rig = createRig();
    const first = await rig.open();
    const events = [
      addedAt(1),
      { amount: -0.1, note: 'newline \n quote " nul \u0000 \u009b ünï 🌀' },
      addedAt(3),
    ];
    first.journal.append(events);
    await first.journal.close();
    const { recovered, journal } = await rig.open({ snapshotEvery: 1 });
    expect(recovered.snapshot).toEqual({ seq: 3, state: replayAll(events) });
    journal.append([addedAt(4)]);
    await journal.close();
    const again = await rig.open();
    expect(replay(again.recovered)).toEqual(replayAll([...events, addedAt(4)]));
    await again.journal.close();
  });

  it("makes everything durable at close and takes nothing more", async () => {
    const rig = createRig();
    const { journal } = await rig.open();
    journal.append(addedFrom(1, 500));
    await journal.close();
    expect(journal.durableSeq).toBe(500);
    expect(() => journal.append([addedAt(501)])).toThrow(/takes no more events/);
    const again = await rig.open();
    expect(replay(again.recovered)).toEqual(counterAt(500));
    await again.journal.close();
  });

  it("replays to the live state, wherever snapshots and restarts fall", async () => {
    const batches = fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 12 });
    const life = fc.record({ batches, snapshotEvery: fc.integer({ min: 1, max: 25 }) });
    await fc.assert(
      fc.asyncProperty(fc.array(life, { minLength: 1, maxLength: 4 }), async (lives) => {
        const rig = createRig();
        let seq = 0;
        for (const { batches: sizes, snapshotEvery } of lives) {
          const { journal, recovered } = await rig.open({ snapshotEvery });
          expect(replay(recovered)).toEqual(counterAt(seq));
          for (const size of sizes) {
            seq = journal.append(addedFrom(seq + 1, size));
            if (size % 2 === 0) await untilDurable(journal, seq);
          }
          await journal.close();
        }
      }),
      { numRuns: 15 },
    );
  });

  it("refuses a second hub until the first has closed", async () => {
    const rig = createRig();
    const { journal } = await rig.open();
    await expect(rig.open()).rejects.toMatchObject({ code: "alreadyExists" });
    await journal.close();
    await (await rig.open()).journal.close();
  });

  it("refuses events beyond the bound, and has room again once the disk caught up", async () => {
    const { journal } = await createRig().open({ maxUndurable: 10 });
    journal.append(addedFrom(1, 9));
    expect(journal.hasRoom).toBe(true);
    journal.append(addedFrom(10, 1));
    expect(journal.hasRoom).toBe(false);
    expect(() => journal.append([addedAt(11)])).toThrow(
      expect.objectContaining({ code: "resourceExhausted" }),
    );
    await untilDurable(journal, 10);
    expect(journal.hasRoom).toBe(true);
    expect(journal.append([addedAt(11)])).toBe(11);
    await journal.close();
  });

  it("keeps a batch that found the disk full and acknowledges it when there is room", async () => {
    const rig = createRig();
    const { journal } = await rig.open();
    const news: boolean[] = [];
    rig.setFull(true);
    const full = new Promise<void>((resolve) => {
      journal.onFull((isFull) => {
        news.push(isFull);
        if (isFull) resolve();
      });
    });
    journal.append(addedFrom(1, 2000));
    await full;
    expect(journal.hasRoom).toBe(false);
    expect(journal.durableSeq).toBe(0);
    journal.append(addedFrom(2001, 1));
    rig.setFull(false);
    await untilDurable(journal, 2001);
    expect(news).toEqual([true, false]);
    expect(journal.hasRoom).toBe(true);
    await journal.close();
    const again = await rig.open();
    expect(replay(again.recovered)).toEqual(counterAt(2001));
    await again.journal.close();
  });

  it("says so when it has to close on a full disk", async () => {
    const rig = createRig();
    const { journal } = await rig.open();
    rig.setFull(true);
    journal.append(addedFrom(1, 2000));
    await expect(journal.close()).rejects.toMatchObject({ code: "resourceExhausted" });
  });

  it("treats a failed write as fatal and acknowledges nothing after it", async () => {
    const rig = createRig();
    const { journal } = await rig.open();
    rig.breakDisk();
    const fatal = new Promise((resolve) => journal.onFatal(resolve));
    journal.append(addedFrom(1, 3));
    await expect(fatal).resolves.toMatchObject({ code: "internal" });
    expect(journal.durableSeq).toBe(0);
    expect(journal.hasRoom).toBe(false);
    expect(() => journal.append([addedAt(4)])).toThrow(expect.objectContaining({ code: "unavailable" }));
  });
});

describe("journal in SQLite: crashes", () => {
  it("has everything it acknowledged after kill -9, 20 times over", async () => {
    const rig = createSqliteRig();
    for (let round = 1; round <= 20; round++) {
      const appender = await startAppender(rig.root, 300);
      await appender.acknowledged(40 * (round % 5) + 1);
      appender.process.kill("SIGKILL");
      const acknowledged = await appender.died();
      const { journal, recovered } = await rig.open({ snapshotEvery: 300 });
      expect(journal.durableSeq).toBeGreaterThanOrEqual(acknowledged);
      expect(replay(recovered)).toEqual(counterAt(journal.durableSeq));
      await journal.close();
    }
    await expect(runFsck(rig.path)).resolves.toMatchObject({ ok: true, problems: [] });
    expect(projectedSeqs(rig.root)).toEqual(projectedSeqs(rig.root).map((_, index) => index + 1));
  }, 60_000);

  it.each([
    "before-append",
    "after-append",
    "after-commit",
    "mid-snapshot",
    "after-snapshot",
    "mid-compaction",
  ])("recovers from kill -9 %s", async (point) => {
    const rig = createSqliteRig();
    const { journal } = await rig.open();
    journal.append(addedFrom(1, 100));
    await journal.close();
    plantFault(rig.root, point, "kill");
    const acknowledged = await (await startAppender(rig.root, 50)).died();
    rmSync(join(rig.root, `fault-${point}`));
    const again = await rig.open();
    expect(again.journal.durableSeq).toBeGreaterThanOrEqual(Math.max(100, acknowledged));
    expect(replay(again.recovered)).toEqual(counterAt(again.journal.durableSeq));
    await again.journal.close();
    await expect(runFsck(rig.path)).resolves.toMatchObject({ ok: true });
  });

  it("refuses a second hub by the pid of the first", async () => {
    const rig = createSqliteRig();
    const appender = await startAppender(rig.root, 300);
    await appender.acknowledged(1);
    await expect(rig.open()).rejects.toThrow(`another hub (pid ${appender.process.pid}) holds ${rig.path}`);
    await expect(runFsck(rig.path)).rejects.toThrow(`another hub (pid ${appender.process.pid})`);
    appender.process.kill("SIGKILL");
    await appender.died();
    await (await rig.open()).journal.close();
  });
});

/** A closed journal of 20 events, with snapshots at 10 and 20. */
async function closedAtTwenty(): Promise<SqliteRig> {
  const rig = createSqliteRig();
  for (const first of [1, 11]) {
    const { journal } = await rig.open();
    journal.append(addedFrom(first, 10));
    await journal.close();
  }
  return rig;
}

describe("journal in SQLite: damage", () => {
  it("keeps two snapshots and drops what both cover as events come in", async () => {
    const rig = await closedAtTwenty();
    const { journal } = await rig.open();
    journal.append(addedFrom(21, 5));
    await journal.close();
    await expect(runFsck(rig.path)).resolves.toEqual({
      ok: true,
      snapshots: [
        { seq: 25, schemaVersion: 3, isValid: true },
        { seq: 20, schemaVersion: 3, isValid: true },
      ],
      events: 15,
      firstSeq: 11,
      lastSeq: 25,
      problems: [],
    });
  });

  it("refuses to start on a damaged record and names its place", async () => {
    const rig = await closedAtTwenty();
    expect(flipBits(rig.path, '"note":"note-15"')).toBe(1);
    await expect(rig.open()).rejects.toThrow(
      /journal.db is corrupt: table event: seq 15 is damaged; run `spiral fsck`/,
    );
    await expect(runFsck(rig.path)).resolves.toMatchObject({
      ok: false,
      problems: ["table event: seq 15 is damaged"],
    });
  });

  it("refuses to start on a missing record", async () => {
    const rig = await closedAtTwenty();
    await execute(rig.path, "DELETE FROM event WHERE seq = 14");
    await expect(rig.open()).rejects.toThrow(/table event: seq 14 is missing/);
    await expect(runFsck(rig.path)).resolves.toMatchObject({
      ok: false,
      problems: ["table event: seq 14 is missing"],
    });
  });

  it("falls back to the older snapshot when the newest is damaged", async () => {
    const rig = await closedAtTwenty();
    expect(flipBits(rig.path, '"latest":"note-20"')).toBe(1);
    const { journal, recovered } = await rig.open();
    expect(recovered.notes).toEqual(["table snapshot: seq 20 is damaged, not used"]);
    expect(recovered.snapshot?.seq).toBe(10);
    expect(replay(recovered)).toEqual(counterAt(20));
    journal.append(addedFrom(21, 1));
    await journal.close();
    const { snapshots, ok } = await runFsck(rig.path);
    expect([ok, ...snapshots.map(({ seq }) => seq)]).toEqual([true, 21, 10]);
  });

  it("refuses a file that is no journal, and a file that a newer release wrote", async () => {
    const foreign = createSqliteRig();
    await execute(foreign.path, "CREATE TABLE shopping (item TEXT)");
    await expect(foreign.open()).rejects.toMatchObject({ code: "config" });
    const noise = createSqliteRig();
    writeFileSync(
      noise.path,
      "not a database, but long enough to have a header of a hundred bytes ".repeat(30),
    );
    await expect(noise.open()).rejects.toMatchObject({ code: "internal" });
    const newer = await closedAtTwenty();
    await execute(newer.path, "PRAGMA user_version = 4");
    await expect(newer.open()).rejects.toThrow(
      /written by a newer release \(schema 4, this release reads up to 3\)/,
    );
  });

  it("refills a projection that lost its tail, even from before the newest snapshot", async () => {
    const rig = await closedAtTwenty();
    const whole = readFileSync(join(rig.root, "added.jsonl"), "utf8");
    truncateSync(join(rig.root, "added.jsonl"), whole.indexOf('{"seq":13,') + 5);
    await (await rig.open()).journal.close();
    expect(readFileSync(join(rig.root, "added.jsonl"), "utf8")).toBe(whole);
  });
});

async function execute(path: string, sql: string): Promise<void> {
  const { DatabaseSync } = await loadSqlite();
  const database = new DatabaseSync(path);
  database.exec(sql);
  database.close();
}

function projectedSeqs(root: string): readonly number[] {
  const lines = readFileSync(join(root, "added.jsonl"), "utf8").trimEnd().split("\n");
  return lines.map((line) => Number((JSON.parse(line) as { readonly seq: number }).seq));
}

function replayAll(events: readonly Added[]): Counter {
  const state = counter.initial();
  events.forEach((event, index) => {
    counter.apply(state, event, index + 1);
  });
  return state;
}

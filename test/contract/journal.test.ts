/** The contract of the journal in memory and in SQLite, and what only a real file can show. */
import { readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { loadSqlite } from "../../shared/journal/sqlite.ts";
import { addedFrom, counterAt, describeJournal, replay } from "./journal-contract.ts";
import {
  cleanUp,
  createMemoryRig,
  createSqliteRig,
  flipBits,
  plantFault,
  runFsck,
  SILENCE_MS,
  type SqliteRig,
  startAppender,
} from "./journal-rig.ts";

afterAll(cleanUp);

describeJournal("memory", () => createMemoryRig());
describeJournal("SQLite", createSqliteRig);

const KILLS = 20;

describe("journal in SQLite: crashes", () => {
  it(
    `has everything it acknowledged after kill -9, ${KILLS} times over`,
    async () => {
      const rig = createSqliteRig();
      for (let round = 1; round <= KILLS; round++) {
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
      // A round that hangs says so by itself.
    },
    KILLS * SILENCE_MS,
  );

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

  it("starts over a damaged record that every snapshot covers, and drops it with what it appends", async () => {
    const rig = await closedAtTwenty();
    expect(flipBits(rig.path, '"note":"note-5"')).toBe(1);
    await expect(runFsck(rig.path)).resolves.toMatchObject({
      ok: false,
      problems: ["table event: seq 5 is damaged, but every snapshot covers it: a hub starts without it"],
    });
    const { journal, recovered } = await rig.open();
    expect(replay(recovered)).toEqual(counterAt(20));
    journal.append(addedFrom(21, 5));
    await journal.close();
    await expect(runFsck(rig.path)).resolves.toMatchObject({ ok: true, problems: [] });
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
    await expect(noise.open()).rejects.toMatchObject({ code: "config" });
    const newer = await closedAtTwenty();
    await execute(newer.path, "PRAGMA user_version = 4");
    await expect(newer.open()).rejects.toThrow(
      /written by a newer release \(schema 4, this release reads up to 3\)/,
    );
  });

  it("ends at a write that failed while there was room: that is no full disk", async () => {
    const rig = createSqliteRig();
    const { journal } = await rig.open();
    plantFault(rig.root, "after-append", "unwritten");
    const fatal = new Promise((resolve) => journal.onFatal(resolve));
    journal.append(addedFrom(1, 3));
    await expect(fatal).resolves.toMatchObject({ code: "internal" });
    expect(journal.durableSeq).toBe(0);
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

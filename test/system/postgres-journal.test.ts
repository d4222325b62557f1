/** The contract of the journal on a real PostgreSQL, and what only a shared one can show. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fsckPostgres } from "../../hub/store/postgres/fsck.ts";
import type { Journal } from "../../shared/journal/journal.ts";
import { addedFrom, counterAt, describeJournal, replay, untilDurable } from "../contract/journal-contract.ts";
import type { Added } from "../contract/journal-counter.fixture.ts";
import { cleanUp } from "../contract/journal-rig.ts";
import { createPostgresRig, type PostgresRig } from "../contract/postgres-rig.ts";
import { PostgresServer } from "../helpers/postgres.ts";

let server: PostgresServer;
beforeAll(async () => {
  server = await PostgresServer.start();
});
afterAll(async () => {
  await server.stop();
  cleanUp();
});

describeJournal("PostgreSQL", () => createPostgresRig(server));

/** A closed journal of 20 events, with snapshots at 10 and 20. */
async function closedAtTwenty(): Promise<PostgresRig> {
  const rig = createPostgresRig(server);
  for (const first of [1, 11]) {
    const { journal } = await rig.open();
    journal.append(addedFrom(first, 10));
    await journal.close();
  }
  return rig;
}

async function run(rig: PostgresRig, text: string) {
  return server.run(await rig.address(), text);
}

function fatal(journal: Journal<Added>): Promise<unknown> {
  return new Promise((resolve) => journal.onFatal(resolve));
}

describe("journal in PostgreSQL: connections that break", () => {
  it("writes everything once, however often the answer of the database is lost", async () => {
    const rig = createPostgresRig(server);
    const { journal } = await rig.open();
    let isOver = false;
    let cuts = 0;
    const cutting = (async () => {
      while (!isOver) {
        await run(
          rig,
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
           WHERE application_name LIKE 'spiral-hub%' AND datname = current_database()`,
        );
        cuts += 1;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    })();
    for (let last = 0; cuts < 20; ) {
      last = journal.append(addedFrom(last + 1, 37));
      await untilDurable(journal, last);
    }
    isOver = true;
    await cutting;
    const { durableSeq } = journal;
    await journal.close();
    const again = await rig.open();
    expect(again.journal.durableSeq).toBe(durableSeq);
    expect(replay(again.recovered)).toEqual(counterAt(durableSeq));
    await again.journal.close();
    await expect(fsckPostgres(await rig.address())).resolves.toMatchObject({ ok: true, lastSeq: durableSeq });
  });
});

describe("journal in PostgreSQL: leadership", () => {
  it("refuses the append of a leader whose term is over, and that leader steps down", async () => {
    const rig = createPostgresRig(server);
    const { journal } = await rig.open();
    journal.append(addedFrom(1, 3));
    await untilDurable(journal, 3);
    await run(rig, "UPDATE spiral.leadership SET epoch = epoch + 1");
    journal.append(addedFrom(4, 2));
    await expect(fatal(journal)).resolves.toMatchObject({ code: "unavailable" });
    expect(journal.durableSeq).toBe(3);
    await expect(run(rig, "SELECT max(seq)::int AS seq FROM spiral.event")).resolves.toEqual([{ seq: 3 }]);
  });

  it("ends a term by the leader's own clock when renewals do not get through", async () => {
    const rig = createPostgresRig(server);
    const { journal } = await rig.open();
    expect(journal.isOwned).toBe(true);
    const blocked = run(rig, "BEGIN; SELECT * FROM spiral.leadership FOR UPDATE; SELECT pg_sleep(4); COMMIT");
    const beganMs = performance.now();
    await expect(fatal(journal)).resolves.toMatchObject({ code: "unavailable" });
    expect(performance.now() - beganMs).toBeLessThan(3_500);
    expect(journal.isOwned).toBe(false);
    await blocked;
  });

  it("lets one of two replicas lead, and the other one when the first has closed, with its state", async () => {
    const rig = createPostgresRig(server);
    const replicas = [await rig.join(), await rig.join()] as const;
    const winner = await Promise.race(
      replicas.map(async ({ leading }, index) => ({ ...(await leading), index })),
    );
    winner.journal.append(addedFrom(1, 100));
    await winner.journal.close();
    const { journal, recovered } = await replicas[(1 - winner.index) as 0 | 1].leading;
    expect(recovered.snapshot).toEqual({ seq: 100, state: counterAt(100) });
    journal.append(addedFrom(101, 1));
    await journal.close();
    const terms = await run(
      rig,
      "SELECT seq::int, epoch::int FROM spiral.event WHERE seq IN (100, 101) ORDER BY 1",
    );
    expect(terms).toEqual([
      { seq: 100, epoch: 1 },
      { seq: 101, epoch: 2 },
    ]);
  });

  it("begins again when the events that a replica had yet to read were compacted away", async () => {
    const rig = createPostgresRig(server);
    const { journal } = await rig.open({ snapshotEvery: 20 });
    const late = await rig.join({ timing: { ttlMs: 3_000, renewMs: 1_000, pollMs: 4_000 } });
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    for (let last = 0; last < 2_000; ) {
      last = journal.append(addedFrom(last + 1, 20));
      await untilDurable(journal, last);
    }
    await journal.close();
    const [{ first } = { first: 0 }] = await run(rig, "SELECT min(seq)::int AS first FROM spiral.event");
    expect(first).toBeGreaterThan(1);
    const { journal: next, recovered } = await late.leading;
    expect(recovered.snapshot).toEqual({ seq: 2_000, state: counterAt(2_000) });
    await next.close();
    const lines = readFileSync(join(rig.root, "added.jsonl"), "utf8").trimEnd().split("\n");
    expect(lines).toHaveLength(2_000);
  });
});

describe("journal in PostgreSQL: damage", () => {
  it("refuses to start on a damaged or missing record and names its place", async () => {
    const rig = await closedAtTwenty();
    await run(rig, "UPDATE spiral.event SET payload = replace(payload, 'note-17', 'note-18') WHERE seq = 17");
    await expect(rig.open()).rejects.toThrow(/table event: seq 17 is damaged; run `spiral fsck`/);
    await run(rig, "DELETE FROM spiral.event WHERE seq = 14");
    await expect(fsckPostgres(await rig.address())).resolves.toMatchObject({
      ok: false,
      problems: ["table event: seq 14 is missing", "table event: seq 17 is damaged"],
    });
  });

  it("falls back to the older snapshot when the newest is damaged", async () => {
    const rig = await closedAtTwenty();
    await run(rig, "UPDATE spiral.snapshot SET blob = 'x' WHERE seq = 20");
    const { journal, recovered } = await rig.open();
    expect(recovered.notes).toEqual(["table snapshot: seq 20 is damaged, not used"]);
    expect(replay(recovered)).toEqual(counterAt(20));
    journal.append(addedFrom(21, 1));
    await journal.close();
    const { snapshots } = await fsckPostgres(await rig.address());
    expect(snapshots.map(({ seq }) => seq)).toEqual([21, 10]);
  });

  it("names a leader that wrote after its successor", async () => {
    const rig = await closedAtTwenty();
    await run(rig, "UPDATE spiral.event SET epoch = 7 WHERE seq = 13");
    const { problems } = await fsckPostgres(await rig.address());
    expect(problems).toContain("table event: seq 14 is of term 2, after 7");
  });

  it.each([
    ["events", `UPDATE spiral.leadership SET "schemaVersion" = 4`, /schema 4, this release reads up to 3/],
    ["tables", "INSERT INTO spiral.migration VALUES (99)", /tables 99, this release knows \d+/],
  ])("refuses %s of a newer release", async (_what, edit, message) => {
    const rig = await closedAtTwenty();
    await run(rig, edit);
    await expect(rig.open()).rejects.toThrow(message);
    await expect(rig.open()).rejects.toMatchObject({ code: "refused" });
  });
});

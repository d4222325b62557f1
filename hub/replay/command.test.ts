import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loadSqlite } from "../../shared/journal/sqlite.ts";
import { openSqliteStore, type SqliteStore } from "../../shared/journal/sqlite-store.ts";
import { CONTROL, HubWorld, specOf } from "../../test/helpers/hub-world.ts";
import { setDesired } from "../core/arbiter/desired.ts";
import type { HubEvent } from "../core/event.ts";
import { submitJob } from "../core/queue/queue.ts";
import { encodeHubState } from "../core/snapshot.ts";
import { readableEvent, SCHEMA_VERSION } from "../store/definition.ts";
import { type ReplayFlags, readPolicy, runReplay } from "./command.ts";

const GIB = 1024 ** 3;

let root = "";
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "replay-"));
  mkdirSync(join(root, "hub"));
});
afterEach(() => rmSync(root, { recursive: true }));

/** Two cards and a job that went to the smaller one. */
function world(): HubWorld {
  const made = new HubWorld();
  made.do((tx) => tx.emit({ kind: "control.loaded", document: CONTROL }));
  for (const node of ["alpha", "beta"]) made.attach(node);
  const by = { isForced: true, isNow: false, actor: "test", reason: "test" };
  made.do((tx) => setDesired(tx, { verb: "up", ...by }));
  made.claim("alpha", 1, 0, 20 * GIB);
  made.claim("beta", 1, 0, 40 * GIB);
  made.do((tx) => submitJob(tx, "k", specOf()));
  made.pass(1_000);
  return made;
}

/** The journal of a hub that still runs: locked, with records that no checkpoint has seen. */
async function journalOf(events: readonly HubEvent[]): Promise<SqliteStore> {
  const store = await openSqliteStore({ path: join(root, "hub/journal.db"), schemaVersion: SCHEMA_VERSION });
  store.append({ firstSeq: 1, payloads: events.map((event) => JSON.stringify(event)) });
  return store;
}

async function run(flags: ReplayFlags = {}) {
  let text = "";
  const report = await runReplay(root, flags, (part) => {
    text += part;
  });
  return { report, text };
}

describe("spiral replay", () => {
  it("reads the journal of a hub that runs, and leaves it as it is", async () => {
    const { events } = world();
    const store = await journalOf(events);
    const before = readFileSync(join(root, "hub/journal.db"));
    const { report, text } = await run();
    expect(report).toMatchObject({ firstSeq: 1, lastSeq: events.length, differences: [] });
    expect(text).toMatch(/1 grant.* 0 differ/);
    expect(readFileSync(join(root, "hub/journal.db"))).toEqual(before);
    store.close();
  });

  it("goes on from the oldest snapshot where what was before it is gone", async () => {
    const made = world();
    const { length } = made.events;
    const store = await journalOf(made.events);
    const text = encodeHubState(made.core.state);
    store.saveSnapshot({ seq: length, schemaVersion: SCHEMA_VERSION, text });
    const from = made.events.length;
    made.do((tx) => submitJob(tx, "later", specOf()));
    made.pass(1_000);
    const payloads = made.events.slice(from).map((event) => JSON.stringify(event));
    store.append({ firstSeq: from + 1, payloads });
    store.close();
    expect((await run()).report.firstSeq).toBe(1);
    const { DatabaseSync } = await loadSqlite();
    const copy = join(root, "copy.db");
    for (const suffix of ["", "-wal"])
      if (existsSync(join(root, `hub/journal.db${suffix}`)))
        copyFileSync(join(root, `hub/journal.db${suffix}`), `${copy}${suffix}`);
    const database = new DatabaseSync(copy);
    database.exec(`DELETE FROM event WHERE seq <= ${from}`);
    database.close();
    const { report } = await run({ from: copy });
    expect(report).toMatchObject({ firstSeq: from + 1, lastSeq: made.events.length, differences: [] });
    expect(report.judged).toMatchObject({ grant: 1 });
  });

  it("reads spiral.jsonl as well, and prints what differs", async () => {
    const lines = world().events.map((event, index) => {
      const seq = index + 1;
      return JSON.stringify({ seq, ...readableEvent({ seq, event }) });
    });
    const from = join(root, "spiral.jsonl");
    writeFileSync(from, `${lines.join("\n")}\n`);
    const { text } = await run({ from, placement: "most-free" });
    expect(text).toMatch(/grant +j_000001 +alpha → beta +most-free of 2 seat\(s\)/);
    expect(text).toMatch(/1 differ: 1 grant/);
    const { report } = await run({ from, placement: "most-free", json: true });
    expect(report.differing).toEqual({ grant: 1 });
  });

  it("refuses a history with a gap, a torn one and one that is not there", async () => {
    const from = join(root, "spiral.jsonl");
    await expect(run({ from })).rejects.toThrow(/cannot be read/);
    await expect(run()).rejects.toThrow(/no journal at/);
    writeFileSync(from, '{"seq":2,"wallMs":1,"kind":"hub.stopped"}\n');
    await expect(run({ from })).rejects.toThrow(/seq 1 is missing/);
    writeFileSync(from, '{"seq":1,"wall');
    await expect(run({ from })).rejects.toThrow(/seq 1 is torn/);
  });
});

describe("readPolicy", () => {
  it("changes what the flags name and nothing else", () => {
    const policy = readPolicy({ gates: "batch=0.6,background=0.7", governor: "off", regrantAfter: "94000" });
    expect(policy.gatePolicy).toBeNull();
    expect(readPolicy({ gatePolicy: "literal" }).gatePolicy).toBe("literal");
    expect(policy.gates).toEqual({ realtime: 0.95, interactive: 0.8, background: 0.7, batch: 0.6 });
    expect(policy).toMatchObject({ governor: "off", regrantAfterMs: 94_000, placement: "fit" });
  });

  it.each([
    [{ gates: "batch=2" }, /--gates/],
    [{ gates: "bulk=0.5" }, /--gates: must be realtime/],
    [{ placement: "random" }, /--placement: must be fit, most-free, first/],
    [{ gatePolicy: "strict" }, /--gate-policy: must be resident-aware, literal, got "strict"/],
    [{ regrantAfter: "soon" }, /--regrant-after: must be a number above 0/],
  ] as const)("refuses %j by name", (flags, message) => {
    expect(() => readPolicy(flags)).toThrow(message);
  });
});

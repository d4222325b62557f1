import { describe, expect, it } from "vitest";
import { MAX_UNDURABLE } from "../shared/journal/journal.ts";
import { type MemoryControl, MemoryDisk, openMemoryJournal } from "../shared/journal/memory-journal.ts";
import { createTiming } from "../shared/model/timing.ts";
import { helloOf, specOf } from "../test/helpers/hub-world.ts";
import type { HubEvent } from "./core/event.ts";
import { receive, startHub } from "./core/hub.ts";
import { attach } from "./core/nodes/session.ts";
import { submitJob } from "./core/queue/queue.ts";
import type { HubState } from "./core/state.ts";
import type { Effect } from "./core/transaction.ts";
import { createEngine, type Engine } from "./engine.ts";
import { hubJournal } from "./store/definition.ts";

/** The hub's state machine without its files. */
const { projections: _, ...definition } = hubJournal;

interface Rig {
  readonly engine: Engine;
  readonly control: MemoryControl;
  readonly performed: Effect[];
  readonly fatal: unknown[];
  /** Does something once when the next effect is performed. */
  readonly onPerform: (react: () => void) => void;
}

function open(disk: MemoryDisk, maxUndurable = MAX_UNDURABLE): Rig {
  const opened = openMemoryJournal<HubState, HubEvent>({ definition, disk, sync: "manual", maxUndurable });
  const performed: Effect[] = [];
  const fatal: unknown[] = [];
  let react = (): void => {};
  const engine = createEngine({
    ...opened,
    clock: { bootMs: () => 5_000, wallMs: () => 1_700_000_000_000 },
    timing: createTiming(),
    perform: (effect) => {
      performed.push(effect);
      react();
    },
    onFatal: (error) => fatal.push(error),
  });
  const onPerform = (next: () => void): void => {
    react = () => {
      react = () => {};
      next();
    };
  };
  return { engine, control: opened.control, performed, fatal, onPerform };
}

/** Whether a promise has settled once every pending microtask has run. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  const open = Symbol("open");
  await new Promise(setImmediate);
  return (await Promise.race([promise, Promise.resolve(open)])) !== open;
}

describe("engine", () => {
  it("answers only when what it decided is durable", async () => {
    const { engine, control } = open(new MemoryDisk());
    const reply = engine.admit((tx) => submitJob(tx, "k", specOf()));
    expect(await isSettled(reply)).toBe(false);
    control.sync();
    expect(await reply).toMatchObject({ kind: "submitted" });
  });

  it("holds back an answer without events that was computed from what is not durable yet", async () => {
    const { engine, control } = open(new MemoryDisk());
    const first = engine.ask((tx) => submitJob(tx, "k", specOf()));
    const repeated = engine.ask((tx) => submitJob(tx, "k", specOf()));
    expect(await isSettled(repeated)).toBe(false);
    control.sync();
    expect((await repeated).kind).toBe("duplicate");
    expect((await first).kind).toBe("submitted");
  });

  it("journals a decision before one that its urgent effects bring about", () => {
    const { engine, control, onPerform } = open(new MemoryDisk());
    onPerform(() => engine.act((tx) => submitJob(tx, "second", specOf())));
    engine.act((tx) => {
      tx.urgent({ kind: "discard", token: 1 });
      submitJob(tx, "first", specOf());
    });
    expect([...engine.core.state.jobs.values()].map((job) => job.key)).toEqual(["test/first", "test/second"]);
    control.sync();
    const keys = engine.recent.since(0).map(({ event }) => (event.kind === "job.submitted" ? event.key : ""));
    expect(keys).toEqual(["test/first", "test/second"]);
  });

  it("answers a read about nothing with its error and lives on", async () => {
    const { engine, fatal } = open(new MemoryDisk());
    const read = engine.read(() => {
      throw new Error("there is no such job");
    });
    await expect(read).rejects.toThrow("no such job");
    expect(fatal).toEqual([]);
  });

  it("lets effects out in the order of their decisions, urgent ones at once", async () => {
    const { engine, control, performed } = open(new MemoryDisk());
    engine.act((tx) => {
      submitJob(tx, "a", specOf());
      tx.effect({ kind: "discard", token: 1 });
      tx.urgent({ kind: "discard", token: 9 });
    });
    engine.act((tx) => tx.effect({ kind: "discard", token: 2 }));
    expect(performed).toEqual([{ kind: "discard", token: 9 }]);
    control.sync();
    await new Promise(setImmediate);
    expect(performed.map((effect) => effect.kind === "discard" && effect.token)).toEqual([9, 1, 2]);
  });

  it("forgets with the process what was never acknowledged, and nothing else", async () => {
    const disk = new MemoryDisk();
    const before = open(disk);
    const kept = before.engine.admit((tx) => submitJob(tx, "kept", specOf()));
    before.control.sync();
    await kept;
    void before.engine.admit((tx) => submitJob(tx, "lost", specOf()));
    before.control.crash();
    const after = open(disk);
    expect([...after.engine.core.state.keys.keys()]).toEqual(["test/kept"]);
  });

  it("never uses an epoch twice", () => {
    const disk = new MemoryDisk();
    for (const epoch of [1, 2]) {
      const { engine, control } = open(disk);
      engine.act((tx) => startHub(tx, "0", "hub"));
      expect(engine.core.state.epoch).toBe(epoch);
      control.sync();
      control.crash();
    }
  });

  it("refuses new work while the disk is full and ends the process when it breaks", async () => {
    const { engine, control, fatal } = open(new MemoryDisk());
    control.setFull(true);
    void engine.ask((tx) => submitJob(tx, "a", specOf()));
    control.sync();
    await new Promise(setImmediate);
    await expect(engine.admit((tx) => submitJob(tx, "b", specOf()))).rejects.toThrow(/free space/);
    control.setFull(false);
    control.breakDisk();
    void engine.ask((tx) => submitJob(tx, "c", specOf()));
    control.sync();
    await new Promise(setImmediate);
    expect(fatal).toHaveLength(1);
  });

  it("tells on a full disk only what is durable, or else how much of it is not", async () => {
    const { engine, control } = open(new MemoryDisk());
    const count = () => engine.core.state.jobs.size;
    control.setFull(true);
    const submitted = engine.ask((tx) => submitJob(tx, "a", specOf()));
    control.sync();
    await new Promise(setImmediate);
    await expect(engine.read(count)).rejects.toMatchObject({
      code: "resourceExhausted",
      message: expect.stringContaining("1 events"),
    });
    expect(await engine.glance((undurable) => [count(), undurable])).toEqual([1, 1]);
    control.setFull(false);
    control.sync();
    await submitted;
    expect(await engine.read(count)).toBe(1);
    expect(await engine.glance((undurable) => [count(), undurable])).toEqual([1, 0]);
  });

  it("lets a glance wait as long as there is room", async () => {
    const { engine, control } = open(new MemoryDisk());
    void engine.ask((tx) => submitJob(tx, "a", specOf()));
    const glance = engine.glance((undurable) => undurable);
    expect(await isSettled(glance)).toBe(false);
    control.sync();
    expect(await glance).toBe(0);
  });

  it("lives on while the disk is full, however much nodes report", () => {
    const { engine, control, fatal } = open(new MemoryDisk(), 8);
    engine.act((tx) => attach(tx, "session-alpha", helloOf("alpha")));
    control.sync();
    control.setFull(true);
    let seq = 0;
    const cross = (): void => {
      const about = { resource: "gpu", level: "high", ratio: 0.8, gpu: null } as const;
      const message = { kind: "crossing", seq: ++seq, ...about } as const;
      engine.act((tx) => receive(tx, "alpha", "session-alpha", message));
    };
    for (let each = 0; each < 100; each++) cross();
    expect(fatal).toEqual([]);
    control.setFull(false);
    control.sync();
    cross();
    control.sync();
    const told = engine.recent
      .since(0)
      .map(({ event }) => (event.kind === "node.crossed" ? event.missed : 0));
    expect(told.at(-1)).toBeGreaterThan(80);
  });

  it("takes agents back while the disk is full, and lets nothing else out", async () => {
    const { engine, control, performed } = open(new MemoryDisk());
    const welcome = { kind: "send", sessionId: "s", message: { kind: "welcome" } } as unknown as Effect;
    const attach = () =>
      engine.act((tx) => {
        tx.emit({ kind: "node.attached", node: "a", agentInstance: "i", isLatchedDown: false });
        tx.effect(welcome);
        tx.effect({ kind: "discard", token: 1 });
      });
    control.setFull(true);
    attach();
    expect(performed).toEqual([]);
    control.sync();
    await new Promise(setImmediate);
    attach();
    expect(performed).toEqual([welcome]);
    expect(engine.core.soft.isJournalFull).toBe(true);
    control.setFull(false);
    control.sync();
    await new Promise(setImmediate);
    expect(performed.map(({ kind }) => kind)).toEqual(["send", "send", "discard", "discard"]);
    attach();
    expect(engine.core.soft.isJournalFull).toBe(false);
  });

  it("writes down what runs although new work has filled the journal to its bound", async () => {
    const { engine, fatal } = open(new MemoryDisk(), 4);
    for (const key of ["a", "b", "c", "d"]) void engine.admit((tx) => submitJob(tx, key, specOf()));
    await expect(engine.admit((tx) => submitJob(tx, "e", specOf()))).rejects.toThrow(/free space/);
    engine.act((tx) => tx.emit({ kind: "node.detached", node: "alpha", reason: "silent" }));
    expect(fatal).toEqual([]);
  });

  it("ends the process when a decision breaks an invariant", () => {
    const { engine, fatal } = open(new MemoryDisk());
    expect(() => engine.act((tx) => tx.emit({ kind: "job.published", jobId: "j_000404" }))).toThrow(
      /invariant/,
    );
    expect(fatal).toHaveLength(1);
  });
});

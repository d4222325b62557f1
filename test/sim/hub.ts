/**
 * SimHub: the hub's machine and what lies on its disk, and one life of the hub's process after another. The
 * engine, its outbox, the desk, the effects, the journal's front and keeper are the real ones; only the disk
 * below them, the clock and the network are simulated.
 */
import { setDesired } from "../../hub/core/arbiter/desired.ts";
import type { HubEvent } from "../../hub/core/event.ts";
import { published, republish, startHub, tick } from "../../hub/core/hub.ts";
import type { HubState } from "../../hub/core/state.ts";
import type { Effect } from "../../hub/core/transaction.ts";
import { createDesk } from "../../hub/desk.ts";
import { createEffects } from "../../hub/effects.ts";
import { createEngine, type Engine } from "../../hub/engine.ts";
import { createPressureFeed } from "../../hub/pressure-feed.ts";
import type { AgentDesk, Session } from "../../hub/service/ports.ts";
import { hubJournal } from "../../hub/store/definition.ts";
import { FleetError } from "../../shared/errors.ts";
import type { Journal } from "../../shared/journal/journal.ts";
import { type MemoryControl, MemoryDisk, openMemoryJournal } from "../../shared/journal/memory-journal.ts";
import type { Log } from "../../shared/log.ts";
import { SimClock } from "./clock.ts";
import { CALIBRATION, CONTROL } from "./documents.ts";
import { SimStore } from "./store.ts";
import type { SimStream } from "./stream.ts";
import type { World } from "./world.ts";

/** The journal's definition without the files that people read. */
const { projections: _, ...DEFINITION } = hubJournal;

const LOOK_MS = 1_000;

interface JournalCopy extends Pick<MemoryDisk, "firstSeq" | "payloads" | "snapshots"> {
  /** The newest token that was given when it was made. */
  readonly lastToken: number;
}

/** The process dies in the middle of what it is doing. */
class HubDied extends Error {}

export class SimHub {
  readonly clock: SimClock;
  readonly disk = new MemoryDisk();
  readonly store: SimStore;
  /** What `hub/down.latch` says; null when there is no such file. */
  latch: string | null = null;
  run: HubRun | null = null;
  lives = 0;
  /** The process stands still until then, or the whole machine does. */
  stoppedUntilMs = 0;
  readonly #world: World;
  #copy: JournalCopy | null = null;

  constructor(world: World) {
    this.#world = world;
    this.clock = new SimClock(() => world.nowMs, world.drawRate(), world.between(1_000, 1e7));
    this.store = new SimStore(world);
  }

  get isStopped(): boolean {
    return this.#world.nowMs < this.stoppedUntilMs;
  }

  /** The process or its machine stands still. */
  stall(ms: number): void {
    const world = this.#world;
    const { run } = this;
    const untilMs = world.nowMs + ms;
    this.stoppedUntilMs = Math.max(this.stoppedUntilMs, untilMs);
    world.after(ms, "hub.resume", "hub", () => {
      if (run === null || this.run !== run || this.stoppedUntilMs !== untilMs) return false;
      if (ms > world.timing.suspectMs) world.tell({ kind: "hub.resumed", run });
      return true;
    });
  }

  start(): void {
    if (this.run !== null) return;
    this.lives++;
    this.stoppedUntilMs = 0;
    try {
      this.run = new HubRun(this.#world, this, this.lives);
    } catch (error) {
      return this.#world.violate("no-crash", `the hub cannot start: ${wordsOf(error)}`);
    }
    this.run.begin();
    const { isHealed, options } = this.#world;
    if (!isHealed && this.#world.may(options.sleepAtStart)) this.stall(this.#world.between(5_000, 90_000));
  }

  /** kill -9, or the end that the hub itself chose. Streams hear of it, unless the machine took that away too. */
  die(why: string, isSilent = false): void {
    const { run } = this;
    if (run === null) return;
    this.#world.note("hub", "died", why);
    this.run = null;
    run.end(isSilent);
    this.#world.after(this.#world.between(200, 8_000), "hub.start", "hub", () => {
      this.start();
      return true;
    });
  }

  /** Somebody copies the journal, and the next time puts that copy back below a hub that is not running. */
  copyOrRestore(): void {
    const { disk, run } = this;
    if (this.#copy === null) {
      const { firstSeq, payloads, snapshots } = disk;
      const lastToken = run?.engine.core.state.lastToken ?? Number.POSITIVE_INFINITY;
      this.#copy = { firstSeq, payloads: [...payloads], snapshots, lastToken };
      return;
    }
    this.die("its root is put back");
    const { lastToken, ...kept } = this.#copy;
    this.#copy = null;
    Object.assign(disk, kept);
    this.#world.tell({ kind: "hub.restored", lastToken });
  }

  /** A step of the present process that waits while it stands still and dies with it. */
  soon(delayMs: number, what: string, run: HubRun, step: () => void): void {
    const attempt = (): boolean => {
      if (this.run !== run) return false;
      if (this.isStopped) {
        this.#world.after(this.stoppedUntilMs - this.#world.nowMs, what, "hub", attempt);
        return false;
      }
      run.guard(step);
      return true;
    };
    this.#world.after(delayMs, what, "hub", attempt);
  }
}

export class HubRun {
  readonly life: number;
  readonly engine: Engine;
  readonly desk: AgentDesk;
  readonly sessions = new Map<string, Session>();
  readonly streams = new Set<SimStream>();
  readonly journal: Journal<HubEvent>;
  readonly control: MemoryControl;
  readonly #world: World;
  readonly #hub: SimHub;
  /** Events handed over, by seq, until they are durable. */
  readonly #waiting: HubEvent[] = [];
  #durableSeq: number;
  #lastSeq: number;
  #isSyncing = false;
  #dieAfterSync = false;
  #sessions = 0;

  constructor(world: World, hub: SimHub, life: number) {
    this.life = life;
    this.#world = world;
    this.#hub = hub;
    const { snapshotEvery } = world.options;
    const opened = openMemoryJournal<HubState, HubEvent>({
      definition: DEFINITION,
      disk: hub.disk,
      sync: "manual",
      snapshotEvery,
    });
    this.control = opened.control;
    this.#durableSeq = opened.journal.durableSeq;
    this.#lastSeq = this.#durableSeq;
    this.journal = this.#watch(opened.journal);
    const perform = createEffects({
      failpoint: () => {},
      sessions: this.sessions,
      store: {
        publish: (token, jobId) => hub.store.publish(token, jobId, () => this.isAlive),
        discard: (token) => hub.store.discard(token, () => this.isAlive),
      },
      saveGlobals: async () => undefined,
      onPublished: (jobId) => this.guard(() => this.engine.act((tx) => published(tx, jobId))),
      log: this.#log(),
    });
    this.engine = createEngine({
      journal: this.journal,
      recovered: opened.recovered,
      clock: hub.clock,
      timing: world.timing,
      perform: (effect) => this.#perform(effect, perform),
      onFatal: (error) => this.#fatal(error),
    });
    this.desk = createDesk({
      engine: this.engine,
      sessions: this.sessions,
      queries: { ask: noAnswer, answer: () => undefined },
      feed: createPressureFeed(this.engine.recent),
    });
  }

  get isAlive(): boolean {
    return this.#hub.run === this;
  }

  /** What `openHub` does before it serves. */
  begin(): void {
    this.guard(() => {
      const { engine } = this;
      this.#world.tell({ kind: "hub.recovered", run: this });
      const { state } = engine.core;
      if (state.control === null) engine.act((tx) => tx.emit({ kind: "control.loaded", document: CONTROL }));
      if (state.calibration === null)
        engine.act((tx) => tx.emit({ kind: "calibration.loaded", document: CALIBRATION }));
      engine.act((tx) => startHub(tx, "sim", `${this.#world.site}hub`));
      this.#obeyLatch();
      const unpublished = [...state.index.unpublished].map((jobId) => state.jobs.get(jobId)?.token ?? 0);
      const awaited = new Set([...state.leases.keys(), ...unpublished]);
      this.#hub.store.reap((token) => awaited.has(token));
      this.#tick();
      this.#look();
    });
  }

  newSessionId(): string {
    return `s${this.life}.${++this.#sessions}`;
  }

  /** A death in the middle of a step ends the process and nothing else; anything else that is thrown is a bug. */
  guard(step: () => void): void {
    try {
      step();
    } catch (error) {
      if (error instanceof HubDied) this.#hub.die(error.message);
      else this.#crash(error);
    }
  }

  end(isSilent: boolean): void {
    this.control.crash();
    for (const stream of this.streams) stream.hubDied(isSilent);
    this.#world.tell({ kind: "hub.ended", run: this });
  }

  #tick(): void {
    this.#hub.soon(this.#world.tickMs, "hub.tick", this, () => {
      this.#tick();
      this.engine.act(tick);
    });
  }

  #look(): void {
    this.#hub.soon(LOOK_MS, "hub.look", this, () => {
      this.#look();
      this.#obeyLatch();
      if (this.engine.core.state.index.unpublished.size > 0) this.engine.act(republish);
    });
  }

  #obeyLatch(): void {
    const { state } = this.engine.core.state.desired;
    const reason = this.#hub.latch;
    if (state === "down" || state === "disabled" || reason === null) return;
    const request = { verb: "down", isForced: false, isNow: true, actor: "latch", reason } as const;
    this.engine.act((tx) => setDesired(tx, request));
  }

  #perform(effect: Effect, perform: (effect: Effect) => void): void {
    this.#world.tell({ kind: "hub.released", run: this, effect });
    this.#world.isAwaited = true;
    perform(effect);
  }

  #watch(journal: Journal<HubEvent>): Journal<HubEvent> {
    journal.onDurable((seq) => {
      for (; this.#durableSeq < seq; ) {
        const event = this.#waiting.shift();
        this.#durableSeq++;
        if (event !== undefined)
          this.#world.tell({ kind: "hub.durable", run: this, seq: this.#durableSeq, event });
      }
      this.#world.isAwaited = true;
      if (this.#dieAfterSync) throw new HubDied("after a sync, before anybody heard of it");
    });
    return {
      append: (events) => {
        const lastSeq = journal.append(events);
        this.#lastSeq = lastSeq;
        this.#waiting.push(...events);
        this.#world.trace.mix(lastSeq);
        this.#world.tell({ kind: "hub.appended", run: this, events, lastSeq });
        this.#requestSync();
        return lastSeq;
      },
      get durableSeq() {
        return journal.durableSeq;
      },
      get isOwned() {
        return journal.isOwned;
      },
      get hasRoom() {
        return journal.hasRoom;
      },
      onDurable: (listener) => journal.onDurable(listener),
      onFatal: (listener) => journal.onFatal(listener),
      onFull: (listener) => journal.onFull(listener),
      close: () => journal.close(),
    };
  }

  /** Group commit: what is handed over while one commit is under way goes with the next. */
  #requestSync(): void {
    if (this.#isSyncing) return;
    this.#isSyncing = true;
    const { options } = this.#world;
    const isSlow = this.#world.may(options.slowSyncRatio);
    const takesMs = this.#world.around(isSlow ? options.slowSyncMs : options.syncMs);
    const upTo = this.#lastSeq;
    const deadline = this.#hub.disk.isFull ? Math.max(takesMs, 500) : takesMs;
    this.#hub.soon(deadline, "hub.sync", this, () => {
      this.#isSyncing = false;
      const mayDie = this.#world.isHealed ? 0 : options.dieAtSync;
      if (this.#world.may(mayDie)) throw new HubDied("before a sync");
      this.#dieAfterSync = this.#world.may(mayDie);
      this.control.sync(upTo);
      if (this.#lastSeq > this.#durableSeq) this.#requestSync();
    });
  }

  #fatal(error: unknown): void {
    if (error instanceof HubDied) throw error;
    if (this.#hub.disk.isBroken) throw new HubDied("its disk is broken");
    this.#crash(error);
  }

  /** The engine tells a failed decision and throws it too: told once. */
  #crash(error: unknown): void {
    if (!this.isAlive) return;
    this.#world.violate("no-crash", `the hub threw: ${wordsOf(error)}`);
    this.#hub.die("it threw");
  }

  #log(): Log {
    const note = (fields: object, sentence: string): void =>
      this.#world.note("hub", "log", () => `${sentence} ${JSON.stringify(fields)}`);
    return { debug: note, info: note, warn: note, error: note } as unknown as Log;
  }
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

async function noAnswer(): Promise<never> {
  throw new FleetError("unavailable", "nobody asks nodes here");
}

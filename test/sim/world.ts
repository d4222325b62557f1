/**
 * World: one hub, some boxes, people and programs, and the time in which it all happens. Everything that could
 * differ between two runs is drawn from the seed; a step is one thing that happens to a core or to the world
 * around it: a message that arrives, a tick that is due, a commit, a process that ends, a fault.
 */
import { createTiming, type Timing } from "../../shared/model/timing.ts";
import { createRng, type Rng } from "../../shared/rng.ts";
import { SimBox } from "./box.ts";
import type { Checker, Listeners } from "./checker.ts";
import type { Happening } from "./happenings.ts";
import { SimHub } from "./hub.ts";
import { drawOptions, type Options, type Profile } from "./options.ts";
import { Schedule } from "./schedule.ts";
import { Trace } from "./trace.ts";

export interface WorldSettings {
  readonly seed: number;
  readonly profile: Profile;
  /** Of several worlds of one seed; absent: there is but one. */
  readonly site?: string;
  readonly checkers: readonly Checker[];
  readonly write: ((line: string) => void) | null;
  /** Changes what the seed drew: for tests and for shrinking. */
  readonly adjust?: (options: Options) => Options;
}

/** A promise was broken. */
export class Violation extends Error {
  readonly checker: string;
  constructor(checker: string, detail: string) {
    super(detail);
    this.checker = checker;
  }
}

const HEALED_TICK_MS = 1_000;

type Listener = (happening: Happening) => void;

export class World {
  readonly seed: number;
  /** What the names of its nodes begin with; empty where there is one site. */
  readonly site: string;
  readonly options: Options;
  readonly timing: Timing;
  readonly rng: Rng;
  readonly trace: Trace;
  readonly hub: SimHub;
  readonly boxes: readonly SimBox[];
  nowMs = 0;
  steps = 0;
  /** After this nothing new goes wrong and nothing new is asked for. */
  isHealed = false;
  /** Promises of the shells may have something to say before the next step. */
  isAwaited = false;
  violation: Violation | null = null;
  readonly #schedule = new Schedule();
  readonly #listeners = new Map<Happening["kind"], Listener[]>();

  constructor({ seed, profile, site = "", checkers, write, adjust = (drawn) => drawn }: WorldSettings) {
    this.seed = seed;
    this.site = site;
    const rng = createRng(`${profile}${site}/${seed}`);
    this.rng = rng;
    this.trace = new Trace(write);
    this.options = adjust(drawOptions(rng, profile));
    const timing = createTiming();
    this.timing = { ...timing, tickMs: this.options.tickMs };
    this.hub = new SimHub(this);
    const names = Array.from({ length: this.options.boxes }, (_, index) => `${site}box${index}`);
    this.boxes = names.map((name) => new SimBox(this, name));
    const isRestored = this.options.faultMs.hubRestore > 0;
    for (const checker of checkers) if (!isRestored || checker.survivesRestore) this.#listen(checker);
  }

  #listen(checker: Checker): void {
    const listeners: Listeners = checker.watch(this, (detail) => this.violate(checker.name, detail));
    for (const [kind, listener] of Object.entries(listeners)) {
      const known = this.#listeners.get(kind as Happening["kind"]) ?? [];
      this.#listeners.set(kind as Happening["kind"], [...known, listener as Listener]);
    }
  }

  tell(happening: Happening): void {
    const listeners = this.#listeners.get(happening.kind);
    if (listeners === undefined) return;
    for (const listener of listeners) listener(happening);
  }

  /** The first broken promise is the one that counts. */
  violate(checker: string, detail: string): void {
    this.violation ??= new Violation(checker, detail);
    this.note("world", "VIOLATION", `${checker}: ${detail}`);
  }

  /** Plans a step; `run` answers false when there was nothing left to do. */
  after(delayMs: number, what: string, who: string, run: () => boolean): void {
    this.#schedule.add(this.nowMs + Math.max(0, delayMs), what, who, run);
  }

  /** A line of the trace that is no step of its own. Put into words only when somebody reads it. */
  note(who: string, what: string, detail: string | (() => string)): void {
    if (!this.trace.isRead) return;
    this.trace.line(this.nowMs, who, what, typeof detail === "string" ? detail : detail());
  }

  /** When the next step is due, or what turns out to be none. */
  get nextMs(): number {
    return this.#schedule.nextMs;
  }

  /** Takes one step; false when nothing is planned any more. */
  step(): boolean {
    for (;;) {
      const planned = this.#schedule.next();
      if (planned === undefined) return false;
      this.nowMs = planned.atMs;
      if (!planned.run()) continue;
      this.steps++;
      this.trace.mixWord(planned.what);
      this.trace.mixWord(planned.who);
      this.trace.mix(planned.atMs * 1000);
      if (this.trace.isRead) this.trace.line(planned.atMs, planned.who, planned.what, "");
      return true;
    }
  }

  /** How often loops look at the clock. A world that only comes to rest is not looked at closely. */
  get tickMs(): number {
    return this.isHealed ? Math.max(HEALED_TICK_MS, this.timing.tickMs) : this.timing.tickMs;
  }

  /** Of a machine's clock. */
  drawRate(): number {
    const { drift, isDriftWorst } = this.options;
    const error = this.between(-drift, drift);
    return 1 + (isDriftWorst ? Math.sign(error) * drift : error);
  }

  may(chance: number): boolean {
    return chance > 0 && this.rng.next() < chance;
  }

  between(low: number, high: number): number {
    return low + this.rng.next() * (high - low);
  }

  /** Exponentially distributed, for what has no memory. */
  around(meanMs: number): number {
    return -meanMs * Math.log(1 - this.rng.next());
  }
}

/**
 * SimProcess: one job under its shim. The process does what its seed says: exits, fails, ignores TERM, cannot be
 * killed for a while, takes more VRAM than it said. The shim is as loyal as `agent/process/shim.sh`: it compares
 * the deadline in the attempt's file with the box's clock every tick, ends the job by TERM, grace and KILL, and
 * outlives the agent.
 */
import type { HeldJob } from "../../agent/core/state.ts";
import type { SimBox } from "./box.ts";
import type { TrueEnd } from "./happenings.ts";
import type { World } from "./world.ts";

/** What becomes of a process that nobody ends. */
export interface Fate {
  readonly runsMs: number;
  readonly exitCode: number;
  readonly ignoresTerm: boolean;
  /** Uninterruptible for this long after the first KILL. */
  readonly wedgedMs: number;
  readonly vramBytes: number;
  readonly leakedBytes: number;
  readonly hasOutputs: boolean;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: string | null;
  readonly reason: "exited" | "deadline";
}

export class SimProcess {
  readonly box: SimBox;
  readonly job: HeldJob;
  readonly pid: number;
  readonly fate: Fate;
  /** On the box's clock; what the attempt's `deadline` file says. */
  deadlineBootMs: number;
  exit: Exit | null = null;
  isAlive = true;
  /** Since when it should have been dead but cannot be killed. */
  isWedged = false;
  readonly startedMs: number;
  readonly #world: World;
  #isTold = false;
  #isExpired = false;
  #killAtMs = Number.POSITIVE_INFINITY;
  #watchedMs = Number.POSITIVE_INFINITY;

  constructor(box: SimBox, start: { job: HeldJob; deadlineBootMs: number; pid: number; fate: Fate }) {
    this.#world = box.world;
    this.box = box;
    this.job = start.job;
    this.pid = start.pid;
    this.fate = start.fate;
    this.deadlineBootMs = start.deadlineBootMs;
    this.startedMs = this.#world.nowMs;
    this.#exitAfter(start.fate.runsMs);
    this.#watchDeadline();
  }

  /** The world wants to come to rest: nobody waits for a long job. */
  hurry(): void {
    this.#exitAfter(this.#world.between(0, 5_000));
  }

  /** The agent moves the deadline; nothing moves the one of a job that is being ended. */
  extend(deadlineBootMs: number): void {
    if (this.#killAtMs !== Number.POSITIVE_INFINITY) return;
    this.deadlineBootMs = deadlineBootMs;
    this.#watchDeadline();
  }

  /** The agent's stop: TERM now, KILL after the grace; a shorter one wins. */
  stop(graceMs: number): void {
    const { clock } = this.box;
    const killAtMs = this.#world.nowMs + graceMs / clock.rate;
    if (!this.isAlive || killAtMs >= this.#killAtMs) return;
    this.#killAtMs = killAtMs;
    const shimEndsMs = clock.bootMs() + graceMs + this.#world.timing.proofMs;
    if (shimEndsMs < this.deadlineBootMs) {
      this.deadlineBootMs = shimEndsMs;
      this.#watchDeadline();
    }
    this.#term("stopped");
    // The KILL is the agent's to send: should it die before, the shim's deadline stands.
    this.box.agent?.soon(graceMs / clock.rate, "agent.kill", () => this.#kill("stopped"));
  }

  /** The box has lost its power, or everything on it is killed. */
  vanish(): void {
    if (!this.isAlive) return;
    this.isAlive = false;
    this.#world.tell({ kind: "process.ended", process: this, how: "killed" });
  }

  #exitAfter(runsMs: number): void {
    this.#after(runsMs, "process.exit", () => {
      this.#end({ code: this.fate.exitCode, signal: null, reason: "exited" }, "exited");
    });
  }

  /** The shim looks at the deadline at its ticks; only the one that finds it passed is a step. */
  #watchDeadline(): void {
    const { clock } = this.box;
    const tickMs = this.#world.timing.shimTickMs / clock.rate;
    const dueMs =
      this.#world.nowMs + Math.max(0, clock.untilMs(this.deadlineBootMs)) + this.#world.rng.next() * tickMs;
    if (dueMs >= this.#watchedMs) return;
    this.#watchedMs = dueMs;
    this.#after(dueMs - this.#world.nowMs, "shim.deadline", () => {
      this.#watchedMs = Number.POSITIVE_INFINITY;
      if (clock.bootMs() < this.deadlineBootMs) return this.#watchDeadline();
      this.#isExpired = true;
      this.#term("deadline");
      // The grace is counted from the deadline: a box that slept has spent it.
      const killMs = clock.untilMs(this.deadlineBootMs + this.#world.timing.termGraceMs);
      this.#after(Math.max(0, killMs), "shim.kill", () => this.#kill("deadline"));
    });
  }

  #term(why: TrueEnd): void {
    if (this.#isTold) return;
    this.#isTold = true;
    if (this.fate.ignoresTerm) return;
    this.#after(this.#world.between(1, 1_500), "process.term", () =>
      this.#end(this.#signalled("SIGTERM"), why),
    );
  }

  #kill(why: TrueEnd): void {
    if (!this.isAlive) return;
    if (this.fate.wedgedMs === 0) return this.#end(this.#signalled("SIGKILL"), why);
    if (this.isWedged) return;
    this.isWedged = true;
    this.box.agent?.soon(this.#world.timing.proofMs, "agent.wedged", () => {
      if (this.isAlive) this.box.agent?.processWedged(this);
    });
    const wedgedMs = this.#world.isHealed ? 1_000 : this.fate.wedgedMs;
    this.#after(wedgedMs, "process.unwedge", () => this.#end(this.#signalled("SIGKILL"), why));
  }

  #signalled(signal: string): Exit {
    return { code: null, signal, reason: this.#isExpired ? "deadline" : "exited" };
  }

  #end(exit: Exit, how: TrueEnd): void {
    this.isAlive = false;
    this.exit = exit;
    this.box.leak(this.fate.leakedBytes);
    this.#world.tell({ kind: "process.ended", process: this, how });
    this.box.agent?.noticeEnd(this);
  }

  /** Nothing of a frozen box moves. */
  #after(delayMs: number, what: string, run: () => void): void {
    const attempt = (): boolean => {
      if (!this.isAlive) return false;
      const waitMs = this.box.frozenUntilMs - this.#world.nowMs;
      if (waitMs > 0) {
        this.#world.after(waitMs, what, this.box.name, attempt);
        return false;
      }
      run();
      return true;
    };
    this.#world.after(delayMs, what, this.box.name, attempt);
  }
}

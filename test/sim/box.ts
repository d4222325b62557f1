/**
 * SimBox: one machine with a card: its clock, its disk, its processes, its way to the hub, and one life of the
 * agent's process after another. What an agent leaves here, the next one finds.
 */

import type { HeldJob, HubSeen } from "../../agent/core/state.ts";
import type { LatchText } from "../../agent/store/latch.ts";
import type { OutboxItem } from "../../agent/store/outbox.ts";
import { SimAgent } from "./agent.ts";
import { SimClock } from "./clock.ts";
import { GIB } from "./documents.ts";
import type { SimProcess } from "./process.ts";
import type { SimStream } from "./stream.ts";
import type { World } from "./world.ts";

/** What the supervisor keeps of an attempt on the disk. */
export interface AttemptRecord {
  readonly job: HeldJob;
  readonly startedBootMs: number;
  readonly process: SimProcess | null;
}

/** What the card's driver does to those who ask it. */
export type CardMood = "honest" | "silent" | "blind" | "lying";

/** A fault that waits for a moment: a renewal asked for, its answer heard, a grant on its way. */
export interface Ambush {
  readonly on: "renew" | "renewed" | "grants";
  readonly spring: () => void;
}

export class SimBox {
  readonly name: string;
  readonly world: World;
  readonly clock: SimClock;
  readonly totalBytes: number;
  readonly streams = new Set<SimStream>();
  /** The disk. */
  readonly outbox = new Map<number, OutboxItem>();
  readonly records = new Map<number, AttemptRecord>();
  latch: LatchText | null = null;
  startLimits = "";
  /** What was seen of the hub, as the disk has it. */
  seen: HubSeen | null = null;

  agent: SimAgent | null = null;
  lives = 0;
  boots = 1;
  /** Everything on it stands still until then. */
  frozenUntilMs = 0;
  thawedMs = Number.NEGATIVE_INFINITY;
  isCut = false;
  ambush: Ambush | null = null;
  mood: CardMood = "honest";
  memoryRatio = 0.2;
  #lastPid = 1_000;
  #leakedBytes = 0;

  constructor(world: World, name: string) {
    this.world = world;
    this.name = name;
    this.clock = new SimClock(() => world.nowMs, world.drawRate(), world.between(1_000, 1e7));
    this.totalBytes = ([24, 48, 96][world.rng.below(3)] as number) * GIB;
  }

  get usedBytes(): number {
    let bytes = this.#leakedBytes;
    for (const { process } of this.records.values())
      if (process?.isAlive === true) bytes += process.fate.vramBytes;
    return Math.min(bytes, this.totalBytes);
  }

  nextPid(): number {
    return ++this.#lastPid;
  }

  /** Processes that run here now. */
  *processes(): Iterable<SimProcess> {
    for (const { process } of this.records.values()) if (process?.isAlive === true) yield process;
  }

  /** The driver takes its time to give VRAM back. */
  leak(bytes: number): void {
    if (bytes === 0) return;
    this.#leakedBytes += bytes;
    const { boots } = this;
    this.world.after(this.world.between(2_000, 60_000), "card.settle", this.name, () => {
      if (this.boots !== boots) return false;
      this.#leakedBytes -= bytes;
      return true;
    });
  }

  startAgent(): void {
    if (this.agent !== null) return;
    this.lives++;
    this.agent = new SimAgent(this, this.lives);
    this.agent.begin();
  }

  /** The agent's process ends; its jobs stay with their shims. Whoever runs the box starts another. */
  agentDies(why: string, { isSilent = false, awayMs = 0 } = {}): void {
    const { agent } = this;
    if (agent === null) return;
    this.world.note(this.name, "died", why);
    this.agent = null;
    agent.end(isSilent);
    this.world.after(awayMs + this.world.between(500, 15_000), "agent.start", this.name, () => {
      if (this.agent !== null) return false;
      this.startAgent();
      return true;
    });
  }

  /** Power off and on: every process is gone, the clock begins anew, the disk stays. */
  reboot(): void {
    for (const process of this.processes()) process.vanish();
    this.#leakedBytes = 0;
    this.agentDies("reboot", { isSilent: true });
    for (const [token, record] of this.records) this.records.set(token, { ...record, process: null });
    this.boots++;
    this.clock.reboot();
  }

  /** What a fault has waited for happens now. */
  spring(on: Ambush["on"]): void {
    const { ambush } = this;
    if (ambush?.on !== on) return;
    this.ambush = null;
    ambush.spring();
  }

  freeze(ms: number): void {
    this.frozenUntilMs = Math.max(this.frozenUntilMs, this.world.nowMs + ms);
    this.thawedMs = this.frozenUntilMs;
  }

  cut(): void {
    this.isCut = true;
  }

  heal(): void {
    if (!this.isCut) return;
    this.isCut = false;
    for (const stream of this.streams) stream.pathOpened();
  }
}

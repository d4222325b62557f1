/** A node for a hub world with the gates of real ledgers: it lets in what they admit, declines the rest, ends what it is told to. */
import type { Effect } from "../../hub/core/transaction.ts";
import type { Grant } from "../../shared/model/messages.ts";
import { PRIORITIES } from "../../shared/model/priority.ts";
import { headroomBytes, marginBytes, reserve } from "../../shared/policy/admission.ts";
import { applySample, createLedger, type Ledger, release, usageOf } from "../../shared/policy/ledger.ts";
import { pressureRatio } from "../../shared/policy/pressure.ts";
import { type HubWorld, helloOf, sessionOf } from "./hub-world.ts";

const GIB = 1024 ** 3;

interface Running {
  readonly grant: Grant;
  readonly gpu: string | null;
  endsMs: number;
  isStopped: boolean;
}

export interface GatedNodeOptions {
  readonly cards: number;
  readonly gpuSlots: number;
  /** How long a job of this id runs. */
  readonly runsMs: (jobId: string) => number;
  /** From a stop to the end. */
  readonly stopsMs: number;
}

export class GatedNode {
  readonly declined: string[] = [];
  readonly running = new Map<number, Running>();
  readonly ledgers = new Map<string, Ledger>();
  readonly #world: HubWorld;
  readonly #name: string;
  readonly #options: GatedNodeOptions;
  #heard: number;
  #claimId = 0;
  #maxTokenSeen = 0;
  #told = "";

  constructor(world: HubWorld, name: string, options: GatedNodeOptions) {
    this.#world = world;
    this.#name = name;
    this.#options = options;
    this.#heard = world.effects.length;
    const [card] = helloOf(name).gpus;
    const gpus = Array.from({ length: options.cards }, (_, index) => `GPU-${name}-${index}`);
    for (const gpu of gpus) this.ledgers.set(gpu, createLedger(96 * GIB, {}));
    world.attach(name, { gpus: card === undefined ? [] : gpus.map((uuid) => ({ ...card, uuid })) });
  }

  /** Takes what was said to it, ends what is due, says what room it has. */
  step(): void {
    const effects = this.#world.effects.slice(this.#heard);
    this.#heard = this.#world.effects.length;
    for (const effect of effects) this.#hear(effect);
    for (const [token, job] of this.running) if (this.#world.nowMs >= job.endsMs) this.#end(token, job);
    this.#world.frame(this.#name);
    this.#world.say(this.#name, { kind: "heartbeat", seq: ++this.#claimId });
    const tokens = [...this.running.keys()];
    if (tokens.length > 0) this.#world.say(this.#name, { kind: "renew", seq: this.#claimId, tokens });
    this.#claim();
  }

  /** The highest pressure of its cards, 0…1. */
  pressure(): number {
    const ratios = [...this.ledgers.values()].map((ledger) => {
      const { usedBytes, usableBytes } = usageOf(ledger);
      return pressureRatio(usedBytes, usableBytes);
    });
    return Math.max(0, ...ratios);
  }

  #hear(effect: Effect): void {
    if (effect.kind !== "send" || effect.sessionId !== sessionOf(this.#name)) return;
    const { message } = effect;
    if (message.kind === "grants") {
      this.#told = "";
      for (const grant of message.grants) this.#take(grant);
    }
    const stopped = message.kind === "stop" ? this.running.get(message.token) : undefined;
    if (stopped === undefined || stopped.isStopped) return;
    stopped.isStopped = true;
    stopped.endsMs = this.#world.nowMs + this.#options.stopsMs;
  }

  #take(grant: Grant): void {
    const { token, jobId, lane, priority, vramBytes: bytes, subsystem } = grant;
    this.#maxTokenSeen = Math.max(this.#maxTokenSeen, token);
    const place = lane === "cpu" ? null : this.#best(grant);
    const claim = {
      ...{ id: `job:${token}`, label: jobId, subsystem, priority, bytes },
      ...{ evictable: true, resident: false, reloadMs: 0 },
    };
    const isIn = place === null || reserve(place[1], claim, this.#world.nowMs).kind === "admitted";
    if (!isIn) {
      this.declined.push(jobId);
      return this.#world.say(this.#name, { kind: "decline", token, reason: "gate" });
    }
    const endsMs = this.#world.nowMs + this.#options.runsMs(jobId);
    const gpu = place?.[0] ?? null;
    this.running.set(token, { grant, gpu, endsMs, isStopped: false });
    this.#world.say(this.#name, { kind: "started", token, gpu });
  }

  /** As the agent does: the card with most room. */
  #best({ priority }: Grant): readonly [string, Ledger] | null {
    this.#sample();
    const roomOf = (ledger: Ledger): number => headroomBytes(ledger, priority, this.#world.nowMs);
    return [...this.ledgers].toSorted((a, b) => roomOf(b[1]) - roomOf(a[1]))[0] ?? null;
  }

  #end(token: number, { grant, gpu, isStopped }: Running): void {
    this.running.delete(token);
    const ledger = this.ledgers.get(gpu ?? "");
    if (ledger !== undefined) release(ledger, `job:${token}`);
    const how = isStopped ? ({ outcome: "cancelled", detail: "stopped" } as const) : {};
    this.#world.complete(this.#name, { token, ranMs: this.#options.runsMs(grant.jobId), ...how });
  }

  #claim(): void {
    this.#sample();
    const taken = { gpu: 0, cpu: 0 };
    for (const { grant } of this.running.values()) taken[grant.lane]++;
    const headroom = [...this.ledgers].flatMap(([gpu, ledger]) =>
      PRIORITIES.map((priority) => {
        const margin = marginBytes(ledger, priority, this.#world.nowMs);
        const row = { gpu, priority, bytes: headroomBytes(ledger, priority, this.#world.nowMs) };
        return margin === null ? row : { ...row, marginBytes: margin };
      }),
    );
    const offer = { gpuSlots: this.#options.gpuSlots - taken.gpu, cpuSlots: 4 - taken.cpu, headroom };
    if (JSON.stringify(offer) === this.#told) return;
    this.#told = JSON.stringify(offer);
    const claim = { kind: "claim", claimId: ++this.#claimId, ...offer, warm: [] } as const;
    this.#world.say(this.#name, { ...claim, maxTokenSeen: this.#maxTokenSeen });
  }

  #sample(): void {
    for (const ledger of this.ledgers.values())
      applySample(
        ledger,
        { usedBytes: usageOf(ledger).reservedBytes, byConsumer: null, validForMs: 60_000 },
        this.#world.nowMs,
      );
  }
}

/** Senses: the sensors of a box in a simulated driver's mood, read as often as the core asks for it. */
import { consumerId } from "../../agent/core/completion.ts";
import { observeHostMemory } from "../../agent/core/host-gate.ts";
import { gpuPollMs, observeGpu } from "../../agent/core/telemetry.ts";
import type { SimAgent } from "./agent.ts";
import { GIB } from "./documents.ts";

const WELL = { recovery: null, throttle: null, isReadable: true } as const;
const MEMORY_LOOK_MS = 4_000;
const MEMORY_BYTES = 64 * GIB;

export class Senses {
  readonly #agent: SimAgent;
  #isStirred = false;

  constructor(agent: SimAgent) {
    this.#agent = agent;
  }

  begin(): void {
    this.#memory();
    this.#lookAtMemory();
    this.#agent.soon(this.#agent.world.between(10, 800), "agent.probe", () => this.#probe());
  }

  /** Work has begun or ended: look sooner. */
  stir(): void {
    if (this.#isStirred) return;
    this.#isStirred = true;
    this.#agent.soon(300, "agent.stir", () => {
      this.#isStirred = false;
      this.#read();
    });
  }

  #probe(): void {
    this.#read();
    this.#agent.soon(gpuPollMs(this.#agent.core), "agent.probe", () => this.#probe());
  }

  #read(): void {
    const { box } = this.#agent;
    if (box.mood === "silent") return;
    const shares = new Map<string, number>();
    for (const { job, fate } of box.processes()) shares.set(consumerId(job.token), fate.vramBytes);
    const isBlind = box.mood === "blind";
    const reading = {
      uuid: `${box.name}-gpu`,
      name: "simulated",
      totalBytes: box.totalBytes,
      usedBytes: isBlind ? null : box.mood === "lying" ? 0 : box.usedBytes,
      utilisationRatio: null,
      temperatureC: null,
      powerW: null,
      source: "simulated",
    } as const;
    const byConsumer = isBlind ? null : shares;
    const facts = { foreign: [], unattributedBytes: null, condition: WELL };
    this.#agent.act((tx) => observeGpu(tx, [{ reading, byConsumer, ...facts }]));
  }

  #lookAtMemory(): void {
    this.#agent.soon(MEMORY_LOOK_MS, "agent.memory", () => {
      this.#lookAtMemory();
      this.#memory();
    });
  }

  #memory(): void {
    const availableBytes = Math.round(MEMORY_BYTES * (1 - this.#agent.box.memoryRatio));
    const reading = { totalBytes: MEMORY_BYTES, availableBytes, swapBytesPerSecond: 0, psiFullPercent: 0 };
    this.#agent.act((tx) => observeHostMemory(tx, { reading, rssByToken: new Map() }));
  }
}

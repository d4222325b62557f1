/**
 * Line: what lies between two sites, each a fleet of its own (`docs/federation.md`). A front door at the first one
 * keeps which site it has chosen for a job before it sends it there, and sends it again until it is answered; machines
 * that were drained at one site begin at the other with what their disks remember. The line is cut again and again, in
 * half of the worlds for good, and neither site is to notice.
 */
import { grantReady } from "../../hub/core/placement/placement.ts";
import { submitJob } from "../../hub/core/queue/queue.ts";
import type { JobSpec } from "../../shared/model/job.ts";
import { createRng, type Rng } from "../../shared/rng.ts";
import type { SimBox } from "./box.ts";
import { drawSpec } from "./fate.ts";
import type { World } from "./world.ts";

/** A job that came through the front door, as its disk has it. */
interface Order {
  readonly key: string;
  readonly site: World;
  readonly spec: JobSpec;
  jobId: string | null;
}

const PRODUCER = "door";
const AGAIN_MS = 5_000;
const DELAY_MS = [5, 400] as const;

export class Line {
  readonly #home: World;
  readonly #sites: readonly World[];
  readonly #rng: Rng;
  readonly #orders: Order[] = [];
  readonly #isMended: boolean;
  #isCut = false;

  constructor(home: World, sites: readonly World[]) {
    this.#home = home;
    this.#sites = sites;
    this.#rng = createRng(`line/${home.seed}`);
    this.#isMended = this.#rng.next() < 0.5;
  }

  begin(): void {
    this.#every(this.#between(2_000, 20_000), "door.order", () => this.#order());
    this.#every(this.#between(10_000, 100_000), "line.cut", () => {
      this.#isCut = true;
      this.#home.after(this.#between(500, 90_000), "line.mended", "line", () => {
        if (!this.#home.isHealed) this.#isCut = false;
        return true;
      });
    });
    this.#every(this.#between(5_000, 40_000), "line.carried", () => this.#carry());
  }

  /** The faults are over; a line that is cut for good is none of them. */
  heal(): void {
    this.#isCut = !this.#isMended;
  }

  /** Whether every job is where it was sent. One that waits behind a cut waits for no site. */
  get isQuiet(): boolean {
    return !this.#isMended || this.#orders.every(({ jobId }) => jobId !== null);
  }

  /** Of every job that came through the door one site knows, and where it was answered that one does. */
  finish(): void {
    for (const { key, site, jobId } of this.#orders) {
      const found = this.#sites.filter(({ hub }) =>
        hub.run?.engine.core.state.keys.has(`${PRODUCER}/${key}`),
      );
      if (found.some((other) => other !== site)) site.violate("sites", `order ${key} is at another site`);
      if (jobId !== null && !found.includes(site)) site.violate("sites", `order ${key} is lost`);
    }
  }

  #order(): void {
    const site = this.#anyOf(this.#sites);
    const spec = { ...drawSpec(site), producer: PRODUCER };
    const order: Order = { key: `d${this.#orders.length}`, site, spec, jobId: null };
    this.#orders.push(order);
    this.#send(order);
  }

  #send(order: Order): void {
    const { site, key, spec } = order;
    this.#cross(site, "door.sent", () => {
      const { run } = site.hub;
      if (run === null) return;
      site.hub.soon(0, "hub.order", run, () => {
        site.isAwaited = true;
        const submitted = run.engine.admit((tx) => {
          const result = submitJob(tx, key, spec);
          grantReady(tx);
          return result;
        });
        submitted.then(
          (result) => {
            if (result.kind !== "refused") this.#answer(order, result.jobId);
          },
          () => undefined, // a full disk refuses; it is asked again
        );
      });
    });
    this.#home.after(AGAIN_MS, "door.again", "line", () => {
      if (order.jobId !== null) return false;
      this.#send(order);
      return true;
    });
  }

  #answer(order: Order, jobId: string): void {
    const { site, key } = order;
    this.#cross(site, "door.answered", () => {
      order.jobId ??= jobId;
      site.tell({ kind: "told", told: { kind: "submitted", key: `${PRODUCER}/${key}`, jobId } });
    });
  }

  /** A machine that was drained at one site takes the place of an idle one of another. */
  #carry(): void {
    const from = this.#anyOf(this.#sites);
    const to = this.#anyOf(this.#sites.filter((site) => site !== from));
    const [old, next] = [this.#anyOf(from.boxes), this.#anyOf(to.boxes)];
    if (!isDrained(old) || !isDrained(next)) return;
    next.reboot();
    next.seen = old.seen;
    next.startLimits = old.startLimits;
  }

  /** What is on its way when the line is cut is lost. At home there is no line. */
  #cross(site: World, what: string, arrive: () => void): void {
    if (this.#isLost(site)) return;
    site.after(this.#between(...DELAY_MS), what, "line", () => {
      if (this.#isLost(site)) return false;
      arrive();
      return true;
    });
  }

  #isLost(site: World): boolean {
    return this.#isCut && site !== this.#home;
  }

  #every(meanMs: number, what: string, run: () => void): void {
    const waitMs = -meanMs * Math.log(1 - this.#rng.next());
    this.#home.after(waitMs, what, "line", () => {
      if (this.#home.isHealed) return false;
      this.#every(meanMs, what, run);
      run();
      return true;
    });
  }

  #between(low: number, high: number): number {
    return low + this.#rng.next() * (high - low);
  }

  #anyOf<T>(all: readonly T[]): T {
    return all[this.#rng.below(all.length)] as T;
  }
}

/** Nothing runs there and nothing of it is owed to its hub. */
function isDrained({ records, outbox, agent }: SimBox): boolean {
  return records.size + outbox.size + (agent?.core.state.attempts.size ?? 0) === 0;
}

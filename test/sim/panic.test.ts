/** Twenty real agents and a real hub, and what becomes of their jobs when many of them go silent at once. */
import { describe, expect, it } from "vitest";
import type { HubEvent } from "../../hub/core/event.ts";
import { submitJob } from "../../hub/core/queue/queue.ts";
import { specOf } from "../helpers/hub-world.ts";
import type { Checker } from "./checker.ts";
import { CHECKERS } from "./checkers/all.ts";
import { DEEDS, FAULTS, type Options } from "./options.ts";
import { People } from "./people.ts";
import { World } from "./world.ts";

/** No fault but the one of the test, and nobody who asks for anything. */
function quiet(options: Options): Options {
  return {
    ...options,
    boxes: 20,
    slots: 1,
    tickMs: 1_000,
    drift: 0.01,
    faultMs: Object.fromEntries(FAULTS.map((fault) => [fault, 0])) as Options["faultMs"],
    deedMs: Object.fromEntries(DEEDS.map((deed) => [deed, 0])) as Options["deedMs"],
    dieAtFile: 0,
    dieAtSync: 0,
    sleepAtStart: 0,
    jobs: { ...options.jobs, durationMs: 10 ** 9, failure: 0, poison: 0, unkillable: 0, leaks: 0 },
  };
}

class Fleet {
  readonly world: World;
  readonly events: HubEvent[] = [];

  constructor() {
    const watch: Checker["watch"] = () => ({ "hub.durable": ({ event }) => void this.events.push(event) });
    const recorder = { name: "recorder", promise: "none: it only listens", watch };
    const checkers = [...CHECKERS, recorder];
    this.world = new World({ seed: 1, profile: "calm", checkers, write: null, adjust: quiet });
  }

  /** The first boxes run a job each that lasts. */
  async begin(busy = 20): Promise<void> {
    this.world.hub.start();
    for (const box of this.world.boxes) box.startAgent();
    new People(this.world).begin();
    await this.pass(20_000);
    for (const { name } of this.world.boxes.slice(0, busy)) {
      const spec = specOf({ runner: "sleep", lane: "cpu", vramBytes: 0, maxRuntimeMs: 7_200_000 });
      this.world.hub.run?.engine.act((tx) => submitJob(tx, name, spec));
    }
    await this.pass(30_000);
    expect(this.leases).toBe(busy);
  }

  async pass(ms: number): Promise<void> {
    const endsMs = this.world.nowMs + ms;
    while (this.world.nowMs < endsMs && this.world.violation === null && this.world.step()) {
      if (!this.world.isAwaited) continue;
      this.world.isAwaited = false;
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(this.world.violation).toBeNull();
  }

  count(kind: HubEvent["kind"]): number {
    return this.events.filter((event) => event.kind === kind).length;
  }

  get leases(): number {
    return this.world.hub.run?.engine.core.state.leases.size ?? 0;
  }

  /** The network between the hub and the first boxes is gone. */
  cut(boxes: number): void {
    for (const box of this.world.boxes.slice(0, boxes)) box.cut();
  }

  heal(): void {
    for (const box of this.world.boxes) box.heal();
  }
}

describe("twenty agents", () => {
  it("of which 12 go silent: nothing is granted again, the guard says so and ends by itself", async () => {
    const fleet = new Fleet();
    await fleet.begin();
    const granted = fleet.count("job.leased");
    fleet.cut(12);
    await fleet.pass(20_000);
    expect(fleet.events.filter(({ kind }) => kind === "panic.began")).toMatchObject([
      { silent: 12, fleet: 20 },
    ]);
    await fleet.pass(300_000);
    expect(fleet.leases).toBe(20);
    expect(fleet.count("job.leased")).toBe(granted);
    expect(fleet.count("attempt.ended")).toBe(0);
    fleet.heal();
    await fleet.pass(60_000);
    expect(fleet.count("panic.ended")).toBe(1);
    expect(fleet.leases).toBe(20);
    // Their own clocks had ended the twelve jobs, and nobody else's.
    const lost = fleet.events.filter(
      (event) => event.kind === "attempt.ended" && event.outcome === "infra-lost",
    );
    expect(lost).toHaveLength(12);
  });

  it("of which 10 go silent: no panic, and their work is given away when its leases are over", async () => {
    const fleet = new Fleet();
    await fleet.begin();
    fleet.cut(10);
    await fleet.pass(30_000);
    expect(fleet.count("attempt.ended")).toBe(0);
    await fleet.pass(60_000);
    expect(fleet.count("panic.began")).toBe(0);
    expect(fleet.count("attempt.ended")).toBe(10);
  });

  it("of which 12 are cut off from a hub that is killed: the next one counts the idle ones among them too", async () => {
    const fleet = new Fleet();
    await fleet.begin(4);
    fleet.cut(12);
    fleet.world.hub.die("kill -9");
    await fleet.pass(300_000);
    expect(fleet.events.filter(({ kind }) => kind === "panic.began")).toMatchObject([
      { silent: 12, fleet: 20 },
    ]);
    expect(fleet.count("attempt.ended")).toBe(0);
    fleet.heal();
    await fleet.pass(60_000);
    expect(fleet.count("panic.ended")).toBe(1);
    expect(fleet.leases).toBe(4);
  });
});

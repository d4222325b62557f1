import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CONTROL, type HubWorld, submit, upWorld } from "../../../test/helpers/hub-world.ts";
import { apply } from "../apply.ts";
import { tick } from "../hub.ts";
import { decodeHubState, encodeHubState } from "../snapshot.ts";
import { createHubState } from "../state.ts";
import { whyJob } from "../why/why.ts";
import { SHARE_POLICY } from "./fair-share.ts";

function backlog(world: HubWorld, producer: string, count: number, changes = {}): void {
  for (let number = 0; number < count; number++)
    submit(world, `${producer}-${number}`, { producer, ...changes });
}

/** Grants one after the other, each of which takes its time; answers with the producers in order. */
function drain(world: HubWorld, count: number, ranMs: (producer: string) => number = () => 10_000): string[] {
  const order: string[] = [];
  for (let turn = 0; turn < count; turn++) {
    world.claim("alpha");
    const token = world.core.state.lastToken;
    const job = world.core.state.jobs.get(world.core.state.leases.get(token)?.jobId ?? "");
    if (job === undefined) return order;
    order.push(job.spec.producer);
    // The claim stays spent, so that the next grant is that of the next turn.
    world.complete("alpha", { token, ranMs: ranMs(job.spec.producer) });
  }
  return order;
}

const countOf = (order: readonly string[], producer: string): number =>
  order.filter((each) => each === producer).length;

function setOwners(world: HubWorld, owners: object): void {
  world.do((tx) => tx.emit({ kind: "control.loaded", document: { ...CONTROL, ...owners } }));
}

describe("fair share", () => {
  it("lets a producer that comes late take turns with one that has queued a hundred jobs", () => {
    const world = upWorld();
    backlog(world, "loud", 100);
    backlog(world, "late", 5);
    expect(drain(world, 10).filter((each) => each === "late")).toHaveLength(5);
  });

  it("counts the time of slots and not the jobs", () => {
    const world = upWorld();
    backlog(world, "long", 60);
    backlog(world, "short", 60);
    const order = drain(world, 44, (producer) => (producer === "long" ? 40_000 : 4_000));
    const ratio = countOf(order, "short") / countOf(order, "long");
    expect(ratio).toBeGreaterThan(5);
    expect(ratio).toBeLessThan(20);
  });

  it("gives turns by weight", () => {
    const world = upWorld();
    setOwners(world, { owners: { heavy: { weight: 30, maxSlots: null, maxVramMib: null } } });
    backlog(world, "heavy", 60);
    backlog(world, "plain", 60);
    const order = drain(world, 40);
    expect(countOf(order, "heavy")).toBeGreaterThanOrEqual(29);
    expect(countOf(order, "plain")).toBeGreaterThanOrEqual(9);
  });

  it("lets whoever was away catch up by no more than the credit", () => {
    const world = upWorld();
    backlog(world, "early", 1);
    drain(world, 1);
    backlog(world, "busy", 200);
    drain(world, 100);
    backlog(world, "early-again", 0);
    for (let number = 0; number < 50; number++) submit(world, `back-${number}`, { producer: "early" });
    const order = drain(world, 20);
    const credit = SHARE_POLICY.creditMs / 10_000;
    expect(countOf(order, "early")).toBeLessThanOrEqual(10 + credit);
    expect(countOf(order, "busy")).toBeGreaterThanOrEqual(6);
  });

  it("starves no producer, whatever the mix, and orders alike after replay and from a snapshot", () => {
    const producer = fc.record({
      jobs: fc.integer({ min: 4, max: 20 }),
      ranMs: fc.integer({ min: 1, max: 60_000 }),
    });
    fc.assert(
      fc.property(fc.array(producer, { minLength: 2, maxLength: 5 }), (producers) => {
        const world = upWorld();
        for (const [index, { jobs }] of producers.entries()) backlog(world, `p${index}`, jobs);
        const times = (name: string): number => producers[Number(name.slice(1))]?.ranMs ?? 1;
        const longestMs = Math.max(...producers.map(({ ranMs }) => ranMs), SHARE_POLICY.firstMs);
        const order = drain(world, 1_000, times);
        expect(order).toHaveLength(producers.reduce((sum, { jobs }) => sum + jobs, 0));
        // Slot time between two turns of one that waits: what each of the others may be ahead by, and its own.
        producers.forEach((_, index) => {
          let waitedMs = 0;
          let left = producers[index]?.jobs ?? 0;
          for (const name of order) {
            if (name === `p${index}`) {
              left--;
              waitedMs = 0;
            } else if (left > 0) waitedMs += times(name);
            expect(waitedMs).toBeLessThan(producers.length * (3 * longestMs + SHARE_POLICY.creditMs));
          }
        });
        const replayed = createHubState();
        for (const event of world.events) apply(replayed, structuredClone(event));
        const decoded = decodeHubState(encodeHubState(world.core.state));
        for (const copy of [replayed, decoded]) {
          expect([...copy.shares]).toEqual([...world.core.state.shares]);
          expect(copy.shareClock).toEqual(world.core.state.shareClock);
        }
      }),
      { numRuns: 20 },
    );
  });
});

describe("ageing", () => {
  it("gives one grant in four to what has waited long, and none before", () => {
    const world = upWorld();
    const waiting = submit(world, "old", { producer: "batch" });
    for (let number = 0; number < 3; number++) submit(world, `old-${number}`, { producer: "batch" });
    backlog(world, "users", 40, { priority: "interactive" });
    expect(drain(world, 8)).toEqual(Array(8).fill("users"));
    world.nowMs += SHARE_POLICY.agedMs;
    world.attach("alpha");
    const order = drain(world, 12);
    expect(countOf(order, "batch")).toBe(3);
    expect(world.core.state.jobs.get(waiting)?.state).toBe("succeeded");
  });

  it("never puts anything before realtime", () => {
    const world = upWorld();
    backlog(world, "batch", 3);
    world.nowMs += SHARE_POLICY.agedMs;
    world.attach("alpha");
    backlog(world, "stage", 12, { priority: "realtime" });
    expect(drain(world, 12)).toEqual(Array(12).fill("stage"));
  });
});

describe("the sub-budget of an owner", () => {
  it("bounds what it holds at a time and leaves the rest to others", () => {
    const world = upWorld();
    setOwners(world, { owners: { loud: { weight: 10, maxSlots: 2, maxVramMib: null } } });
    backlog(world, "loud", 5);
    const other = submit(world, "o", { producer: "other" });
    world.claim("alpha", 5);
    const granted = world.grants("alpha").map(({ jobId }) => world.core.state.jobs.get(jobId)?.spec.producer);
    expect(granted.toSorted()).toEqual(["loud", "loud", "other"]);
    expect(world.core.state.jobs.get(other)?.state).toBe("leased");
    world.claim("alpha", 5);
    const waiting = [...world.core.state.jobs.values()].find(({ state }) => state === "pending");
    if (waiting === undefined) throw new Error("nothing waits");
    expect(whyJob(world.core, waiting, world.now())).toMatchObject({
      rule: "owner-budget",
      evidence: [
        { value: "loud holds 2 of 2 slots" },
        { name: "held by", value: "j_000001 on alpha, j_000002 on alpha" },
      ],
      wouldChange: ["a job of that owner ends", "a larger bound: owners.loud in control.json"],
    });
  });

  it("counts declared VRAM", () => {
    const world = upWorld();
    setOwners(world, { owners: { loud: { weight: 10, maxSlots: null, maxVramMib: 2_048 } } });
    backlog(world, "loud", 5);
    world.claim("alpha", 5);
    expect(world.grants("alpha")).toHaveLength(2);
  });
});

describe("a queue of many jobs that fit nowhere", () => {
  it("is passed over in one look, and the one behind them is granted", () => {
    const world = upWorld();
    backlog(world, "big", 5_000, { vramBytes: 90 * 1024 ** 3 });
    const small = submit(world, "small", { producer: "big" });
    world.do(tick);
    let looks = 0;
    const { get } = world.core.state.jobs;
    world.core.state.jobs.get = (jobId) => {
      looks++;
      return get.call(world.core.state.jobs, jobId);
    };
    world.claim("alpha");
    expect(world.grants("alpha").map(({ jobId }) => jobId)).toEqual([small]);
    expect(looks).toBeLessThan(100);
  });
});

/** Twenty nodes, most of them with one job, and what becomes of the jobs when many of the nodes go silent at once. */
import { describe, expect, it } from "vitest";
import { HubWorld, sessionOf, specOf } from "../../../test/helpers/hub-world.ts";
import { setDesired } from "../arbiter/desired.ts";
import type { HubEvent } from "../event.ts";
import { startHub } from "../hub.ts";
import { submitJob } from "../queue/queue.ts";
import { createSoftState } from "../soft.ts";
import { whyJob } from "../why/why.ts";
import { panicWarning } from "./panic.ts";
import { detach } from "./session.ts";

const NODES = Array.from({ length: 20 }, (_, index) => `n${String(index).padStart(2, "0")}`);

class Fleet extends HubWorld {
  readonly silent = new Set<string>();
  readonly tokens = new Map<string, number>();

  /** The first ones have a job. */
  constructor(size: number, busy: number) {
    super();
    for (const node of NODES.slice(0, size)) this.attach(node);
    this.desire("up", { isForced: true });
    for (const node of NODES.slice(0, busy)) {
      this.do((tx) => submitJob(tx, node, specOf({ node })));
      this.claim(node);
      for (const { token } of this.grants(node)) this.tokens.set(node, token);
    }
  }

  desire(verb: "up" | "down", extra: object = {}) {
    const request = { verb, isForced: false, isNow: false, actor: "test", reason: "test", ...extra } as const;
    return this.do((tx) => setDesired(tx, request));
  }

  /** Time passes; whoever is not silent says so and renews. */
  live(ms: number): void {
    for (const endMs = this.nowMs + ms; this.nowMs < endMs; ) {
      this.pass(1_000);
      for (const node of this.core.soft.sessions.keys()) {
        if (this.silent.has(node)) continue;
        this.say(node, { kind: "heartbeat", seq: 1 });
        this.say(node, { kind: "renew", seq: 1, tokens: [this.tokens.get(node) ?? 0] });
      }
    }
  }

  /** The hub is killed and started over. */
  restart(): void {
    Object.assign(this.core.soft, createSoftState());
    this.do((tx) => startHub(tx, "0", "hub"));
  }

  hush(from: number, to: number): void {
    for (const node of NODES.slice(from, to)) this.silent.add(node);
  }

  /** The network is back: the holders say what they still hold. */
  comeBack(from: number, to: number): void {
    for (const node of NODES.slice(from, to)) {
      this.silent.delete(node);
      const token = this.tokens.get(node);
      this.attach(node, { inventory: token === undefined ? [] : [{ token, state: "running" }] });
    }
  }

  count(kind: HubEvent["kind"]): number {
    return this.events.filter((event) => event.kind === kind).length;
  }

  get lost(): number {
    return this.count("attempt.ended");
  }
}

function fleetOf(size: number, busy = size): Fleet {
  const fleet = new Fleet(size, busy);
  expect(fleet.core.state.leases.size).toBe(busy);
  fleet.live(5_000);
  return fleet;
}

describe("watchPanic", () => {
  it("gives nothing away while 12 of 20 nodes are silent, says so, and ends by itself when two return", () => {
    const fleet = fleetOf(20);
    fleet.hush(0, 12);
    fleet.live(9_000);
    expect(fleet.events.at(-1)).toMatchObject({ kind: "panic.began", silent: 12, fleet: 20 });
    fleet.live(600_000);
    expect(fleet.lost).toBe(0);
    expect(panicWarning(fleet.core)).toContain("12 of 20 nodes");
    const job = [...fleet.core.state.jobs.values()].find(({ node }) => node === "n00");
    const now = { bootMs: fleet.nowMs, journalMs: fleet.nowMs };
    expect(job && whyJob(fleet.core, job, now)).toMatchObject({ rule: "panic" });
    fleet.comeBack(0, 2);
    fleet.live(1_000);
    expect(fleet.kinds()).toContain("panic.ended");
    expect(panicWarning(fleet.core)).toBeNull();
    fleet.live(40_000);
    expect(fleet.lost).toBe(0);
    fleet.comeBack(2, 12);
    fleet.live(60_000);
    expect(fleet.lost).toBe(0);
    expect(fleet.kinds().filter((kind) => kind === "job.leased")).toHaveLength(20);
  });

  it("gives the work of those away that stay silent after the panic has ended", () => {
    const fleet = fleetOf(20);
    fleet.hush(0, 12);
    fleet.live(100_000);
    fleet.comeBack(0, 2);
    fleet.live(50_000);
    expect(fleet.lost).toBe(10);
  });

  it("is not tripped by 10 of 20", () => {
    const fleet = fleetOf(20);
    fleet.hush(0, 10);
    fleet.live(60_000);
    expect(fleet.kinds()).not.toContain("panic.began");
    expect(fleet.lost).toBe(10);
  });

  it("counts what falls silent in pieces within one window, and not what does so over a longer time", () => {
    const pieces = fleetOf(20);
    pieces.hush(0, 6);
    pieces.live(10_000);
    pieces.hush(6, 12);
    pieces.live(10_000);
    expect(pieces.kinds()).toContain("panic.began");
    const slow = fleetOf(20);
    for (const upTo of [4, 8, 12]) {
      slow.hush(0, upTo);
      slow.live(20_000);
    }
    slow.live(60_000);
    expect(slow.kinds()).not.toContain("panic.began");
    expect(slow.lost).toBe(12);
  });

  it("is not tripped by the only node of a fleet, but by both of two", () => {
    const one = fleetOf(1);
    one.hush(0, 1);
    one.live(60_000);
    expect(one.lost).toBe(1);
    const two = fleetOf(2);
    two.hush(0, 2);
    two.live(60_000);
    expect(two.lost).toBe(0);
  });

  it("forgives streams that break and come back at once", () => {
    const fleet = fleetOf(20);
    for (const node of NODES)
      fleet.do((tx) => detach(tx, node, sessionOf(node), "the hub ended the session"));
    fleet.live(5_000);
    fleet.comeBack(0, 20);
    fleet.live(60_000);
    expect(fleet.kinds()).not.toContain("panic.began");
    expect(fleet.lost).toBe(0);
  });

  it("also guards a hub that starts while most holders are cut off", () => {
    const fleet = fleetOf(20);
    fleet.restart();
    fleet.comeBack(0, 8);
    fleet.live(120_000);
    expect(fleet.kinds()).toContain("panic.began");
    expect(fleet.lost).toBe(0);
  });

  it("counts after a start whoever was there before it, also idle nodes, and once more after the next start", () => {
    const fleet = fleetOf(20, 4);
    fleet.restart();
    fleet.comeBack(8, 20);
    fleet.live(120_000);
    expect(fleet.kinds()).not.toContain("panic.began");
    expect(fleet.lost).toBe(4);

    const cut = fleetOf(20, 4);
    cut.restart();
    cut.comeBack(12, 20);
    cut.live(120_000);
    const began = cut.events.find(({ kind }) => kind === "panic.began");
    expect(began).toMatchObject({ silent: 12, fleet: 20 });
    cut.restart();
    cut.comeBack(12, 20);
    cut.live(120_000);
    expect(cut.count("panic.began")).toBe(2);
    expect(cut.lost).toBe(0);
  });

  it("waits after a start for nobody who had left before, by itself or by a person's word", () => {
    const fleet = fleetOf(5, 1);
    for (const upTo of [3, 4, 5]) {
      fleet.hush(upTo - 1, upTo);
      fleet.live(30_000);
    }
    expect(fleet.count("node.left")).toBe(3);
    fleet.restart();
    fleet.comeBack(1, 2);
    fleet.live(60_000);
    expect(fleet.kinds()).not.toContain("panic.began");
    expect(fleet.lost).toBe(1);
    expect(fleet.count("node.left")).toBe(4);

    const burnt = fleetOf(5, 1);
    burnt.hush(1, 5);
    burnt.live(30_000);
    burnt.desire("up", { isLossAccepted: true, reason: "the rack has burnt" });
    expect(burnt.count("node.left")).toBe(4);
    burnt.restart();
    burnt.live(60_000);
    expect(burnt.count("panic.began")).toBe(1);
  });

  it("waits for nobody after a start with no lease, for there is nothing that could be given away", () => {
    const fleet = fleetOf(5, 0);
    fleet.restart();
    fleet.comeBack(0, 1);
    fleet.live(60_000);
    expect(fleet.kinds()).not.toContain("panic.began");
    // Nor does the next one, which has a lease again.
    fleet.do((tx) => submitJob(tx, "late", specOf({ node: "n00" })));
    fleet.claim("n00");
    fleet.restart();
    fleet.comeBack(0, 1);
    fleet.live(60_000);
    expect(fleet.kinds()).not.toContain("panic.began");
  });

  it("gives the holders no less time to come back when the hub that starts stands still for some of it", () => {
    const fleet = fleetOf(20);
    fleet.core.soft.sessions.clear();
    fleet.do((tx) => startHub(tx, "0", "hub"));
    fleet.nowMs += 4_000;
    fleet.live(10_000);
    expect(fleet.kinds()).not.toContain("panic.began");
  });
});

describe("acceptLoss", () => {
  it("gives the work away on a person's word, which needs a reason", () => {
    const fleet = fleetOf(20);
    fleet.hush(0, 12);
    fleet.live(60_000);
    expect(fleet.desire("up", { isLossAccepted: true, reason: " " })).toMatchObject({ kind: "refused" });
    fleet.live(10_000);
    expect(fleet.lost).toBe(0);
    fleet.desire("up", { isLossAccepted: true, reason: "the rack has burnt" });
    fleet.live(1_000);
    const ended = fleet.events.find((event) => event.kind === "panic.ended");
    expect(ended).toMatchObject({ actor: "test", reason: "the rack has burnt" });
    expect(fleet.lost).toBe(12);
  });
});

import { describe, expect, it } from "vitest";
import { specOf, upWorld } from "../../../test/helpers/hub-world.ts";
import type { HubEvent } from "../event.ts";
import { submitJob } from "../queue/queue.ts";
import { ledgerLine } from "../why/ledger.ts";
import { OUTCOME_AFTER_MS } from "../why/outcomes.ts";
import { REPORT_LIMITS } from "./report-gate.ts";

const CROSSING = { kind: "crossing", resource: "gpu", level: "high", ratio: 0.85, gpu: "GPU-0" } as const;
const DECISION = {
  kind: "decision",
  decision: "evicted",
  body: { sentence: "a model", gpu: "GPU-0" },
} as const;
const ILLNESS = { gpu: "GPU-0", cause: "xid-31", action: "app-fault", detail: "", jobId: null } as const;
const FAULT = { kind: "fault", ...ILLNESS } as const;
const STANDING = { kind: "standing", gpu: "GPU-0", reason: "Xid 79", cure: "reset it" } as const;

/** A fleet of alpha and beta whose journal has room, or has none. */
function reportWorld() {
  const world = upWorld();
  world.attach("beta");
  const { soft } = world.core;
  const fill = (isFull: boolean): void => {
    soft.isJournalFull = isFull;
  };
  const missed = (kind: HubEvent["kind"], node = "alpha"): number[] =>
    world.events.flatMap((event) =>
      event.kind === kind && "node" in event && event.node === node
        ? ["missed" in event ? (event.missed ?? 0) : 0]
        : [],
    );
  return { world, fill, missed };
}

describe("while the journal has no room", () => {
  it("leaves out what is only read, and the next of its kind tells how many are missing", () => {
    const { world, fill, missed } = reportWorld();
    fill(true);
    for (const seq of [1, 2, 5]) world.say("alpha", { ...CROSSING, seq });
    for (const seq of [1, 2]) world.say("alpha", { ...FAULT, seq });
    world.say("alpha", DECISION);
    expect(missed("node.crossed")).toEqual([]);
    fill(false);
    for (const seq of [6, 7]) world.say("alpha", { ...CROSSING, seq });
    for (const seq of [3, 4]) world.say("alpha", { ...FAULT, seq });
    for (const say of [DECISION, DECISION]) world.say("alpha", say);
    expect(missed("node.crossed")).toEqual([5, 0]);
    expect(missed("node.fault")).toEqual([2, 0]);
    expect(missed("node.decided")).toEqual([1, 0]);
    expect(world.events.at(-1)).not.toHaveProperty("missed");
  });

  it("says in the ledger, too, how many decisions are missing", () => {
    const { world, fill } = reportWorld();
    fill(true);
    world.say("alpha", DECISION);
    fill(false);
    for (const say of [DECISION, DECISION]) world.say("alpha", say);
    const inputs = world.events
      .flatMap((event) => ledgerLine(event, world.core.state)?.inputs ?? [])
      .slice(-2);
    expect(inputs).toEqual([{ ...DECISION.body, missed: 1 }, DECISION.body]);
  });

  it("shows the decisions of a node all the same", () => {
    const { world, fill } = reportWorld();
    fill(true);
    world.say("alpha", DECISION);
    expect(world.core.soft.decisions.get("alpha")).toMatchObject([{ sentence: "a model" }]);
  });

  it("keeps open whose outcome is due, and awaits none of a decision that it left out", () => {
    const { world, fill } = reportWorld();
    world.say("alpha", DECISION);
    fill(true);
    world.say("beta", DECISION);
    world.pass(OUTCOME_AFTER_MS + 1_000);
    expect(world.kinds()).not.toContain("decision.settled");
    fill(false);
    world.pass(OUTCOME_AFTER_MS + 1_000);
    const settled = world.events.filter((event) => event.kind === "decision.settled");
    expect(settled.map(({ node }) => node)).toEqual(["alpha"]);
  });

  it("takes what changes what is: standings, starts and ends of attempts", () => {
    const { world, fill } = reportWorld();
    for (const key of ["a", "b"]) world.do((tx) => submitJob(tx, key, specOf()));
    world.claim("alpha", 2);
    fill(true);
    world.say("alpha", { kind: "started", token: 1 });
    world.say("alpha", { ...STANDING, seq: 1, standing: "quarantined" });
    world.complete("alpha", { token: 1 });
    world.complete("alpha", { token: 2, outcome: "own-failure" });
    expect(world.kinds().slice(-4)).toEqual([
      "job.started",
      "node.quarantined",
      "job.succeeded",
      "attempt.ended",
    ]);
  });
});

describe("a node that floods", () => {
  it("is written down at a bounded rate, over its sessions, and no other node is for it", () => {
    const { world, missed } = reportWorld();
    let seq = 0;
    const flood = (messages: number): void => {
      for (let each = 0; each < messages; each++) world.say("alpha", { ...CROSSING, seq: ++seq });
    };
    flood(5_000);
    world.attach("alpha");
    flood(5_000);
    expect(missed("node.crossed")).toHaveLength(REPORT_LIMITS.burst);
    world.say("beta", { ...CROSSING, seq: 1 });
    expect(missed("node.crossed", "beta")).toHaveLength(1);
    world.nowMs += 1_000;
    flood(5_000);
    const told = missed("node.crossed");
    expect(told).toHaveLength(REPORT_LIMITS.burst + REPORT_LIMITS.perSecond);
    expect(told[REPORT_LIMITS.burst]).toBe(10_000 - REPORT_LIMITS.burst);
  });

  it("has its whole allowance again after a quiet time, and no more than that", () => {
    const { world, missed } = reportWorld();
    const flood = (): void => {
      for (let each = 0; each < 1_000; each++) world.say("alpha", DECISION);
    };
    flood();
    world.nowMs += 24 * 3_600_000;
    flood();
    expect(missed("node.decided")).toHaveLength(2 * REPORT_LIMITS.burst);
  });
});

import { describe, expect, it } from "vitest";
import { must } from "../../../shared/invariant.ts";
import type { Residents } from "../../../shared/model/messages.ts";
import type { Priority } from "../../../shared/model/priority.ts";
import { CONTROL, HubWorld, OK, specOf } from "../../../test/helpers/hub-world.ts";
import { setDesired } from "../arbiter/desired.ts";
import type { HubEvent } from "../event.ts";
import { submitJob } from "../queue/queue.ts";
import { createHubState } from "../state.ts";
import { type ReplayPolicy, recordedPolicy } from "./policy.ts";
import { replay } from "./replay.ts";

const GIB = 1024 ** 3;

/** A fleet that is up, with nodes of these names. */
function worldOf(...nodes: readonly string[]): HubWorld {
  const world = new HubWorld();
  world.do((tx) => tx.emit({ kind: "control.loaded", document: CONTROL }));
  for (const node of nodes) world.attach(node);
  const by = { isForced: true, isNow: false, actor: "test", reason: "test" };
  world.do((tx) => setDesired(tx, { verb: "up", ...by }));
  return world;
}

/** One card with room for 12 GiB by its own telling, where one job of 8 GiB went. */
function residentWorld(residents: Residents | undefined, priority: Priority): HubWorld {
  const world = worldOf("alpha");
  const told = residents === undefined || priority === "interactive" ? {} : { residents };
  const headroom = [{ gpu: "GPU-0", priority, bytes: 12 * GIB, ...told }];
  const offer = { gpuSlots: 1, cpuSlots: 0, headroom, warm: [], maxTokenSeen: 0 };
  world.say("alpha", { kind: "claim", claimId: 1, ...offer });
  submit(world, "job", { vramBytes: 8 * GIB, priority });
  return world;
}

function submit(world: HubWorld, key: string, changes: Parameters<typeof specOf>[0] = {}): void {
  const result = world.do((tx) => submitJob(tx, key, specOf(changes)));
  expect(result.kind).toBe("submitted");
  world.pass(1_000);
}

/** Lets time pass in which these nodes are heard. */
function live(world: HubWorld, nodes: readonly string[], seconds: number): void {
  for (let s = 0; s < seconds; s++) {
    for (const node of nodes) {
      world.frame(node);
      world.say(node, { kind: "heartbeat", seq: s });
    }
    world.pass(1_000);
  }
}

function again(events: readonly HubEvent[], changes: Partial<ReplayPolicy> = {}) {
  const records = events.map((event, index) => ({ seq: index + 1, event }));
  const policy = { ...recordedPolicy(), ...changes };
  return replay(createHubState(), records, { policy, hasJournalTime: true });
}

/** Failures until quarantine, a lost holder and a choice between two cards. */
function eventful(): HubWorld {
  const nodes = ["alpha", "beta"];
  const world = worldOf(...nodes);
  world.claim("alpha", 1, 0, 20 * GIB);
  world.claim("beta", 1, 0, 40 * GIB);
  submit(world, "choice");
  submit(world, "fails", { maxAttempts: 3, lane: "cpu", vramBytes: 0 });
  for (let i = 0; i < 3; i++) {
    world.claim("alpha", 0, 1);
    live(world, nodes, 1);
    const { token } = must(world.grants("alpha").at(-1), "it is granted");
    world.complete("alpha", { ...OK, outcome: "own-failure", exitCode: 1, token });
    live(world, nodes, 17);
  }
  world.claim("alpha", 0, 1);
  submit(world, "lost", { lane: "cpu", vramBytes: 0 });
  // Nobody renews, so both leases run out.
  live(world, nodes, 60);
  return world;
}

describe("replay", () => {
  it("finds no difference under the policy that was in force", () => {
    const report = again(eventful().events);
    expect(report.differences).toEqual([]);
    expect(report.judged).toMatchObject({ grant: 6, retry: 6, expire: 3 });
    expect(report.notJudged).toEqual({});
  });

  it("does not change what it is shown", () => {
    const { events } = eventful();
    const before = JSON.stringify(events);
    again(events, { placement: "first" });
    expect(JSON.stringify(events)).toBe(before);
  });

  it("says which grant would have gone elsewhere under another placement", () => {
    const world = worldOf("alpha", "beta");
    world.claim("alpha", 1, 0, 20 * GIB);
    world.claim("beta", 1, 0, 40 * GIB);
    submit(world, "small");
    const { differences, differing } = again(world.events, { placement: "most-free" });
    expect(differing).toEqual({ grant: 1 });
    expect(differences[0]).toMatchObject({ subject: "j_000001", was: "alpha", wouldBe: "beta" });
  });

  it.each([
    { batch: 0.2, wouldBe: "waits" },
    { batch: 0.5, wouldBe: null },
  ])("asks each grant at another gate: $batch", ({ batch, wouldBe }) => {
    const world = worldOf("alpha");
    world.claim("alpha", 1, 0, 10 * GIB);
    submit(world, "job", { vramBytes: 8 * GIB });
    const { differences } = again(world.events, { gates: { ...recordedPolicy().gates, batch } });
    expect(differences.map((row) => row.wouldBe)).toEqual(wouldBe === null ? [] : [wouldBe]);
  });

  it.each([
    { asked: "literal", isLiteral: false, priority: "batch", wouldBe: "waits" },
    { asked: "resident-aware", isLiteral: false, priority: "batch", wouldBe: null },
    { asked: "literal", isLiteral: true, priority: "batch", wouldBe: null },
    { asked: "resident-aware", isLiteral: true, priority: "batch", wouldBe: null },
    { asked: "literal", isLiteral: false, priority: "interactive", wouldBe: null },
  ] as const)(
    "asks a grant of $priority under $asked: $wouldBe",
    ({ asked, isLiteral, priority, wouldBe }) => {
      const events = residentWorld({ bytes: 64 * GIB, isLiteral }, priority).events;
      const { differences, notJudged } = again(events, { gatePolicy: asked });
      expect(differences.map((row) => row.wouldBe)).toEqual(wouldBe === null ? [] : [wouldBe]);
      expect(notJudged).toEqual({});
      if (wouldBe !== null)
        expect(differences[0]?.why).toBe("no seat passes the gate of 0.5 for batch under literal");
    },
  );

  it("agrees under either gate policy where nothing is resident", () => {
    const { events } = residentWorld({ bytes: 0, isLiteral: false }, "batch");
    expect(again(events, { gatePolicy: "literal" })).toMatchObject({ differences: [], notJudged: {} });
  });

  it("does not judge a gate policy on a grant of which nobody told what was resident", () => {
    const { events } = residentWorld(undefined, "batch");
    const { judged, notJudged } = again(events, { gatePolicy: "literal" });
    expect(judged).not.toHaveProperty("grant");
    expect(notJudged).toEqual({ "grant: what was resident": 1 });
    expect(again(events).judged).toMatchObject({ grant: 1 });
  });

  it("keeps a lease that another timing would not have given away yet", () => {
    const { differences } = again(eventful().events, { regrantAfterMs: 94_000 });
    const kept = differences.filter(({ decision }) => decision === "expire");
    expect(kept).toHaveLength(3);
    expect(kept[0]).toMatchObject({
      was: "given up",
      wouldBe: "still held",
      why: expect.stringContaining("94 s"),
    });
  });

  it("sends a job elsewhere when it had other attempts", () => {
    const { events } = eventful();
    expect(again(events, { maxAttempts: 1 }).differences[0]).toMatchObject({
      ...{ decision: "retry", was: "pending after 1 s", wouldBe: "quarantined" },
    });
    const last = again(events, { maxAttempts: 9 }).differences.at(-1);
    expect(last).toMatchObject({ was: "quarantined", wouldBe: "pending after 16 s" });
  });
});

describe("a shift of budgets", () => {
  const view = {
    level: "high",
    budgets: {
      baseline: { inference: 8 * GIB, tts: 2 * GIB, rendering: 2 * GIB },
      current: { inference: 8 * GIB, tts: 2 * GIB, rendering: 2 * GIB },
    },
    usedBySubsystem: { inference: 7.5 * GIB, tts: 0, rendering: GIB },
    quietMsBySubsystem: {},
  } as const;
  const shifted = (changes: Readonly<Record<string, number>>): HubEvent => ({
    ...{ kind: "node.decided", node: "alpha", decision: "rebalanced", at: { journalMs: 1, wallMs: 1 } },
    body: { gpu: "GPU-0", rule: "tts-idle", view: { ...view, changes, idleAfterMs: null } },
  });
  const event = shifted({
    tts: 2 * GIB - Math.trunc((2 * GIB * 80) / 100),
    inference: 8 * GIB + Math.trunc((2 * GIB * 80) / 100),
  });

  it("is the same when the strategy is asked again", () => {
    expect(again([event])).toMatchObject({ judged: { rebalance: 1 }, differences: [] });
  });

  it("does not happen without a governor", () => {
    expect(again([event], { governor: "off" }).differences).toMatchObject([{ wouldBe: "hold" }]);
  });

  it("shows a strategy that would not do it again", () => {
    expect(again([shifted({ tts: GIB })]).differences).toHaveLength(1);
  });

  it("of an agent of before is counted and not judged", () => {
    const bare = { ...event, body: { gpu: "GPU-0", rule: "tts-idle" } } as HubEvent;
    expect(again([bare]).notJudged).toEqual({ "rebalance: what the strategy saw": 1 });
  });
});

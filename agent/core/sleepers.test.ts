import { beforeEach, describe, expect, it } from "vitest";
import { must } from "../../shared/invariant.ts";
import { account, type Consumer, type VramClaim } from "../../shared/policy/ledger.ts";
import { AgentWorld, CARD, GIB } from "../../test/helpers/agent-world.ts";
import { shrinkDeclared } from "./cards.ts";
import { type DeclaredConsumer, GOVERNANCE, type Governance } from "./governance.ts";
import { holdRoom } from "./room.ts";
import { fallAsleep, fellAsleep, WAKE_TRIES, wakeEnded, wantAwake } from "./sleepers.ts";

const ID = "node/llm";

const CLAIM: VramClaim = {
  id: ID,
  label: "llm",
  subsystem: "inference",
  priority: "interactive",
  bytes: 30 * GIB,
  evictable: true,
  resident: false,
  reloadMs: 10_000,
};

const LLM: DeclaredConsumer = {
  claim: CLAIM,
  gpu: null,
  owner: "ada",
  pid: null,
  processName: null,
  idleMs: 0,
};

const OTHER: VramClaim = {
  ...CLAIM,
  id: "other",
  label: "other",
  priority: "batch",
  evictable: false,
  bytes: 0,
};

let world: AgentWorld;

function start(changes: Partial<Governance> = {}): void {
  world = new AgentWorld({ governance: { ...GOVERNANCE, declared: [LLM], ...changes } });
  world.sample(30 * GIB, null);
  world.attach();
}

/** The ladder put it to sleep. */
function sleep(): void {
  world.do((tx) => fallAsleep(tx, { id: ID, gpu: CARD, rung: "unload", processes: [] }));
  world.do((tx) => shrinkDeclared(tx, CARD, ID, 30 * GIB));
  world.do((tx) => fellAsleep(tx, ID, true));
  world.sample(0, null);
  world.effects = [];
}

/** Ticks and fresh samples, as time passes on a quiet card. */
function pass(seconds: number, usedBytes = 0): void {
  for (let second = 0; second < seconds; second++) {
    world.pass(1_000);
    world.sample(usedBytes, null);
  }
}

function wakes(): number {
  return world.of("wake").length;
}

function consumer(): Consumer {
  return must(world.core.state.cards.get(CARD)?.consumers.get(ID), "it is declared");
}

function fill(gib: number): void {
  const ledger = must(world.core.state.cards.get(CARD), "the card is seen");
  account(ledger, { ...OTHER, bytes: gib * GIB }, 0, world.nowMs);
}

beforeEach(() => start());

describe("a sleeper", () => {
  it("is woken at once when it is used, and booked before anybody else can count on its bytes", () => {
    sleep();
    expect(consumer().bytes).toBe(0);
    world.do((tx) => wantAwake(tx, ID));
    world.pass(200);
    expect([wakes(), consumer().bytes]).toEqual([1, 30 * GIB]);
    world.pass(5_000);
    expect(wakes()).toBe(1);
    world.do((tx) => wakeEnded(tx, ID, null));
    expect(world.core.state.sleepers.size).toBe(0);
    expect(consumer().allocatedAtMs).toBe(world.nowMs);
    expect(world.sent("decision").at(-1)?.body["sentence"]).toBe("llm is awake: it is used");
  });

  it("is woken when its card has been at ease for the set time, and not before", () => {
    sleep();
    pass(119);
    expect(wakes()).toBe(0);
    pass(3);
    expect(wakes()).toBe(1);
  });

  it("begins to wait anew when the card was not at ease in between", () => {
    sleep();
    pass(100);
    pass(1, 70 * GIB);
    pass(100);
    expect(wakes()).toBe(0);
    pass(30);
    expect(wakes()).toBe(1);
  });

  it("stays asleep on a quiet card when only use may wake it", () => {
    start({ wakeAfterMs: null });
    sleep();
    pass(600);
    expect(wakes()).toBe(0);
  });

  it("rests for as long as it must have been loaded and as loading takes, before a quiet card wakes it", () => {
    start({ wakeAfterMs: 0 });
    sleep();
    pass(38);
    expect(wakes()).toBe(0);
    pass(3);
    expect(wakes()).toBe(1);
  });

  it("does not pass its gate, and room is sought only when it is used", () => {
    sleep();
    fill(60);
    world.do((tx) => wantAwake(tx, ID));
    world.pass(3_000);
    expect(wakes()).toBe(0);
    fill(10);
    world.pass(3_000);
    expect(wakes()).toBe(1);
  });

  it("does not take bytes that are held for somebody else", () => {
    sleep();
    const claim = { ...OTHER, priority: "interactive", bytes: 60 * GIB } as const;
    const request = { requester: "other", claim, gpu: CARD, bytesWanted: 60 * GIB };
    world.do((tx) => holdRoom(tx, request, 60 * GIB));
    world.do((tx) => wantAwake(tx, ID));
    world.pass(3_000);
    expect(wakes()).toBe(0);
    world.do((tx) => holdRoom(tx, request, 0));
    world.pass(3_000);
    expect(wakes()).toBe(1);
  });

  it("waits while room is being made on its card", () => {
    sleep();
    world.core.state.clearing.set(CARD, { requester: "x", claim: OTHER, gpu: CARD, bytesWanted: 1 });
    world.do((tx) => wantAwake(tx, ID));
    world.pass(3_000);
    expect(wakes()).toBe(0);
  });

  it("is tried again ever later, and given up until somebody uses it", () => {
    sleep();
    world.do((tx) => wantAwake(tx, ID));
    const gaps: number[] = [];
    for (let tries = 1; tries <= WAKE_TRIES; tries++) {
      const before = world.nowMs;
      while (wakes() < tries) world.pass(1_000, 1_000);
      gaps.push(Math.round((world.nowMs - before) / 1_000));
      world.do((tx) => wakeEnded(tx, ID, "HTTP 500"));
      expect(consumer().bytes).toBe(0);
    }
    expect(gaps).toEqual([1, 15, 30, 60, 120]);
    expect(world.sent("decision").at(-1)?.body["sentence"]).toMatch(/^llm cannot be woken.*HTTP 500$/);
    pass(1_000);
    expect(wakes()).toBe(WAKE_TRIES);
    world.do((tx) => wantAwake(tx, ID));
    world.pass(1_000);
    expect(wakes()).toBe(WAKE_TRIES + 1);
  });

  it("is forgotten when it is awake by itself, and told when nobody knows it any more", () => {
    sleep();
    world.do((tx) => {
      const ledger = must(tx.state.cards.get(CARD), "the card is seen");
      account(ledger, CLAIM, 29 * GIB, tx.nowMs);
    });
    world.pass(1_000);
    expect(world.sent("decision").at(-1)?.body["sentence"]).toBe("llm is awake again by itself");
    sleep();
    must(world.core.state.cards.get(CARD), "the card is seen");
    world.core.state.sleepers.set("node/gone", {
      ...must(world.core.state.sleepers.get(ID), "it sleeps"),
      id: "node/gone",
      label: "gone",
      processes: [{ pid: 7, startTicks: 1 }],
    });
    world.pass(1_000);
    expect(world.sent("decision").at(-1)?.body).toMatchObject({
      sentence: "gone sleeps and is no longer known here: wake it by hand",
      pids: [7],
    });
  });

  it("was never asleep when it said that it was busy", () => {
    world.do((tx) => fallAsleep(tx, { id: ID, gpu: CARD, rung: "unload", processes: [] }));
    world.pass(1_000);
    world.do((tx) => fellAsleep(tx, ID, false));
    expect(world.core.state.sleepers.size).toBe(0);
  });
});

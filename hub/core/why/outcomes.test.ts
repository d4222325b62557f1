import { beforeEach, describe, expect, it } from "vitest";
import { CONTROL, frameOf, HubWorld, specOf } from "../../../test/helpers/hub-world.ts";
import { setDesired } from "../arbiter/desired.ts";
import type { HubEvent } from "../event.ts";
import { submitJob } from "../queue/queue.ts";
import { ledgerLine } from "./ledger.ts";
import { whyGpu } from "./why-gpu.ts";

const GIB = 1024 ** 3;

let world: HubWorld;
beforeEach(() => {
  world = new HubWorld();
  world.do((tx) => tx.emit({ kind: "control.loaded", document: CONTROL }));
  world.attach("alpha");
  const by = { isForced: true, isNow: false, actor: "test", reason: "test" };
  world.do((tx) => setDesired(tx, { verb: "up", ...by }));
});

type Settled = Extract<HubEvent, { kind: "decision.settled" }>;
const settled = (): Settled[] =>
  world.events.filter((event): event is Settled => event.kind === "decision.settled");

/** Lets time pass in which the node is heard, with its card in this state. */
function live(seconds: number, gpuLevel = "normal"): void {
  const { gpus } = world.core.soft.sessions.get("alpha")?.hello ?? { gpus: [] };
  for (let s = 0; s < seconds; s++) {
    world.frame("alpha", { gpuLevel, gpus });
    world.say("alpha", { kind: "heartbeat", seq: s });
    world.pass(1_000);
  }
}

function decide(decision: string): void {
  world.say("alpha", { kind: "decision", decision, body: { gpu: "GPU-0", sentence: "" } });
}

describe("the outcome of a decision", () => {
  it.each([
    { after: "normal", outcome: "eased" },
    { after: "high", outcome: "the level is as it was" },
    { after: "critical", outcome: "worse" },
  ])("is what the card shows 30 s later: $after", ({ after, outcome }) => {
    live(1, "high");
    decide("rebalanced");
    live(29, after);
    expect(settled()).toEqual([]);
    live(2, after);
    expect(settled()).toMatchObject([{ decision: "rebalanced", node: "alpha", gpu: "GPU-0", outcome }]);
  });

  it("is told once however often the same is decided meanwhile", () => {
    for (let i = 0; i < 20; i++) {
      decide("rebalanced");
      live(1);
    }
    live(20);
    expect(settled()).toHaveLength(1);
  });

  it("is not awaited of what shows on no card", () => {
    decide("refused");
    live(40);
    expect(settled()).toEqual([]);
  });

  it("of a grant is told only where nothing was heard of it", () => {
    for (const key of ["started", "silent"]) world.do((tx) => submitJob(tx, key, specOf()));
    world.claim("alpha", 2, 0);
    const [first] = world.grants("alpha");
    expect(world.grants("alpha")).toHaveLength(2);
    world.say("alpha", { kind: "started", token: first?.token ?? 0 });
    for (let s = 0; s < 32; s++) {
      const tokens = world.grants("alpha").map(({ token }) => token);
      world.say("alpha", { kind: "renew", seq: s, tokens });
      live(1);
    }
    expect(settled()).toMatchObject([
      { decision: "grant", jobId: "j_000002", outcome: "no word of a start" },
    ]);
  });
});

describe("ledgerLine", () => {
  it("says of a grant by what it was chosen", () => {
    world.claim("alpha", 1, 0, 40 * GIB);
    world.do((tx) => submitJob(tx, "k", specOf()));
    live(1);
    const event = world.events.find(({ kind }) => kind === "job.leased");
    expect(event && ledgerLine(event, world.core.state)).toMatchObject({
      ...{ decision: "grant", subject: "j_000001", rule: "placement", actor: "hub" },
      inputs: { node: "alpha", vramBytes: GIB, seats: [{ nodeId: "alpha", gpuUuid: "GPU-0" }] },
    });
  });

  it("names who cordons a node, and why", () => {
    const by = { actor: "operator", reason: "new fan" };
    world.do((tx) =>
      tx.emit({ kind: "node.cordoned", node: "alpha", isDrain: false, stopAtMs: null, ...by }),
    );
    const event = world.events.at(-1);
    expect(event && ledgerLine(event, world.core.state)).toMatchObject({
      ...{ decision: "override", subject: "alpha", rule: "node.cordoned", actor: "operator" },
      inputs: { isDrain: false, reason: "new fan" },
    });
  });

  it("has a line for what decides and none for what only happens", () => {
    decide("rebalanced");
    const lines = world.events.map((event) => [event.kind, ledgerLine(event, world.core.state)?.decision]);
    expect(Object.fromEntries(lines)).toMatchObject({
      ...{ "node.attached": undefined, "control.loaded": undefined },
      ...{ "node.decided": "rebalance", "desired.changed": expect.stringMatching(/switch|override/) },
    });
  });
});

describe("whyGpu", () => {
  const now = () => ({ bootMs: world.nowMs, journalMs: world.nowMs });
  const rule = () => whyGpu(world.core, "GPU-0", now())?.rule;

  it("knows no card that no node has", () => {
    expect(whyGpu(world.core, "GPU-9", now())).toBeNull();
  });

  it("gives the one rule that dominates, from the node down to the gates", () => {
    expect(rule()).toBe("no-slot");
    world.claim("alpha", 1, 0, 0);
    expect(rule()).toBe("gate");
    world.claim("alpha", 1, 0, 40 * GIB);
    expect(rule()).toBe("clear");
    const standing = { kind: "standing", seq: 1, gpu: "GPU-0", standing: "drained" } as const;
    world.say("alpha", { ...standing, reason: "xid-63", cure: "reset it" });
    const drained = whyGpu(world.core, "GPU-0", now());
    expect(drained).toMatchObject({ rule: "drained", wouldChange: ["reset it"] });
    expect(drained?.verdict).toContain("xid-63");
    world.pass(6_000);
    expect(rule()).toMatch(/stale-telemetry|guardrail/);
  });

  it("shows what the card holds, with the age of the reading", () => {
    const { gpus } = world.core.soft.sessions.get("alpha")?.hello ?? { gpus: [] };
    world.do((tx) =>
      tx.soft.telemetry.set("alpha", {
        frame: { ...frameOf("alpha"), gpus },
        receivedBootMs: world.nowMs - 700,
      }),
    );
    const evidence = whyGpu(world.core, "GPU-0", now())?.evidence ?? [];
    expect(evidence).toContainEqual({ name: "VRAM", value: "0 MiB of 98304 MiB used", ageMs: 700 });
  });
});

/** A hub whose journal is put back to an older copy while its agents remember what came after. */
import { describe, expect, it } from "vitest";
import type { JobSpec } from "../../../shared/model/job.ts";
import type { Hello } from "../../../shared/model/messages.ts";
import { HubWorld, sessionOf, specOf } from "../../../test/helpers/hub-world.ts";
import { arbitrate } from "../arbiter/arbiter.ts";
import { type DesiredRequest, setDesired } from "../arbiter/desired.ts";
import { startHub } from "../hub.ts";
import { awaitedTokens } from "../lease.ts";
import { submitJob } from "../queue/queue.ts";
import { decodeHubState, encodeHubState } from "../snapshot.ts";
import type { HubCore } from "../transaction.ts";
import { isInDoubt, rollbackWarning } from "./rollback.ts";

const HUB = "hub";

class World extends HubWorld {
  desire(verb: "up" | "down" | "pause", extra: Partial<DesiredRequest> = {}) {
    const request = { verb, isForced: false, isNow: false, actor: "test", reason: "test", ...extra };
    return this.do((tx) => setDesired(tx, request));
  }

  start(): void {
    this.do((tx) => startHub(tx, "0", HUB));
  }

  submit(key: string, spec: Partial<JobSpec> = {}): string {
    const result = this.do((tx) => submitJob(tx, key, specOf(spec)));
    if (result.kind !== "submitted") throw new Error(result.kind);
    return result.jobId;
  }
}

/** Up, with one job done and one running on alpha; its clock has moved on to `ageMs` after the copy was made. */
function rollBack(ageMs = 3_600_000): { world: World; witness: Partial<Hello>; token: number } {
  const before = new World();
  before.start();
  before.attach("alpha");
  before.desire("up", { isForced: true });
  before.submit("first");
  before.claim("alpha");
  const copy = encodeHubState(before.core.state);
  before.submit("second");
  before.claim("alpha");
  const grants = before.grants("alpha");
  const token = grants.at(-1)?.token ?? 0;
  expect(grants).toHaveLength(2);
  const world = new World();
  Object.assign(world.core.state, decodeHubState(copy));
  world.nowMs = before.nowMs + ageMs;
  world.start();
  const { lastJob, epoch } = before.core.state;
  const witness: Partial<Hello> = {
    hubId: HUB,
    maxTokenSeen: token,
    maxJobSeen: lastJob,
    hubEpochSeen: epoch,
    inventory: [{ token, state: "running" }],
  };
  return { world, witness, token };
}

function heldBy({ core }: World, node: string): Hello["inventory"] {
  const leases = [...core.state.leases.values()].filter((lease) => lease.node === node);
  return leases.map(({ token }) => ({ token, state: "running" }));
}

function verdicts(world: World, node: string) {
  return world.sent(node, "welcome").at(-1)?.verdicts;
}

function why(core: HubCore, bootMs: number) {
  return arbitrate(core, { campaign: null, node: null }, bootMs);
}

describe("a start", () => {
  it("skips every number that a newer incarnation may have given, without an agent to tell of them", () => {
    const { world, token } = rollBack();
    const jobId = world.submit("after");
    expect(Number(jobId.slice(2))).toBeGreaterThan(3_600_000);
    world.attach("beta");
    world.claim("beta");
    expect(world.grants("beta").map((grant) => grant.token >= token + 3_600_000)).toEqual([true]);
  });

  it("keeps what is staged for a token of the forgotten time, until a person gives that time up", () => {
    const { world, witness, token } = rollBack();
    const [lease] = [...world.core.state.leases.keys()];
    const isAwaited = (each: number): boolean => awaitedTokens(world.core.state)(each);
    expect([lease ?? 0, token, token + 10_000_000].map(isAwaited)).toEqual([true, true, true]);
    world.attach("beta", witness);
    expect(isAwaited(token)).toBe(true);
    world.desire("up", { isRollbackAccepted: true });
    expect(isAwaited(token)).toBe(false);
  });

  it("judges what is staged as of one moment, whatever is granted and ended after it", () => {
    const world = new World();
    world.start();
    world.attach("alpha");
    world.desire("up", { isForced: true });
    world.submit("one");
    world.claim("alpha");
    const isAwaited = awaitedTokens(world.core.state);
    const [one] = world.grants("alpha");
    world.complete("alpha", { token: one?.token ?? 0 });
    world.submit("two");
    world.claim("alpha");
    const tokens = world.grants("alpha").map(({ token }) => token);
    expect(tokens.map(isAwaited)).toEqual([true, true]);
    expect(tokens.map(awaitedTokens(world.core.state))).toEqual([false, true]);
  });

  it("skips nothing on a fresh root, and nothing that a wrong clock would use up", () => {
    const fresh = new World();
    fresh.start();
    expect(fresh.submit("first")).toBe("j_000001");
    fresh.nowMs += 1e15;
    fresh.start();
    expect(Number(fresh.submit("next").slice(2))).toBeLessThan(1e11);
    const { lastJob } = fresh.core.state;
    fresh.nowMs -= 1e15;
    fresh.start();
    expect(fresh.core.state.lastJob).toBe(lastJob);
  });
});

describe("heedWitness", () => {
  it("goes to SAFE when an agent holds a token that this journal has never given, and keeps what it holds", () => {
    const { world, witness, token } = rollBack();
    world.attach("alpha", witness);
    expect(world.core.state.safe).toMatchObject({ phase: "rollback", node: "alpha", tokenSeen: token });
    expect(verdicts(world, "alpha")).toEqual([{ token, isKept: true }]);
    expect(why(world.core, world.nowMs)).toMatchObject({ isYes: false, rule: "safe" });
    world.submit("waits");
    world.attach("beta");
    world.claim("beta");
    expect(world.grants("beta")).toEqual([]);
    world.say("alpha", { kind: "renew", seq: 1, tokens: [token, token + 1] });
    expect(world.sent("alpha", "renewed").at(-1)?.tokens).toContain(token);
    world.complete("alpha", { token });
    expect(world.sent("alpha", "completeAck").at(-1)?.verdicts).toEqual([]);
  });

  it.each([
    ["a token", { maxTokenSeen: 9e12, maxJobSeen: 0, hubEpochSeen: 0 }],
    ["a skipped token", { maxTokenSeen: 100, maxJobSeen: 0, hubEpochSeen: 0 }],
    ["a job", { maxTokenSeen: 0, maxJobSeen: 9e12, hubEpochSeen: 0 }],
    ["an epoch", { maxTokenSeen: 0, maxJobSeen: 0, hubEpochSeen: 99 }],
  ])("takes %s as proof by itself", (_what, seen) => {
    const { world } = rollBack();
    world.attach("alpha", { hubId: HUB, ...seen });
    expect(world.core.state.safe?.phase).toBe("rollback");
  });

  it("takes no notice of an agent that speaks of another hub, or knows what is known", () => {
    const { world } = rollBack();
    const lastToken = (world.core.state.skipped[0]?.from ?? 0) - 1;
    world.attach("alpha", { hubId: "elsewhere", maxTokenSeen: 9e12 });
    world.attach("beta", { hubId: HUB, maxTokenSeen: lastToken, maxJobSeen: 1, hubEpochSeen: 2 });
    expect(world.core.state.safe).toBeNull();
  });

  it("stays SAFE over a restart and gathers the highest numbers of all agents", () => {
    const { world, witness } = rollBack();
    world.attach("alpha", witness);
    world.attach("beta", { hubId: HUB, maxTokenSeen: 7, maxJobSeen: 8e12, hubEpochSeen: 0 });
    Object.assign(world.core.state, decodeHubState(encodeHubState(world.core.state)));
    world.core.soft.sessions.clear();
    world.start();
    expect(world.core.state.safe).toMatchObject({ tokenSeen: 7, jobSeen: 8e12 });
    expect(world.submit("later")).toMatch(/^j_8/);
  });
});

describe("up", () => {
  it("leaves SAFE only by --accept-rollback with a reason, and grants again after every holder has ended", () => {
    const { world, witness, token } = rollBack();
    world.attach("alpha", { ...witness, maxTokenSeen: 9e12 });
    world.submit("waits");
    expect(world.desire("up", { isForced: true })).toMatchObject({ kind: "refused" });
    expect(world.desire("up", { isRollbackAccepted: true, reason: "" })).toMatchObject({ kind: "refused" });
    expect(world.desire("up", { isRollbackAccepted: true })).not.toMatchObject({ kind: "refused" });
    expect(world.core.state.lastToken).toBeGreaterThan(9e12);
    expect(world.core.soft.sessions.size).toBe(0);
    expect(world.effects).toContainEqual(
      expect.objectContaining({ kind: "closeSession", sessionId: sessionOf("alpha") }),
    );
    expect(isInDoubt(world.core, token)).toBe(false);
    world.attach("alpha", { ...witness, maxTokenSeen: 9e12 });
    expect(world.core.state.safe?.phase).toBe("settling");
    expect(verdicts(world, "alpha")).toEqual([{ token, isKept: false }]);
    world.claim("alpha");
    world.pass(46_000);
    expect(world.grants("alpha")).toEqual([]);
    world.attach("alpha", { ...witness, maxTokenSeen: 9e12 });
    world.claim("alpha");
    world.frame("alpha");
    world.pass(2_000);
    expect(world.core.state.safe).toBeNull();
    expect(rollbackWarning(world.core)).toBeNull();
    const [grant] = world.grants("alpha");
    expect(grant?.token).toBeGreaterThan(9e12);
  });

  it("keeps what may finish without a hub back for its grace: who is away may hold it", () => {
    const before = new World();
    before.start();
    before.attach("alpha");
    before.desire("up", { isForced: true });
    const plain = before.submit("plain");
    const finishing = before.submit("finishing", { onHubLoss: "finish", maxRuntimeMs: 60_000 });
    const world = new World();
    Object.assign(world.core.state, decodeHubState(encodeHubState(before.core.state)));
    world.nowMs = before.nowMs + 3_600_000;
    world.start();
    world.attach("beta", { hubId: HUB, maxTokenSeen: 9e12 });
    const anew = world.submit("anew", { onHubLoss: "finish", maxRuntimeMs: 60_000 });
    world.desire("up", { isRollbackAccepted: true });
    const granted = () => world.grants("beta").map(({ jobId }) => jobId);
    const serve = (ms: number): void => {
      world.pass(ms);
      world.attach("beta", { hubId: HUB, maxTokenSeen: 9e12, inventory: heldBy(world, "beta") });
      world.frame("beta");
      world.claim("beta");
    };
    serve(47_200);
    serve(1_000);
    expect(granted()).toEqual([plain, anew]);
    for (const ms of [20_000, 20_000, 18_000]) serve(ms);
    expect(granted()).toEqual([plain, anew]);
    serve(3_000);
    expect(granted()).toEqual([plain, anew, finishing]);
  });

  it("is SAFE again when an agent comes back later that has seen still more", () => {
    const { world, witness } = rollBack();
    world.attach("alpha", witness);
    world.desire("up", { isRollbackAccepted: true });
    world.attach("beta", { hubId: HUB, maxTokenSeen: 9e12 });
    expect(world.core.state.safe?.phase).toBe("rollback");
  });

  it("is not needed for down, which works in SAFE and comes first in every answer", () => {
    const { world, witness } = rollBack();
    world.attach("alpha", witness);
    expect(world.desire("down")).toMatchObject({ kind: "changed" });
    expect(world.sent("alpha", "desired").at(-1)?.state).toBe("down");
    expect(why(world.core, world.nowMs).rule).toBe("down");
  });
});

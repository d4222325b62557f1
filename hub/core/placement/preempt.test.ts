import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LANES, PRIORITIES, PRIORITY_RANK } from "../../../shared/model/priority.ts";
import { BIG, fullScene, GIB, HOUR_MS, LONG_MS, Scene } from "../../../test/helpers/preempt-scene.ts";
import { setDesired } from "../arbiter/desired.ts";
import { setOverride } from "../arbiter/override.ts";
import { noteUpload } from "../lease.ts";
import { cordon } from "../nodes/cordon.ts";
import { cancelJob } from "../queue/queue.ts";
import { decodeHubState, encodeHubState } from "../snapshot.ts";
import { ledgerLine } from "../why/ledger.ts";
import { lessHeld } from "./holds.ts";
import { PREEMPT_POLICY } from "./victims.ts";

const BY = { actor: "ada", reason: "test" };

describe("preemption", () => {
  it("stops the youngest least important attempt that makes a waiting job fit, and runs it later", () => {
    const { scene, batch, node } = fullScene();
    const big = scene.submit("big", BIG);
    scene.pass(PREEMPT_POLICY.patienceMs - 2_000);
    expect(scene.preempted()).toEqual([]);
    scene.pass(4_000);
    expect(scene.preempted()).toHaveLength(1);
    const [victim = ""] = scene.preempted();
    expect(batch).toContain(victim);
    scene.pass(3_000);
    expect(scene.job(big).state).toBe("running");
    expect(scene.job(victim)).toMatchObject({
      ...{ state: "pending", attempts: 0, losses: 0, failedNodes: [], ends: { preempted: 1 } },
      preempted: { times: 1, by: big, node: "beta" },
    });
    expect(node.declined).toEqual([]);
    scene.world.do((tx) => cancelJob(tx, scene.job(big), BY));
    scene.pass(5_000);
    expect(scene.job(victim).state).toBe("running");
  });

  it("says why: whom the one waits for, and for whom the other had to leave", () => {
    const { scene } = fullScene();
    const big = scene.submit("big", BIG);
    const small = scene.submit("small", { vramBytes: GIB });
    scene.pass(PREEMPT_POLICY.patienceMs + 1_000);
    const [victim = ""] = scene.preempted();
    expect(scene.why(big)).toMatchObject({
      rule: "preempting",
      evidence: [
        { name: "waits for", value: victim },
        { name: "held", value: expect.stringContaining(`for ${big}`) },
      ],
    });
    expect(scene.why(victim)).toMatchObject({
      rule: "preempted",
      verdict: expect.stringContaining(`told to leave beta for ${big}`),
      evidence: expect.arrayContaining([expect.objectContaining({ name: "preempted" })]),
    });
    expect(scene.why(small).rule).not.toBe("next-grant");
    scene.pass(5_000);
    expect(scene.why(victim)).toMatchObject({ rule: "preempted", verdict: `${victim} waits` });
  });

  it("keeps the room for the job that it was made for", () => {
    const { scene } = fullScene();
    const big = scene.submit("big", BIG);
    scene.pass(PREEMPT_POLICY.patienceMs + 1_000);
    expect(scene.preempted()).toHaveLength(1);
    // Fits into what is left of the gate now, and would keep the big one out.
    const sneak = scene.submit("sneak", { priority: "interactive", vramBytes: 15 * GIB });
    const lesser = scene.submit("lesser", { vramBytes: GIB });
    scene.pass(1_000);
    expect(scene.why(sneak).rule).toBe("held");
    scene.pass(3_000);
    expect([big, sneak, lesser].map((jobId) => scene.job(jobId).state)).toEqual([
      "running",
      "pending",
      "pending",
    ]);
  });

  it("serves that job first among those that ask for the same, were another in line before it", () => {
    const { scene } = fullScene();
    const first = scene.submit("first", BIG);
    const big = scene.submit("big", BIG);
    const hold = { effect: "hold", subject: "job", name: first, until: "", forMs: 7_000, ...BY } as const;
    scene.world.do((tx) => setOverride(tx, hold));
    scene.pass(PREEMPT_POLICY.patienceMs + 1_000);
    expect(scene.world.core.state.holds.has(big)).toBe(true);
    scene.pass(6_000);
    expect([first, big].map((jobId) => scene.job(jobId).state)).toEqual(["pending", "running"]);
  });

  it("makes room under its own gate for a service that more important work waits for, and for no other", () => {
    const { scene, batch } = fullScene();
    const spec = { runner: "render", vramBytes: 20 * GIB } as const;
    const service = scene.submit("service", { kind: "service", ...spec });
    scene.pass(PREEMPT_POLICY.patienceMs + 60_000);
    expect(scene.preempted()).toEqual([]);
    const user = scene.submit("user", { uses: "render", priority: "interactive" });
    scene.pass(PREEMPT_POLICY.patienceMs + 6_000);
    expect(scene.preempted()).toHaveLength(1);
    expect(batch).toEqual(expect.arrayContaining([...scene.preempted()]));
    expect(scene.job(service).state).toBe("running");
    expect(scene.job(user).state).toBe("running");
    const stopped = scene.world.events.find(({ kind }) => kind === "job.preempted");
    const reason = expect.stringContaining("is waited for by interactive work");
    expect(stopped).toMatchObject({ claimant: service, held: { priority: "interactive" }, reason });
  });

  it("makes none for a service in the name of work that may not run", () => {
    const { scene } = fullScene();
    scene.submit("service", { kind: "service", runner: "render", vramBytes: 20 * GIB });
    scene.pass(PREEMPT_POLICY.patienceMs + 1_000);
    const hold = { effect: "hold", subject: "owner", name: "bob", until: "", forMs: 30_000, ...BY } as const;
    scene.world.do((tx) => setOverride(tx, hold));
    scene.submit("user", { uses: "render", priority: "interactive", producer: "bob" });
    scene.pass(28_000);
    expect(scene.preempted()).toEqual([]);
    scene.pass(10_000);
    expect(scene.preempted()).toHaveLength(1);
  });

  it("gives work that has just come the same patience through the service that it waits for", () => {
    const { scene } = fullScene();
    scene.submit("service", { kind: "service", runner: "render", vramBytes: 20 * GIB });
    scene.pass(PREEMPT_POLICY.patienceMs + 1_000);
    scene.submit("user", { uses: "render", priority: "interactive" });
    scene.pass(PREEMPT_POLICY.patienceMs - 1_000);
    expect(scene.preempted()).toEqual([]);
  });

  it("keeps a slot with the bytes", () => {
    const { scene } = fullScene();
    scene.submit("big", BIG);
    scene.pass(PREEMPT_POLICY.patienceMs + 1_000);
    const holds = [...scene.world.core.state.holds.values()];
    const room = { freeSlots: { gpu: 2, cpu: 2 }, gpus: [] };
    expect(lessHeld(room, holds, "batch").freeSlots).toEqual({ gpu: 1, cpu: 2 });
  });

  it("lets more important work have the room all the same", () => {
    const { scene } = fullScene();
    scene.submit("big", BIG);
    scene.pass(PREEMPT_POLICY.patienceMs + 1_000);
    expect(scene.preempted()).toHaveLength(1);
    const urgent = scene.submit("urgent", { priority: "realtime", vramBytes: 30 * GIB });
    scene.pass(1_000);
    expect(scene.job(urgent).state).toBe("running");
  });

  it("lets go of room that nobody came for, and stops nobody for that job for a while", () => {
    const { scene, batch } = fullScene();
    const [node] = scene.nodes;
    const big = scene.submit("big", BIG);
    scene.pass(PREEMPT_POLICY.patienceMs + 1_000);
    const foreign = [...(node?.ledgers.values() ?? [])][0];
    // Somebody whom the hub knows nothing of takes the room.
    if (foreign !== undefined) Object.assign(foreign, { totalBytes: 60 * GIB });
    scene.pass(scene.world.core.timing.regrantAfterMs);
    expect(scene.world.core.state.holds.size).toBe(0);
    expect(scene.world.kinds()).toContain("hold.ended");
    expect(scene.job(big).state).toBe("pending");
    scene.pass(PREEMPT_POLICY.claimPauseMs / 2);
    expect(scene.preempted()).toHaveLength(1);
    expect(batch).toContain(scene.preempted()[0]);
  });

  it("drops the hold when the node declines the job", () => {
    const { scene, node } = fullScene();
    const big = scene.submit("big", BIG);
    scene.pass(PREEMPT_POLICY.patienceMs + 1_000);
    for (const ledger of node.ledgers.values())
      Object.assign(ledger, { closure: { reason: "card-fault", detail: "gone" } });
    const full = PRIORITIES.map((priority) => ({ gpu: "GPU-beta-0", priority, bytes: 90 * GIB }));
    const { lastToken: maxTokenSeen } = scene.world.core.state;
    const claim = {
      kind: "claim",
      claimId: 9_999,
      gpuSlots: 4,
      cpuSlots: 0,
      warm: [],
      maxTokenSeen,
    } as const;
    scene.world.say("beta", { ...claim, headroom: full });
    node.step();
    expect(node.declined).toEqual([big]);
    expect(scene.job(big).state).toBe("pending");
    expect(scene.world.core.state.holds.size).toBe(0);
  });

  it("stops work for a slot where VRAM is not what is missing", () => {
    const scene = new Scene();
    scene.node("beta", { gpuSlots: 2 });
    const [older = "", younger = ""] = ["a", "b"].map((key) => {
      const jobId = scene.submit(key);
      scene.pass(1_000);
      return jobId;
    });
    scene.pass(LONG_MS);
    const urgent = scene.submit("urgent", { priority: "background" });
    scene.pass(PREEMPT_POLICY.patienceMs + 5_000);
    expect(scene.preempted()).toEqual([younger]);
    expect([older, urgent].map((jobId) => scene.job(jobId).state)).toEqual(["running", "running"]);
  });

  it("takes victims of one card, the one where they are fewest", () => {
    const scene = new Scene();
    scene.node("beta", { cards: 2, gpuSlots: 8 });
    const first = scene.submit("first", { vramBytes: 30 * GIB });
    scene.pass(1_000);
    const others = ["a", "b"].map((key) => scene.submit(key, { vramBytes: 15 * GIB }));
    scene.pass(LONG_MS);
    const cardOf = (jobId: string) =>
      scene.world.core.state.leases.get(scene.job(jobId).token ?? 0)?.gpu ?? "";
    expect(new Set([first, ...others].map(cardOf)).size).toBe(2);
    const big = scene.submit("big", { priority: "interactive", vramBytes: 60 * GIB });
    scene.pass(PREEMPT_POLICY.patienceMs + 5_000);
    expect(scene.preempted()).toEqual([first]);
    expect(scene.job(big).state).toBe("running");
  });

  it("tells the ledger whom it stopped, for whom and on what grounds", () => {
    const { scene } = fullScene();
    const big = scene.submit("big", BIG);
    scene.pass(PREEMPT_POLICY.patienceMs + 1_000);
    const event = scene.world.events.find(({ kind }) => kind === "job.preempted");
    expect(event === undefined ? null : ledgerLine(event, scene.world.core.state)).toMatchObject({
      ...{ decision: "preempt", actor: "hub" },
      inputs: { claimant: big, held: { gpu: "GPU-beta-0", priority: "interactive", vramBytes: 40 * GIB } },
    });
  });

  it("outlives the hub", () => {
    const { scene } = fullScene();
    scene.submit("big", BIG);
    scene.pass(PREEMPT_POLICY.patienceMs + 1_000);
    const { state } = scene.world.core;
    expect(state.holds.size).toBe(1);
    const copy = decodeHubState(encodeHubState(state));
    expect(copy.holds).toEqual(state.holds);
    expect([...copy.leases]).toEqual([...state.leases]);
  });
});

describe("what is left alone", () => {
  const never = (scene: Scene): void => {
    scene.pass(30_000);
    expect(scene.preempted()).toEqual([]);
  };

  it("is work that has just begun", () => {
    const scene = new Scene();
    scene.node("beta");
    for (const key of ["a", "b"]) scene.submit(key, { vramBytes: 20 * GIB });
    scene.pass(1_000);
    scene.submit("big", BIG);
    scene.pass(PREEMPT_POLICY.minRuntimeMs - 5_000);
    expect(scene.preempted()).toEqual([]);
    scene.pass(10_000);
    expect(scene.preempted()).toHaveLength(1);
  });

  it("is work that is as important, or more", () => {
    const scene = new Scene();
    scene.node("beta");
    for (const key of ["a", "b"]) scene.submit(key, { ...BIG, vramBytes: 30 * GIB });
    scene.pass(LONG_MS);
    scene.submit("big", BIG);
    scene.submit("lesser", { priority: "background", vramBytes: 30 * GIB });
    never(scene);
  });

  it("is everything where it would not be enough if all left", () => {
    const { scene } = fullScene();
    scene.submit("huge", { priority: "interactive", vramBytes: 80 * GIB });
    never(scene);
  });

  it("is work whose end would not open the gate, however much comes back", () => {
    const scene = new Scene();
    const node = scene.node("beta");
    scene.submit("a", { vramBytes: 20 * GIB });
    scene.pass(LONG_MS);
    scene.submit("loud", { priority: "interactive", vramBytes: 48 * GIB });
    scene.pass(1_000);
    expect(node.pressure()).toBeGreaterThan(0.6);
    // Its gate is at 0.60 of 91 GiB: 48 GiB stay, so 6 GiB are open once the 20 GiB have left.
    scene.submit("background", { priority: "background", vramBytes: 15 * GIB });
    never(scene);
  });

  it("is work whose outputs are on their way, and what a node could not hold is no mark of it", () => {
    const { scene, batch } = fullScene();
    const tokens = batch.map((jobId) => scene.job(jobId).token ?? 0);
    for (const token of tokens) scene.world.do((tx) => noteUpload(tx, "gamma", token));
    expect(scene.world.core.soft.uploading.size).toBe(0);
    for (const token of tokens) scene.world.do((tx) => noteUpload(tx, "beta", token));
    scene.submit("big", BIG);
    never(scene);
    for (const token of tokens) scene.world.complete("beta", { token });
    expect(scene.world.core.soft.uploading.size).toBe(0);
  });

  it("is work that is being delivered, where other work can leave in its place", () => {
    const { scene, batch } = fullScene();
    const [older = "", younger = ""] = batch;
    scene.world.do((tx) => noteUpload(tx, "beta", scene.job(younger).token ?? 0));
    scene.submit("big", BIG);
    scene.pass(30_000);
    expect(scene.preempted()).toEqual([older]);
  });

  it("is a service that somebody uses", () => {
    const scene = new Scene();
    const spec = { kind: "service", runner: "render", vramBytes: 30 * GIB } as const;
    scene.node("beta");
    const service = scene.submit("s", spec);
    scene.pass(1_000);
    const user = scene.submit("u", { uses: "render", vramBytes: GIB });
    scene.pass(1_000);
    expect([service, user].map((jobId) => scene.job(jobId).state)).toEqual(["running", "running"]);
    scene.pass(LONG_MS);
    scene.submit("big", { priority: "interactive", vramBytes: 60 * GIB });
    never(scene);
    scene.world.do((tx) => cancelJob(tx, scene.job(user), BY));
    scene.pass(10_000);
    expect(scene.preempted()).toEqual([service]);
  });

  it("is a job that was stopped often enough", () => {
    const { scene, batch } = fullScene();
    for (let round = 0; round < PREEMPT_POLICY.timesMax + 2; round++) {
      const big = scene.submit(`big${round}`, { ...BIG, vramBytes: 60 * GIB });
      scene.pass(30_000);
      scene.world.do((tx) => cancelJob(tx, scene.job(big), BY));
      scene.pass(LONG_MS);
    }
    for (const jobId of batch) expect(scene.job(jobId).preempted?.times).toBe(PREEMPT_POLICY.timesMax);
  });

  const MODES: readonly (readonly [string, (scene: Scene) => void])[] = [
    ["down", (scene) => desire(scene, "down")],
    ["paused", (scene) => desire(scene, "pause")],
    ["cordoned", (scene) => scene.world.do((tx) => cordon(tx, { ...DRAIN, isDrain: false }))],
    ["draining", (scene) => scene.world.do((tx) => cordon(tx, DRAIN))],
    ["held by an override", (scene) => override(scene, "fleet", "")],
    ["held by an override of its priority", (scene) => override(scene, "priority", "interactive")],
    ["held by an override of its node", (scene) => override(scene, "node", "beta")],
    [
      "in SAFE",
      (scene) =>
        scene.world.do((tx) =>
          tx.emit({ kind: "rollback.suspected", node: "x", tokenSeen: 9e6, jobSeen: 9, epochSeen: 9 }),
        ),
    ],
    [
      "in a panic",
      (scene) => {
        scene.world.core.soft.panic = { fleet: 4 };
        for (const node of ["x", "y", "z"]) scene.world.core.soft.gone.set(node, scene.world.nowMs);
      },
    ],
    [
      "in a window",
      (scene) => {
        const window = { name: "show", days: [], fromMinute: 0, toMinute: 0, utcOffsetMinutes: 0 };
        const { control } = scene.world.core.state;
        if (control === null) throw new Error("there is a control document");
        const windows = [{ ...window, nodes: [], priorities: [] }];
        scene.world.do((tx) => tx.emit({ kind: "control.loaded", document: { ...control, windows } }));
      },
    ],
  ];
  const DRAIN = { node: "beta", isDrain: true, deadlineMs: null, ...BY };
  const desire = (scene: Scene, verb: "down" | "pause"): void =>
    void scene.world.do((tx) => setDesired(tx, { verb, isForced: false, isNow: false, ...BY }));
  const override = (scene: Scene, subject: "fleet" | "priority" | "node", name: string): void =>
    void scene.world.do((tx) =>
      setOverride(tx, { effect: "hold", subject, name, until: "", forMs: HOUR_MS, ...BY }),
    );

  it.each(MODES)("is everything while the fleet or the node is %s", (_name, begin) => {
    const { scene } = fullScene();
    begin(scene);
    scene.submit("big", BIG);
    never(scene);
  });
});

describe("a fleet under preemption", () => {
  const job = fc.record({
    priority: fc.constantFrom(...PRIORITIES),
    lane: fc.constantFrom(...LANES, "gpu" as const),
    gib: fc.integer({ min: 0, max: 60 }),
    runsMs: fc.integer({ min: 1_000, max: 200_000 }),
    afterMs: fc.integer({ min: 0, max: 40_000 }),
  });
  const fleet = fc.record({
    cards: fc.array(fc.integer({ min: 1, max: 2 }), { minLength: 1, maxLength: 2 }),
    gpuSlots: fc.integer({ min: 1, max: 4 }),
    stopsMs: fc.integer({ min: 0, max: 9_000 }),
    jobs: fc.array(job, { minLength: 8, maxLength: 12 }),
  });

  it("exceeds no gate, stops only less important work, comes to rest and runs everything that can run", () => {
    let stops = 0;
    fc.assert(
      fc.property(fleet, ({ cards, gpuSlots, stopsMs, jobs }) => {
        const scene = new Scene();
        const runs = new Map<string, number>();
        const runsMs = (jobId: string): number => runs.get(jobId) ?? 0;
        for (const [at, count] of cards.entries())
          scene.node(`node-${at}`, { cards: count, gpuSlots, runsMs, stopsMs });
        for (const [at, { priority, lane, gib, runsMs: forMs, afterMs }] of jobs.entries()) {
          const vramBytes = lane === "cpu" ? 0 : Math.min(gib * GIB, FITS[priority]);
          runs.set(scene.submit(`k${at}`, { priority, lane, vramBytes }), forMs);
          scene.pass(afterMs, 1_000);
        }
        for (let left = 0; left < 40 && scene.world.core.state.leases.size > 0; left++)
          scene.pass(100_000, 2_000);
        for (const node of scene.nodes) expect(node.pressure()).toBe(0);
        for (const node of scene.nodes) expect(node.declined).toEqual([]);
        const { state } = scene.world.core;
        for (const each of state.jobs.values()) {
          expect([each.id, each.state, each.attempts]).toEqual([each.id, "succeeded", 0]);
          expect(each.preempted?.times ?? 0).toBeLessThanOrEqual(PREEMPT_POLICY.timesMax);
        }
        for (const event of scene.world.events) {
          if (event.kind !== "job.preempted") continue;
          stops++;
          const [victim, claimant] = [event.jobId, event.claimant ?? ""].map(
            (jobId) => scene.job(jobId).spec,
          );
          expect(PRIORITY_RANK[victim?.priority ?? "realtime"]).toBeGreaterThan(
            PRIORITY_RANK[claimant?.priority ?? "batch"],
          );
        }
      }),
      { numRuns: 12, seed: 12 },
    );
    expect(stops).toBeGreaterThan(0);
  });
});

/** What an empty card of 96 GiB lets in, with a little to spare. */
const FITS = { realtime: 60 * GIB, interactive: 60 * GIB, background: 50 * GIB, batch: 40 * GIB } as const;

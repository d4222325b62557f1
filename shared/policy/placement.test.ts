import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { byPriority } from "./gate.ts";
import { type Misfit, type PlacementJob, type PlacementNode, place } from "./placement.ts";

const GIB = 1024 ** 3;

const nodeOf = (nodeId: string, headroomGib: number, more: Partial<PlacementNode> = {}): PlacementNode => ({
  nodeId,
  liveness: "ready",
  isCordoned: false,
  quarantine: null,
  isStale: false,
  labels: {},
  runners: ["render"],
  freeSlots: { gpu: 1, cpu: 1 },
  gpus: [card(`${nodeId}-0`, headroomGib, 40)],
  warm: [],
  ...more,
});

const card = (uuid: string, headroomGib: number, capacityGib: number) => ({
  uuid,
  headroomBytes: byPriority(() => headroomGib * GIB),
  capacityBytes: byPriority(() => capacityGib * GIB),
});

const jobOf = (vramGib: number, more: Partial<PlacementJob> = {}): PlacementJob => ({
  runner: "render",
  lane: "gpu",
  priority: "batch",
  vramBytes: vramGib * GIB,
  nodeId: null,
  labels: {},
  warmKey: null,
  avoidNodes: [],
  ...more,
});

const order = (job: PlacementJob, nodes: readonly PlacementNode[]): readonly string[] =>
  place(job, nodes).candidates.map((candidate) => candidate.nodeId);

describe("place", () => {
  it.each<[string, Partial<PlacementJob>, Partial<PlacementNode>, Misfit]>([
    ["a job pinned elsewhere", { nodeId: "b" }, {}, { reason: "other-node" }],
    ["a suspect node", {}, { liveness: "suspect" }, { reason: "not-ready" }],
    ["a lost node", {}, { liveness: "lost" }, { reason: "not-ready" }],
    ["a cordoned node", {}, { isCordoned: true }, { reason: "cordoned" }],
    ["a node that declined", { avoidNodes: ["a"] }, {}, { reason: "avoided" }],
    ["a missing runner", { runner: "train" }, {}, { reason: "no-runner" }],
    ["a label", { labels: { zone: "x" } }, {}, { reason: "label", label: "zone", wanted: "x" }],
    ["no free slot", {}, { freeSlots: { gpu: 0, cpu: 4 } }, { reason: "no-slot" }],
    ["stale telemetry", {}, { isStale: true }, { reason: "stale" }],
    ["a node without a GPU", {}, { gpus: [] }, { reason: "no-gpu" }],
    [
      "a full card",
      {},
      { gpus: [card("a-0", 9, 40)] },
      { reason: "no-headroom", vramBytes: 10 * GIB, headroomBytes: 9 * GIB },
    ],
    [
      "a card that is too small for ever",
      {},
      { gpus: [card("a-0", 4, 8)] },
      { reason: "too-big", vramBytes: 10 * GIB, capacityBytes: 8 * GIB },
    ],
  ])("says why not: %s", (_name, job, node, misfit) => {
    expect(place(jobOf(10, job), [nodeOf("a", 20, node)])).toEqual({
      candidates: [],
      misfits: [{ nodeId: "a", misfit }],
    });
  });

  it("takes a card with exactly enough headroom", () => {
    expect(place(jobOf(10), [nodeOf("a", 10)]).candidates).toEqual([
      { nodeId: "a", gpuUuid: "a-0", isWarm: false, headroomBytes: 10 * GIB },
    ]);
  });

  it("asks for an open gate even for zero bytes, and for no card at all on the cpu lane", () => {
    expect(order(jobOf(0), [nodeOf("a", 0)])).toEqual([]);
    const cpuOnly = nodeOf("a", 0, { gpus: [], isStale: true });
    expect(place(jobOf(0, { lane: "cpu" }), [cpuOnly]).candidates).toMatchObject([{ gpuUuid: null }]);
  });

  it("prefers a warm node, then keeps large cards free of small jobs", () => {
    const small = nodeOf("small", 6, { gpus: [card("s", 6, 8)] });
    const large = nodeOf("large", 40);
    expect(order(jobOf(2), [large, small])).toEqual(["small", "large"]);
    expect(order(jobOf(2, { warmKey: "flux" }), [{ ...large, warm: ["flux"] }, small])).toEqual([
      "large",
      "small",
    ]);
  });

  it("sends a big job where most is free", () => {
    const nodes = [nodeOf("a", 22), nodeOf("b", 38), nodeOf("c", 30)];
    expect(order(jobOf(21), nodes)).toEqual(["b", "c", "a"]);
  });

  it("spreads equal work by free slots, then by name, and picks the roomiest card of a node", () => {
    const busy = nodeOf("a", 20, { freeSlots: { gpu: 1, cpu: 1 } });
    const calm = nodeOf("c", 20, { freeSlots: { gpu: 3, cpu: 1 } });
    expect(order(jobOf(1), [busy, calm, nodeOf("b", 20)])).toEqual(["c", "a", "b"]);
    const pair = nodeOf("p", 0, { gpus: [card("g0", 5, 40), card("g1", 9, 40)] });
    expect(place(jobOf(1), [pair]).candidates[0]?.gpuUuid).toBe("g1");
  });

  it("accounts for every node exactly once, in an order that arrival does not change", () => {
    const someNode = fc.record({ headroom: fc.nat(40), slots: fc.nat(2), isCordoned: fc.boolean() });
    fc.assert(
      fc.property(fc.array(someNode, { maxLength: 8 }), fc.nat(45), (parts, vramGib) => {
        const nodes = parts.map(({ headroom, slots, isCordoned }, i) =>
          nodeOf(`n${i}`, headroom, { isCordoned, freeSlots: { gpu: slots, cpu: 0 } }),
        );
        const forwards = place(jobOf(vramGib), nodes);
        expect(place(jobOf(vramGib), [...nodes].reverse()).candidates).toEqual(forwards.candidates);
        const named = [...forwards.candidates, ...forwards.misfits].map((each) => each.nodeId);
        expect(named.sort()).toEqual(nodes.map((node) => node.nodeId).sort());
      }),
    );
  });
});

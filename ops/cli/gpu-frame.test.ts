import pc from "picocolors";
import { describe, expect, it } from "vitest";
import type { GpuStats } from "../../shared/wire/local-types.ts";
import { drawCandidates, drawRegistry, drawStats } from "./gpu-frame.ts";
import type { NodeReply } from "./nodes.ts";

const plain = pc.createColors(false);
const GIB = 1024 ** 3;

const CARD: GpuStats = {
  uuid: "GPU-5f0c8e21-aaaa-bbbb-cccc-0123456789ab",
  name: "NVIDIA GH200 480GB",
  source: "nvml",
  totalBytes: 96 * GIB,
  usableBytes: 91 * GIB,
  usedBytes: 64 * GIB,
  reservedBytes: 64 * GIB,
  measuredBytes: 60 * GIB,
  foreignBytes: 2 * GIB,
  pressure: 0.7,
  level: "warning",
  sampleAgeMs: 400,
  gates: [
    {
      priority: "batch",
      gate: 0.5,
      live: 0,
      refusals: 3,
      headroomBytes: 0,
      isStructurallyStarved: true,
    },
  ],
  budgets: [
    { subsystem: "tts", baselineBytes: 9 * GIB, currentBytes: 2 * GIB, heldBytes: 3 * GIB },
    { subsystem: "inference", baselineBytes: 72 * GIB, currentBytes: 79 * GIB, heldBytes: 64 * GIB },
  ],
  overclaimed: [{ id: "c", label: "liar", reservedBytes: 8 * GIB, measuredBytes: GIB }],
};

const reply = <Answer>(answer: Answer, node = "alpha"): NodeReply<Answer> => ({
  node,
  via: "hub",
  ageMs: 100,
  problem: null,
  answer,
});
const stats = (...gpus: readonly GpuStats[]) => ({ gpus, qos: [], activities: [] });
const text = (lines: readonly string[]): string => lines.join("\n");

describe("drawStats", () => {
  it("shows a card with its gates, budgets and liars, and the age of the sample with that of the answer", () => {
    const lines = text(drawStats([reply(stats(CARD))], plain));
    expect(lines).toMatch(/^alpha .* 0\.70 warning .* 2\.0 GiB {2}0\.5 s$/m);
    expect(lines).toMatch(/^batch .* 3 {2}structurally starved/m);
    expect(lines).toMatch(/^tts .* over budget$/m);
    expect(lines).toMatch(/^inference .* 64\.0 GiB$/m);
    expect(lines).toContain("liar: 8.0 GiB promised, 1.0 GiB measured");
    expect(lines).not.toContain("simulated");
  });

  it("calls what no sensor gave unknown, and a card that was never read so", () => {
    const card = { ...CARD, measuredBytes: null, foreignBytes: null, sampleAgeMs: null };
    const [, row] = drawStats([reply(stats(card))], plain);
    expect(row).toMatch(/unknown +unknown +never read$/);
  });

  it("marks a simulated card", () => {
    const uuid = "GPU-sim-0123456789abcdef";
    const [, row] = drawStats([reply(stats({ ...CARD, uuid, source: "simulated" }))], plain);
    expect(row).toMatch(/^alpha +GPU-sim-\S+ +NVIDIA GH200 480GB +simulated /);
    const [, candidate] = drawCandidates(
      [reply({ candidates: [{ ...CANDIDATE, gpu: uuid }], leftOut: 0 })],
      plain,
    );
    expect(candidate).toContain("(simulated)");
  });

  it("names each card and who reads it, also where nobody does", () => {
    expect(drawStats([reply(stats(CARD))], plain)[1]).toMatch(/NVIDIA GH200 480GB +nvml /);
    const unread = { ...CARD, name: null, source: null };
    expect(drawStats([reply(stats(unread))], plain)[1]).toMatch(/unknown +nobody reads it /);
  });

  it("leaves gates out where there are several cards, and names nodes without one and without an answer", () => {
    const away = { code: "unavailable", message: "gamma is not attached" } as const;
    const gamma = { ...reply(stats(), "gamma"), answer: null, problem: away };
    const lines = drawStats([reply(stats(CARD, CARD)), reply(stats(), "beta"), gamma], plain);
    expect(lines).toHaveLength(5);
    expect(lines[3]).toMatch(/^beta: no card/);
    expect(lines[4]).toBe("gamma is not attached");
  });
});

const CANDIDATE = {
  consumerId: "local/0/flux",
  gpu: CARD.uuid,
  label: "flux",
  subsystem: "inference",
  priority: "interactive",
  vramBytes: 34 * GIB,
  idleMs: 90_000,
  score: 12.857,
} as const;

describe("drawCandidates and drawRegistry", () => {
  it("show who would go and who is kept", () => {
    expect(text(drawCandidates([reply({ candidates: [CANDIDATE], leftOut: 0 })], plain))).toMatch(
      /flux .* 34\.0 GiB {2}1 min 30 s {2}12\.86 {2}0\.1 s/,
    );
    const held = { ...CANDIDATE, measuredBytes: null, heldForMs: 1, pid: null, uid: null };
    const consumers = [
      { ...held, isEvictable: true, pid: 17 },
      { ...held, isEvictable: false },
    ];
    const [, evictable, kept, more] = drawRegistry([reply({ consumers, leftOut: 3 })], plain);
    expect(evictable).toMatch(/ unknown .*12\.86 +17 /);
    expect(more).toMatch(/3 more are not shown/);
    expect(kept).toMatch(/ kept +0\.1 s$/);
  });

  it("say so when there is nobody, unless nobody answered", () => {
    expect(drawCandidates([reply({ candidates: [], leftOut: 0 })], plain)).toEqual([
      "nothing may be evicted",
    ]);
    expect(drawRegistry([reply({ consumers: [], leftOut: 0 })], plain)).toEqual(["nobody holds VRAM"]);
    const problem = { code: "refused", message: "alpha: not now" } as const;
    const silent = { ...reply({ consumers: [], leftOut: 0 }), answer: null, problem };
    expect(drawRegistry([silent], plain)).toEqual(["alpha: not now"]);
  });
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { judgeProof, mayClimb, mayImprove, type ProofInput, type VramMeasure } from "./proof.ts";

const GIB = 1024 ** 3;

function card(usedGib: number, heldGib: number | null): VramMeasure {
  return {
    usedBytes: usedGib * GIB,
    byConsumer: heldGib === null ? null : new Map([["llm", heldGib * GIB]]),
  };
}

function judge(before: VramMeasure, after: VramMeasure | null, said: ProofInput["said"] = "done") {
  return judgeProof({ consumer: "llm", expectedBytes: 10 * GIB, said, before, after });
}

describe("judgeProof", () => {
  it.each([
    ["all came back", card(30, 10), card(20, 0), "done", "freed", 10],
    ["nine tenths are all", card(30, 10), card(21, 1), "done", "freed", 9],
    ["less is partial", card(30, 10), card(22, 2), "done", "partial", 8],
    ["nothing came back of what was promised", card(30, 10), card(30, 10), "done", "lied", 0],
    ["a driver's noise is nothing", card(30, 10), card(29.9999, 9.9999), "done", "lied", 0],
    ["the consumer let go and the card did not", card(30, 10), card(30, 0), "done", "stranded", 0],
    ["somebody else took half of it", card(30, 10), card(25, 0), "done", "stranded", 5],
    ["somebody else let go meanwhile", card(30, 10), card(10, 10), "done", "lied", 0],
    ["a consumer that came too late with its answer", card(30, 10), card(20, 0), "late", "freed", 10],
    ["no answer and no bytes", card(30, 10), card(30, 10), "late", "failed", 0],
    ["it failed and the bytes are back all the same", card(30, 10), card(20, 0), "failed", "freed", 10],
    ["it had nothing loaded", card(30, 10), card(30, 10), "idle", "idle", 0],
    ["it was busy", card(30, 10), card(30, 10), "busy", "busy", 0],
    ["the card alone is told", card(30, null), card(20, null), "done", "freed", 10],
    ["the card alone is told and grows", card(30, null), card(31, null), "done", "lied", 0],
    ["processes are told only before", card(30, 10), card(20, null), "done", "freed", 10],
  ] as const)("%s", (_case, before, after, said, verdict, freedGib) => {
    const proof = judge(before, after, said);
    expect(proof.verdict).toBe(verdict);
    expect(proof.freedBytes).toBe(freedGib * GIB);
  });

  it("credits nothing when the card cannot be measured afterwards", () => {
    expect(judge(card(30, 10), null)).toEqual({ verdict: "unproved", freedBytes: 0 });
  });

  it("never credits more than the card shows, nor more than the consumer held", () => {
    const gib = fc.integer({ min: 0, max: 96 });
    const measure = fc.tuple(gib, fc.option(gib)).map(([used, held]) => card(used, held));
    fc.assert(
      fc.property(measure, measure, fc.constantFrom("done", "late", "failed"), (before, after, said) => {
        const { freedBytes, verdict } = judge(before, after, said);
        expect(freedBytes).toBeGreaterThanOrEqual(0);
        expect(freedBytes).toBeLessThanOrEqual(Math.max(0, before.usedBytes - after.usedBytes));
        const held = after.byConsumer === null ? null : before.byConsumer?.get("llm");
        if (held !== null && held !== undefined) expect(freedBytes).toBeLessThanOrEqual(held);
        if (verdict === "lied" || verdict === "failed") expect(freedBytes).toBe(0);
      }),
    );
  });
});

describe("what follows from a verdict", () => {
  it("waits only for what may still come, and climbs only where asking again can help", () => {
    expect(mayImprove("lied", "done")).toBe(true);
    expect(mayImprove("failed", "late")).toBe(true);
    expect(mayImprove("failed", "failed")).toBe(false);
    expect(mayImprove("freed", "done")).toBe(false);
    const climbing = ["freed", "partial", "stranded", "lied", "idle", "busy", "failed", "unproved"] as const;
    expect(climbing.filter(mayClimb)).toEqual(["partial", "lied", "failed"]);
  });
});

import { describe, expect, it } from "vitest";
import type { Refusal } from "./admission.ts";
import { explainRefusal } from "./explain.ts";

const MIB = 1024 ** 2;

const evidence = {
  gate: 0.5,
  pressure: 0.45,
  wouldBe: 0.53,
  bytes: 4_096 * MIB,
  headroomBytes: 2_048 * MIB,
  capacityBytes: 40_000 * MIB,
  shortfallBytes: 1.5 * MIB,
};

const sentences: readonly (readonly [Refusal, string, string])[] = [
  [
    { kind: "refused", reason: "gate", ...evidence },
    "pressure 0.450 would become 0.530 with 4096 MiB, gate 0.500",
    "free 1.5 MiB, or ask for at most 2048 MiB",
  ],
  [
    { kind: "refused", reason: "gate", ...evidence, shortfallBytes: null },
    "gate 0.500",
    "at most 40000 MiB ever fits here",
  ],
  [
    { kind: "refused", reason: "gate", ...evidence, headroomBytes: 0 },
    "gate 0.500",
    "free 1.5 MiB: until then nothing of this priority gets in",
  ],
  [
    { kind: "refused", reason: "gate", ...evidence, shortfallBytes: null, capacityBytes: 1_000 },
    "gate 0.500",
    "nothing of this priority ever fits here",
  ],
  [{ kind: "refused", reason: "structurally-starved", ...evidence }, "residents alone", "resident-aware"],
  [
    { kind: "refused", reason: "budget", subsystem: "tts", budgetBytes: 10 * MIB, wouldHoldBytes: 12 * MIB },
    "tts would hold 12 MiB of its hard budget of 10 MiB",
    "larger budget for tts",
  ],
  [
    { kind: "refused", reason: "telemetry-unknown", detail: "used VRAM is -1" },
    "used VRAM is -1",
    "good GPU sample",
  ],
  [
    { kind: "refused", reason: "telemetry-stale", ageMs: 20_400, validForMs: 15_000 },
    "20.4 s old",
    "fresh GPU sample",
  ],
  [{ kind: "refused", reason: "no-gpu" }, "no usable GPU", "another node"],
  [{ kind: "refused", reason: "invalid-claim", bytes: Number.NaN }, "NaN", "whole number"],
  [{ kind: "refused", reason: "ledger-full", limit: 4_096 }, "4096 consumers", "release"],
];

describe("explainRefusal", () => {
  it.each(sentences)("says why and what would change %o", (refusal, because, wouldChange) => {
    const explanation = explainRefusal(refusal);
    expect(explanation.because).toContain(because);
    expect(explanation.wouldChange).toContain(wouldChange);
  });
});

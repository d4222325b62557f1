import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { packageRoot } from "../../shared/package-root.ts";
import { CONFORMANCE_OPS, conform } from "./conformance.ts";

interface Example {
  readonly request: string;
  readonly answer: string;
}

const documented = (): readonly Example[] => {
  const lines = readFileSync(join(packageRoot(), "docs/protocol.md"), "utf8").split("\n");
  return lines.flatMap((line, i) => {
    const next = lines[i + 1] ?? "";
    const isPair = line.startsWith("> ") && next.startsWith("< ");
    return isPair ? [{ request: line.slice(2), answer: next.slice(2) }] : [];
  });
};

const send = (request: object): ReturnType<typeof conform> => conform(JSON.stringify(request));

describe("docs/protocol.md", () => {
  it.each(documented())("is right about $request", ({ request, answer }) => {
    expect(conform(request)).toMatchObject(JSON.parse(answer));
  });

  it("shows every operation", () => {
    const shown = documented().map(({ answer }) => JSON.parse(answer).op);
    expect(CONFORMANCE_OPS.filter((op) => !shown.includes(op))).toEqual([]);
  });
});

const open = { totalBytes: 2_000, reading: { usedBytes: 0 } };

describe("conform", () => {
  it("gives a state that can be sent back and goes on from there", () => {
    let state: unknown = open;
    const kinds: unknown[] = [];
    for (const id of ["a", "b", "c"]) {
      const answer = send({ op: "reserve", nowMs: 0, state, claim: { id, priority: "batch", bytes: 400 } });
      kinds.push(answer);
      state = answer["state"];
    }
    expect(kinds).toMatchObject([
      { result: { kind: "admitted" } },
      { result: { kind: "admitted" } },
      { result: { kind: "refused", headroomBytes: 149 }, state: { refusals: { batch: 1 } } },
    ]);
    expect(send({ op: "touch", id: "nobody", nowMs: 0, state })["state"]).toEqual(state);
  });

  it("takes a consumer that is listed twice for one that registered again", () => {
    const consumers = [1, 2].map((bytes) => ({ id: "a", priority: "batch", bytes }));
    const { candidates } = send({ op: "candidates", nowMs: 0, consumers })["result"] as {
      candidates: readonly object[];
    };
    expect(candidates).toMatchObject([{ id: "a", bytes: 2 }]);
  });

  it("holds a subsystem at its baseline where the current budgets do not name it", () => {
    const baseline = { inference: 1_000, tts: 100, rendering: 100 };
    const budgets = { baseline, current: { tts: 100 } };
    const view = { level: "normal", budgets, usedBySubsystem: {}, nowMs: 0 };
    expect(send({ op: "rebalance", ...view })["result"]).toEqual({ kind: "hold" });
  });

  it.each([
    ["used above total", { usedBytes: 2_001 }],
    ["negative used", { usedBytes: -1 }],
    ["no figure", {}],
  ])("closes the gates on a reading with %s", (_name, reading) => {
    const claim = { id: "a", priority: "realtime", bytes: 0 };
    expect(send({ op: "reserve", nowMs: 0, state: { ...open, reading }, claim })).toMatchObject({
      ok: true,
      result: { reason: "telemetry-unknown" },
    });
  });

  it.each([
    ["nothing", "", "request is not JSON"],
    ["a list", "[]", "request must be an object"],
    ["no op", "{}", "request.op must be a string"],
    ["an inherited op", '{"op":"constructor"}', "request.op must be one of"],
    [
      "a gate beyond 1",
      JSON.stringify({ op: "release", id: "a", state: { ...open, gates: { batch: 2 } } }),
      "request.state.gates.batch must be above 0 and at most 1",
    ],
    [
      "a card of half a byte",
      JSON.stringify({ op: "release", id: "a", state: { totalBytes: 0.5 } }),
      "request.state.totalBytes must be a whole number, 0 or more",
    ],
    [
      "a total below nothing, which would have no pressure",
      JSON.stringify({ op: "pressure", totalBytes: -1, usedBytes: 5 }),
      "request.totalBytes must be finite, 0 or more",
    ],
    [
      "a budget below nothing",
      JSON.stringify({ op: "applyPlan", usableBytes: 9, budgets: { baseline: { tts: -1 } }, changes: {} }),
      "request.budgets.baseline.tts must be finite, 0 or more",
    ],
    [
      "a hard budget where budgets only flag",
      JSON.stringify({ op: "release", id: "a", state: { ...open, hardBudgetPriorities: ["realtime"] } }),
      "request.state.hardBudgetPriorities may hold background and batch",
    ],
    [
      "levels in a wrong order",
      JSON.stringify({ op: "level", ratio: 0.5, opensAt: { warning: 0.9 } }),
      "request.opensAt must rise from warning over high to critical",
    ],
    [
      "a consumer of negative size",
      JSON.stringify({ op: "candidates", nowMs: 0, consumers: [{ id: "a", priority: "batch", bytes: -1 }] }),
      "request.consumers[0].bytes must be a whole number, 0 or more",
    ],
    [
      "a priority nobody knows",
      JSON.stringify({
        op: "reserve",
        nowMs: 0,
        state: open,
        claim: { id: "a", priority: "urgent", bytes: 1 },
      }),
      "request.claim.priority must be one of realtime, interactive, background, batch",
    ],
  ])("answers %s with an error", (_name, line, message) => {
    const answer = conform(line);
    expect(answer["ok"]).toBe(false);
    expect(answer["error"]).toContain(message);
  });

  it("never throws, whatever the line", () => {
    const mutated = fc
      .record({ op: fc.constantFrom(...CONFORMANCE_OPS) })
      .chain((base) =>
        fc
          .dictionary(
            fc.constantFrom(
              "state",
              "claim",
              "nowMs",
              "id",
              "budgets",
              "changes",
              "nodes",
              "job",
              "consumers",
              "level",
            ),
            fc.jsonValue(),
          )
          .map((extra) => JSON.stringify({ ...extra, ...base })),
      );
    fc.assert(
      fc.property(fc.oneof(mutated, fc.string(), fc.json()), (line) => {
        expect(typeof conform(line)["ok"]).toBe("boolean");
      }),
      { numRuns: 1_000 },
    );
  });
});

import { describe, expect, it } from "vitest";
import { SMALL_NODE_GATES } from "../../../shared/policy/gate.ts";
import { LEDGER_CONFIG, type VramClaim } from "../../../shared/policy/ledger.ts";
import { type DeclaredConsumer, GOVERNANCE } from "../../core/governance.ts";
import { checkDocument, checkLayer, checkSmallNode, checkStarved } from "./governance.ts";
import type { CardSize } from "./gpu.ts";

const GIB = 1024 ** 3;

function card(totalGib: number): CardSize {
  return { uuid: "GPU-a", name: "card", totalBytes: totalGib * GIB };
}

function resident(id: string, gib: number): DeclaredConsumer {
  const claim: VramClaim = {
    ...{ id, label: id, subsystem: "inference", bytes: gib * GIB },
    ...{ priority: "interactive", evictable: true, resident: true, reloadMs: 0 },
  };
  return { claim, gpu: null, pid: null, processName: null, owner: null, idleMs: 0 };
}

describe("checkDocument", () => {
  it("fails with the field that is wrong, and tells defaults from a document", () => {
    expect(checkDocument("a", { kind: "refused", problem: "gates: unknown" })).toMatchObject({
      severity: "fail",
      evidence: ["gates: unknown"],
    });
    const valid = { kind: "valid", governance: GOVERNANCE } as const;
    expect(checkDocument("a", { ...valid, isPresent: false }).title).toContain("the defaults hold");
    expect(checkDocument("a", { ...valid, isPresent: true }).severity).toBe("ok");
  });
});

describe("checkLayer", () => {
  it.each([
    [4, "mechanical", "ok", "layers 0–3"],
    [4, "active", "note", "strategy active: the mechanical one acts until a learned one comes"],
    [4, "shadow", "note", "strategy shadow: the mechanical one acts until a learned one comes"],
    [4, "off", "note", "layers 0–2"],
    [0, "active", "note", "layers 0–0"],
  ] as const)("maxLayer %d with strategy %s", (maxLayer, strategy, severity, title) => {
    const finding = checkLayer("a", { ...GOVERNANCE, maxLayer, strategy });
    expect(finding).toMatchObject({ severity, title: expect.stringContaining(title) });
  });
});

describe("checkStarved", () => {
  const declared = [resident("flux", 34), resident("llm", 30)];
  const literal = { ...LEDGER_CONFIG, gatePolicy: "literal" } as const;

  it("warns of gates that the residents alone keep shut, with a cure", () => {
    const [finding] = checkStarved("a", { ...GOVERNANCE, declared, ledger: literal }, [card(96)]);
    expect(finding).toMatchObject({
      severity: "warn",
      evidence: ["card with 96.0 GiB: residents hold 64.0 GiB, background and batch can never start"],
      cure: expect.stringContaining("resident-aware"),
    });
  });

  it("is well where residents are taken out of the account, and where there are none", () => {
    expect(checkStarved("a", { ...GOVERNANCE, declared }, [card(96)])).toMatchObject([{ severity: "ok" }]);
    expect(checkStarved("a", { ...GOVERNANCE, ledger: literal }, [card(96)])).toMatchObject([
      { severity: "ok" },
    ]);
  });

  it("books what names no card on the first one only", () => {
    const findings = checkStarved("a", { ...GOVERNANCE, declared, ledger: literal }, [
      card(96),
      { ...card(96), uuid: "GPU-b" },
    ]);
    expect(findings[0]?.evidence).toHaveLength(1);
  });

  it("says nothing without a card", () => expect(checkStarved("a", GOVERNANCE, [])).toEqual([]));
});

describe("checkSmallNode", () => {
  it("proposes the small-node gates for a card of 8 GB, unless they are chosen", () => {
    expect(checkSmallNode("a", GOVERNANCE, [card(8)])).toMatchObject([
      { severity: "note", cure: expect.stringContaining('"table": "small-node"') },
    ]);
    const chosen = { ...GOVERNANCE, ledger: { ...LEDGER_CONFIG, gates: SMALL_NODE_GATES } };
    expect(checkSmallNode("a", chosen, [card(8)])).toEqual([]);
    expect(checkSmallNode("a", GOVERNANCE, [card(96)])).toEqual([]);
  });
});

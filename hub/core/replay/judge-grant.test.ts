import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PRIORITIES, PRIORITY_GATE } from "../../../shared/model/priority.ts";
import { GATE_POLICIES, type GatePolicy, gateView, headroomUnderGate } from "../../../shared/policy/gate.ts";
import type { Seat } from "../../../shared/policy/placement.ts";
import { throughGate } from "./judge-grant.ts";

const GIB = 1024 ** 3;

/** A card of up to 256 GiB on which residents hold a part of what is in use. */
const card = fc
  .tuple(fc.integer({ min: 1, max: 256 * GIB }), fc.nat(1_000_000), fc.nat(1_000_000))
  .map(([usableBytes, used, resident]) => {
    const usedBytes = Math.floor((usableBytes * used) / 1_000_000);
    return { usableBytes, usedBytes, residentBytes: Math.floor((usedBytes * resident) / 1_000_000) };
  });

describe("throughGate", () => {
  it("finds what the gate itself would have left, under either policy and at any gate", () => {
    const policy = fc.constantFrom<GatePolicy>(...GATE_POLICIES);
    const asked = fc.record({
      card,
      priority: fc.constantFrom(...PRIORITIES),
      was: policy,
      gatePolicy: policy,
      gate: fc.integer({ min: 1, max: 100 }).map((percent) => percent / 100),
    });
    fc.assert(
      fc.property(asked, ({ card, priority, was, gatePolicy, gate }) => {
        const gates = { ...PRIORITY_GATE, [priority]: gate };
        const headroomBytes = headroomUnderGate(gateView(card, priority, PRIORITY_GATE, was));
        fc.pre(headroomBytes > 0);
        const seat: Seat = {
          ...{ nodeId: "alpha", gpuUuid: "GPU-0", isWarm: false, freeSlots: 1, headroomBytes },
          capacityBytes: Math.floor(card.usableBytes * PRIORITY_GATE[priority]),
          residents: { bytes: card.residentBytes, isLiteral: was === "literal" },
        };
        const found = throughGate(seat, priority, { gates, gatePolicy }).headroomBytes;
        const real = headroomUnderGate(gateView(card, priority, gates, gatePolicy));
        // Whole numbers all along: both headrooms, what is moved, and the share of a capacity that was one.
        expect(Math.abs(found - real)).toBeLessThanOrEqual(2 + gate / PRIORITY_GATE[priority]);
      }),
    );
  });
});

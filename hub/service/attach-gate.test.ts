import { describe, expect, it } from "vitest";
import { type AttachLimits, createAttachGate } from "./attach-gate.ts";

const LIMITS: AttachLimits = { perSecond: 10, burst: 20, reserve: 5, waitMaxMs: 3_000 };
const open = () => createAttachGate(LIMITS);
const times = <T>(count: number, make: () => T): T[] => Array.from({ length: count }, make);

describe("admit", () => {
  it("lets a burst in, keeps a reserve of it for agents that hold work, and no more", () => {
    const gate = open();
    expect(times(15, () => gate.admit(0, false))).toEqual(times(15, () => 0));
    expect(gate.admit(0, false)).toBeGreaterThan(0);
    expect(times(5, () => gate.admit(0, true))).toEqual(times(5, () => 0));
    expect(gate.admit(0, true)).toBeGreaterThan(0);
  });

  it("tells each that comes too soon a later time than the one before, at the pace of the gate", () => {
    const gate = open();
    times(15, () => gate.admit(0, false));
    expect(times(4, () => gate.admit(0, false))).toEqual([100, 200, 300, 400]);
  });

  it("tells nobody to wait longer than the bound", () => {
    const gate = open();
    const waits = times(200, () => gate.admit(0, false));
    expect(Math.max(...waits)).toBe(LIMITS.waitMaxMs);
  });

  it("lets those in who come when they were told", () => {
    const gate = open();
    times(15, () => gate.admit(0, false));
    const due = times(25, () => gate.admit(0, false));
    expect(due.map((waitMs) => gate.admit(waitMs + 1, false))).toEqual(due.map(() => 0));
  });

  it.each([1, 7, 60_000])("admits at most the burst and its pace in %i ms", (spanMs) => {
    const gate = open();
    let admitted = 0;
    for (let nowMs = 0; nowMs <= spanMs; nowMs += Math.max(1, spanMs / 1_000))
      for (let i = 0; i < 30; i++) if (gate.admit(nowMs, true) === 0) admitted++;
    expect(admitted).toBeLessThanOrEqual(LIMITS.burst + (spanMs / 1_000) * LIMITS.perSecond);
    expect(admitted).toBeGreaterThanOrEqual(LIMITS.burst);
  });
});

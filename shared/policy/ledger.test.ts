import { describe, expect, it } from "vitest";
import {
  account,
  applySample,
  book,
  createLedger,
  type Ledger,
  overclaimed,
  release,
  reprioritise,
  touch,
  usageOf,
  usedBySubsystem,
  type VramClaim,
} from "./ledger.ts";

const claimOf = (id: string, bytes: number, more: Partial<VramClaim> = {}): VramClaim => ({
  id,
  label: id,
  subsystem: "inference",
  priority: "interactive",
  bytes,
  evictable: true,
  resident: false,
  reloadMs: 0,
  ...more,
});

const sampled = (usedBytes: number, byConsumer: Record<string, number> | null = {}): Ledger => {
  const ledger = createLedger(1_000, {});
  sample(ledger, usedBytes, byConsumer);
  return ledger;
};

const sample = (
  ledger: Ledger,
  usedBytes: number | null,
  byConsumer: Record<string, number> | null,
): void => {
  const map = byConsumer === null ? null : new Map(Object.entries(byConsumer));
  applySample(ledger, { usedBytes, byConsumer: map, validForMs: 15_000 }, 0);
};

describe("usageOf", () => {
  it("is foreign measured plus the larger of reserved and measured per consumer", () => {
    const ledger = createLedger(1_000, {});
    book(ledger, claimOf("modest", 100), 0);
    book(ledger, claimOf("greedy", 100), 0);
    sample(ledger, 250, { modest: 40, greedy: 180 });
    const usage = usageOf(ledger);
    expect(usage.foreignBytes).toBe(30);
    expect(usage.usedBytes).toBe(30 + 100 + 180);
    expect(usedBySubsystem(ledger)).toEqual({ inference: 280 });
  });

  it("adds what was granted since the sample where the driver hides processes", () => {
    const ledger = createLedger(1_000, {});
    book(ledger, claimOf("old", 100), 0);
    sample(ledger, 300, null);
    book(ledger, claimOf("new", 50), 1);
    expect(usageOf(ledger)).toMatchObject({ usedBytes: 350, foreignBytes: null, reservedBytes: 150 });
    sample(ledger, 120, null);
    expect(usageOf(ledger).usedBytes).toBe(150);
  });

  it("never falls below what is reserved or what is measured", () => {
    const ledger = sampled(400, null);
    expect(usageOf(ledger).usedBytes).toBe(400);
    book(ledger, claimOf("big", 700), 0);
    sample(ledger, 400, null);
    expect(usageOf(ledger).usedBytes).toBe(700);
  });

  it("counts what a released consumer still holds as foreign until a sample shows it gone", () => {
    const ledger = createLedger(1_000, {});
    book(ledger, claimOf("a", 200), 0);
    sample(ledger, 200, { a: 200 });
    release(ledger, "a");
    expect(usageOf(ledger)).toMatchObject({ usedBytes: 200, foreignBytes: 200 });
    sample(ledger, 0, {});
    expect(usageOf(ledger).usedBytes).toBe(0);
  });

  it("counts live allocations by priority", () => {
    const ledger = sampled(0);
    book(ledger, claimOf("a", 1), 0);
    book(ledger, claimOf("b", 1, { priority: "batch" }), 0);
    expect(usageOf(ledger).liveByPriority).toEqual({ realtime: 0, interactive: 1, background: 0, batch: 1 });
  });
});

describe("applySample", () => {
  it.each([
    ["a missing figure", null, {}],
    ["NaN", Number.NaN, {}],
    ["a negative figure", -1, {}],
    ["more used than there is", 1_001, {}],
    ["nonsense for one process", 10, { a: Number.NaN }],
  ])("takes %s for unknown", (_name, usedBytes, byConsumer) => {
    const ledger = sampled(0);
    sample(ledger, usedBytes, byConsumer);
    expect(ledger.reading.kind).toBe("unknown");
  });

  it("recovers with the next good sample", () => {
    const ledger = sampled(Number.NaN);
    sample(ledger, 10, {});
    expect(usageOf(ledger)).toMatchObject({ measuredBytes: 10, usedBytes: 10 });
  });
});

describe("booking by id", () => {
  it("replaces on a second registration and never adds", () => {
    const ledger = sampled(0);
    book(ledger, claimOf("a", 100), 0);
    book(ledger, claimOf("a", 60), 5);
    expect(usageOf(ledger)).toMatchObject({ usedBytes: 60, reservedBytes: 60 });
    expect(ledger.consumers.get("a")).toMatchObject({ allocatedAtMs: 0, lastUsedAtMs: 5 });
  });

  it("books what is loaded already without counting it twice", () => {
    const ledger = sampled(300);
    account(ledger, claimOf("server", 250), 200, 0);
    expect(usageOf(ledger)).toMatchObject({ foreignBytes: 100, usedBytes: 350 });
  });

  it("makes realtime unevictable, whatever the claim or a later priority says", () => {
    const ledger = sampled(0);
    expect(book(ledger, claimOf("render", 1, { priority: "realtime" }), 0).evictable).toBe(false);
    book(ledger, claimOf("persona", 1), 0);
    reprioritise(ledger, "persona", "realtime");
    expect(ledger.consumers.get("persona")?.evictable).toBe(false);
  });
});

describe("release", () => {
  it("frees the whole reservation by default and an unknown id frees nothing", () => {
    const ledger = sampled(0);
    book(ledger, claimOf("a", 100), 0);
    expect(release(ledger, "a")).toBe(100);
    expect(release(ledger, "a")).toBe(0);
    expect(ledger.consumers.size).toBe(0);
  });

  it.each([
    ["part of it", 30, 30, 70],
    ["more than there is", 130, 100, 0],
    ["a fraction of a byte, as none", 0.9, 0, 100],
    ["a negative amount", -5, 0, 100],
    ["NaN", Number.NaN, 0, 100],
  ])("gives back %s and saturates", (_name, bytes, freed, kept) => {
    const ledger = sampled(0);
    book(ledger, claimOf("a", 100), 0);
    expect(release(ledger, "a", bytes)).toBe(freed);
    expect(usageOf(ledger).reservedBytes).toBe(kept);
  });
});

describe("touch", () => {
  it("moves last use forward only, and knows who is there", () => {
    const ledger = sampled(0);
    book(ledger, claimOf("a", 1), 10);
    expect(touch(ledger, "a", 20)).toBe(true);
    expect(touch(ledger, "a", 5)).toBe(true);
    expect(ledger.consumers.get("a")?.lastUsedAtMs).toBe(20);
    expect(touch(ledger, "ghost", 20)).toBe(false);
  });
});

describe("overclaimed", () => {
  it("names those who hold more than they were promised, worst first", () => {
    const ledger = createLedger(1_000, {});
    for (const id of ["honest", "liar", "fibber"]) book(ledger, claimOf(id, 100), 0);
    sample(ledger, 500, { honest: 100, liar: 250, fibber: 110 });
    expect(overclaimed(ledger).map((row) => row.id)).toEqual(["liar", "fibber"]);
  });
});

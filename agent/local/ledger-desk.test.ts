import { describe, expect, it } from "vitest";
import { account, applySample, createLedger, type Ledger } from "../../shared/policy/ledger.ts";
import type { LocalClaim } from "../../shared/wire/local-types.ts";
import { createLedgerDesk } from "./ledger-desk.ts";
import { MAX_QOS_SERIES } from "./qos.ts";

const claim: LocalClaim = {
  key: null,
  priority: "interactive",
  vramBytes: 100,
  gpu: null,
  subsystem: "inference",
  label: "a model",
  owner: null,
  isEvictable: true,
  reloadMs: 0,
  keepMs: 0,
  idleMs: 0,
};

/** A card of 1000 bytes of which `usedBytes` are somebody else's. */
function card(usedBytes: number): Ledger {
  const ledger = createLedger(1000, { inference: 750 });
  applySample(ledger, { usedBytes, byConsumer: new Map(), validForMs: 1_000 }, 0);
  return ledger;
}

function deskOver(cards: ReadonlyMap<string, Ledger>, isGpuExpected = true) {
  return createLedgerDesk({
    cards: () => cards,
    isGpuExpected: () => isGpuExpected,
    identityOf: () => null,
    nowMs: () => 0,
    resources: () => {
      throw new Error("nobody asked");
    },
    onBudgetSet: () => undefined,
  });
}

describe("a desk without cards", () => {
  it.each([
    [true, "telemetry-unknown"],
    [false, "no-gpu"],
  ])("refuses with the reason that holds when a GPU is expected: %s", (isGpuExpected, reason) => {
    const desk = deskOver(new Map(), isGpuExpected);
    expect(desk.reserve("a", claim)).toMatchObject({ kind: "refused", reason });
    expect(desk.account("a", claim)).toMatchObject({ kind: "refused", reason });
    expect([desk.touch("a"), desk.release("a")]).toEqual([false, 0]);
  });
});

describe("a desk over two cards", () => {
  it("books where most room is, stays there, and takes a named card", () => {
    const desk = deskOver(
      new Map([
        ["GPU-a", card(500)],
        ["GPU-b", card(300)],
      ]),
    );
    expect(desk.reserve("a", claim)).toMatchObject({ gpu: "GPU-b" });
    expect(desk.reserve("b", { ...claim, gpu: "GPU-a" })).toMatchObject({ gpu: "GPU-a" });
    desk.reserve("c", { ...claim, vramBytes: 200 });
    expect(desk.reserve("a", { ...claim, vramBytes: 1 })).toMatchObject({ gpu: "GPU-b" });
    expect(desk.registry().map(({ consumerId, gpu }) => `${consumerId} ${gpu}`)).toEqual([
      "b GPU-a",
      "a GPU-b",
      "c GPU-b",
    ]);
  });

  it("moves no reservation from card to card", () => {
    const desk = deskOver(
      new Map([
        ["GPU-a", card(0)],
        ["GPU-b", card(0)],
      ]),
    );
    desk.reserve("a", { ...claim, gpu: "GPU-a" });
    expect(() => desk.reserve("a", { ...claim, gpu: "GPU-b" })).toThrow(/holds VRAM on GPU-a; release it/);
  });

  it("asks which card a budget is for", () => {
    const desk = deskOver(
      new Map([
        ["GPU-a", card(0)],
        ["GPU-b", card(0)],
      ]),
    );
    const change = { subsystem: "inference", budgetMib: 0, gpu: null };
    expect(() => desk.setBudget(change)).toThrow(/name one of GPU-a, GPU-b/);
    expect(desk.setBudget({ ...change, gpu: "GPU-b" })).toMatchObject({ kind: "applied" });
    expect(() => desk.setBudget({ ...change, gpu: "GPU-c" })).toThrow(/no card GPU-c here/);
  });
});

describe("what is declared for an owner", () => {
  it("follows her activity, until it expires", () => {
    const ledger = card(0);
    const flux = { id: "node/flux", label: "flux", subsystem: "inference", bytes: 100 } as const;
    account(ledger, { ...flux, priority: "interactive", evictable: true, resident: true, reloadMs: 0 }, 0, 0);
    let now = 0;
    const desk = createLedgerDesk({
      cards: () => new Map([["GPU-a", ledger]]),
      isGpuExpected: () => true,
      identityOf: () => null,
      nowMs: () => now,
      resources: () => {
        throw new Error("nobody asked");
      },
      owned: (owner) => (owner === "ada" ? [{ id: flux.id, priority: "interactive" }] : []),
      onBudgetSet: () => undefined,
    });
    const priority = (): string | undefined => desk.registry()[0]?.priority;
    expect(desk.setActivity({ owner: "bob", kind: "idle", expiresMs: 10 })).toBe(0);
    expect(priority()).toBe("interactive");
    expect(desk.setActivity({ owner: "ada", kind: "idle", expiresMs: 10 })).toBe(1);
    expect(priority()).toBe("background");
    now = 9;
    desk.tick();
    expect(priority()).toBe("background");
    now = 10;
    desk.tick();
    expect(priority()).toBe("interactive");
  });
});

describe("reportQos", () => {
  it("keeps a bounded number of series and goes on counting those", () => {
    const desk = deskOver(new Map());
    const report = (subsystem: string): void => desk.reportQos({ subsystem, kind: "stall", value: 1 });
    for (let index = 0; index < MAX_QOS_SERIES; index++) report(`s${index}`);
    expect(() => report("one-more")).toThrow(/too many series/);
    report("s0");
    expect(desk.stats().qos[0]).toMatchObject({ subsystem: "s0", count: 2 });
  });
});

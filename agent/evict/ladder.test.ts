import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type Evictable, RUNGS, type Rung } from "../../shared/policy/eviction.ts";
import type { EvictionRecord, EvictionRequest, LadderPorts } from "./climb.ts";
import type { EvictOutcome, Evictor } from "./evictor.ts";
import { createLadder, LADDER_POLICY, MAX_WAITING } from "./ladder.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"], now: 1_000_000 });
});
afterEach(() => {
  vi.useRealTimers();
});

const GIB = 1024 ** 3;
const FOREIGN_GIB = 5;

type Move = "frees" | "half" | "lies" | "hangs" | "fails" | "busy" | "idle" | "throws" | "frees late";
type Moves = Readonly<Partial<Record<Rung, Move>>>;

interface Row extends Partial<Evictable> {
  readonly id: string;
  readonly gib: number;
  readonly moves: Moves;
  readonly spills?: readonly Rung[];
}

/** A card whose bytes follow what its consumers are made to do. */
function simCard(rows: readonly Row[], change: Partial<LadderPorts> = {}) {
  const held = new Map(rows.map(({ id, gib }) => [id, gib * GIB]));
  const asked: string[] = [];
  const records: EvictionRecord[] = [];
  const holds: (readonly [string, number])[] = [];
  const usedBytes = (): number => [...held.values()].reduce((sum, bytes) => sum + bytes, FOREIGN_GIB * GIB);
  const actNow = (id: string, move: Move): EvictOutcome => {
    if (move === "frees") held.set(id, 0);
    if (move === "half") held.set(id, (held.get(id) ?? 0) / 2);
    if (move === "frees late") setTimeout(() => held.set(id, 0), 2_000);
    if (move === "throws") throw new Error("an adapter's own fault");
    if (move === "busy" || move === "idle") return { kind: move, detail: move };
    return { kind: move === "fails" ? "failed" : "done", detail: move };
  };
  const evictorOf = (id: string): Evictor | null => {
    const row = rows.find((each) => each.id === id);
    if (row === undefined || Object.keys(row.moves).length === 0) return null;
    return {
      id,
      spills: row.spills ?? [],
      restore: null,
      rungs: (bytes) => Object.fromEntries(Object.keys(row.moves).map((rung) => [rung, bytes])),
      evict: async (rung) => {
        asked.push(`${id}:${rung}`);
        const move = row.moves[rung] ?? "fails";
        return move === "hangs" ? new Promise(() => {}) : actNow(id, move);
      },
    };
  };
  const ports: LadderPorts = {
    clock: { bootMs: () => Date.now(), wallMs: () => Date.now() },
    consumers: () =>
      rows.map((row) => ({
        label: row.id,
        subsystem: "inference",
        priority: "batch",
        bytes: row.gib * GIB,
        allocatedAtMs: 0,
        lastUsedAtMs: 500_000,
        evictable: true,
        reloadMs: 0,
        ...row,
      })),
    evictorOf,
    measure: async () => ({ usedBytes: usedBytes(), byConsumer: new Map(held) }),
    mayTakeHostBytes: () => true,
    hold: ({ requester }, bytes) => holds.push([requester, bytes]),
    onRecord: (record) => records.push(record),
    ...change,
  };
  const ladder = createLadder(LADDER_POLICY, ports);
  const never = new AbortController().signal;
  const request = async (wantedGib: number, more: Partial<EvictionRequest> = {}, stopping = never) => {
    const asking = ladder.request(
      { requester: "job", gpu: "GPU-a", bytesWanted: wantedGib * GIB, ceiling: "kill", ...more },
      stopping,
    );
    await vi.advanceTimersByTimeAsync(300_000);
    return asking;
  };
  const verdicts = (): readonly string[] => records.map(({ rung, verdict }) => `${rung} ${verdict}`);
  return { request, ladder, asked, records, holds, held, usedBytes, verdicts };
}

describe("createLadder", () => {
  it("takes the idlest consumer by its cheapest rung, proves the bytes and holds them", async () => {
    const card = simCard([
      { id: "used", gib: 10, moves: { unload: "frees" }, lastUsedAtMs: 990_000 },
      { id: "idle", gib: 10, moves: { term: "frees", unload: "frees" }, lastUsedAtMs: 100_000 },
    ]);
    expect(await card.request(8)).toMatchObject({ kind: "freed", freedBytes: 10 * GIB });
    expect(card.asked).toEqual(["idle:unload"]);
    expect(card.holds).toEqual([["job", 8 * GIB]]);
    expect(card.records).toMatchObject([
      {
        requester: "job",
        gpu: "GPU-a",
        consumer: { id: "idle", score: 450 },
        rung: "unload",
        verdict: "freed",
        usedBeforeBytes: 25 * GIB,
        usedAfterBytes: 15 * GIB,
      },
    ]);
  });

  it("goes on to the next consumer until there is enough", async () => {
    const card = simCard([
      { id: "a", gib: 4, moves: { unload: "frees" }, lastUsedAtMs: 1 },
      { id: "b", gib: 4, moves: { unload: "frees" }, lastUsedAtMs: 2 },
      { id: "c", gib: 4, moves: { unload: "frees" }, lastUsedAtMs: 3 },
    ]);
    expect((await card.request(7)).kind).toBe("freed");
    expect(card.asked).toEqual(["a:unload", "b:unload"]);
    expect(card.holds.map(([, bytes]) => bytes / GIB)).toEqual([4, 7]);
  });

  it.each([
    ["lies", ["unload lied", "term freed"]],
    ["hangs", ["unload failed", "term freed"]],
    ["fails", ["unload failed", "term freed"]],
    ["throws", ["unload failed", "term freed"]],
    ["half", ["unload partial", "term freed"]],
    ["frees late", ["unload freed"]],
  ] as const)("tries the next rung after one that %s, if it must", async (move, expected) => {
    const card = simCard([{ id: "llm", gib: 10, moves: { unload: move, term: "frees" } }]);
    expect(await card.request(10)).toMatchObject({ kind: "freed", freedBytes: 10 * GIB });
    expect(card.verdicts()).toEqual(expected);
  });

  it.each(["busy", "idle"] as const)("never climbs against a consumer that is %s", async (move) => {
    const card = simCard([
      { id: "first", gib: 10, moves: { unload: move, kill: "frees" }, lastUsedAtMs: 1 },
      { id: "second", gib: 10, moves: { unload: "frees" } },
    ]);
    expect((await card.request(10)).kind).toBe("freed");
    expect(card.asked).toEqual(["first:unload", "second:unload"]);
  });

  it("stops at the rung that the request is worth", async () => {
    const card = simCard([{ id: "llm", gib: 10, moves: { unload: "lies", term: "frees", kill: "frees" } }]);
    expect(await card.request(10, { ceiling: "park" })).toMatchObject({
      kind: "short",
      freedBytes: 0,
      shortfallBytes: 10 * GIB,
    });
    expect(card.asked).toEqual(["llm:unload"]);
  });

  it("lets go of what it freed when that is not enough", async () => {
    const card = simCard([{ id: "llm", gib: 4, moves: { unload: "frees" } }]);
    expect(await card.request(10)).toMatchObject({ kind: "short", freedBytes: 4 * GIB });
    expect(card.holds).toEqual([
      ["job", 4 * GIB],
      ["job", 0],
    ]);
  });

  it("parks nobody into main memory that has no room", async () => {
    const row: Row = { id: "lora", gib: 10, moves: { park: "frees", term: "frees" }, spills: ["park"] };
    const full = simCard([row], { mayTakeHostBytes: (bytes) => bytes < 10 * GIB });
    await full.request(10);
    expect(full.asked).toEqual(["lora:term"]);
    const roomy = simCard([row]);
    await roomy.request(10);
    expect(roomy.asked).toEqual(["lora:park"]);
  });

  it.each([
    ["realtime work", { priority: "realtime" }],
    ["what is not evictable", { evictable: false }],
    ["what was loaded a moment ago", { allocatedAtMs: 995_000 }],
    ["what is in use", { lastUsedAtMs: 1_000_000 }],
    ["what is idle for less than it takes to load again", { lastUsedAtMs: 990_000, reloadMs: 20_000 }],
    ["what holds nothing", { gib: 0 }],
    ["what has no adapter", { moves: {} }],
    ["the requester itself", { id: "job" }],
  ] as const)("leaves %s alone", async (_case, change) => {
    const card = simCard([{ id: "it", gib: 10, moves: { unload: "frees" }, ...change } as Row]);
    expect(await card.request(10)).toMatchObject({ kind: "refused" });
    expect(card.asked).toEqual([]);
  });

  it("asks a consumer that lied again only after its cooldown, and a busy one at once", async () => {
    const rows: Row[] = [
      { id: "liar", gib: 10, moves: { unload: "lies" }, lastUsedAtMs: 1 },
      { id: "busy", gib: 10, moves: { unload: "busy" } },
    ];
    const card = simCard(rows);
    const once = { requester: "job", gpu: "GPU-a", bytesWanted: GIB, ceiling: "kill" } as const;
    const ask = async (afterMs: number): Promise<void> => {
      const asking = card.ladder.request(once, new AbortController().signal);
      await vi.advanceTimersByTimeAsync(afterMs);
      await asking;
    };
    await ask(10_000);
    await ask(10_000);
    expect(card.asked).toEqual(["liar:unload", "busy:unload", "busy:unload"]);
    await ask(LADDER_POLICY.cooldownMs);
    await ask(10_000);
    expect(card.asked.filter((line) => line === "liar:unload")).toHaveLength(2);
  });

  it("asks nobody when the card cannot be measured", async () => {
    for (const measure of [
      async () => null,
      async () => {
        throw new Error("GPU is lost");
      },
      () => new Promise<never>(() => {}),
    ]) {
      const card = simCard([{ id: "llm", gib: 10, moves: { unload: "frees" } }], { measure });
      expect(await card.request(10)).toMatchObject({ kind: "refused" });
      expect(card.asked).toEqual([]);
    }
  });

  it("credits nothing and climbs no further when the card goes quiet afterwards", async () => {
    let looks = 0;
    const card = simCard([{ id: "llm", gib: 10, moves: { unload: "frees", kill: "frees" } }], {
      measure: async () =>
        looks++ === 0 ? { usedBytes: 15 * GIB, byConsumer: new Map([["llm", 10 * GIB]]) } : null,
    });
    expect(await card.request(10)).toMatchObject({ kind: "short", freedBytes: 0 });
    expect(card.verdicts()).toEqual(["unload unproved"]);
    expect(card.holds).toEqual([]);
  });

  it("ends between rungs and during waits when it is told to stop", async () => {
    const card = simCard([{ id: "llm", gib: 10, moves: { unload: "hangs", kill: "frees" } }]);
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 1_000);
    const asking = card.request(10, {}, stop.signal);
    expect(await asking).toMatchObject({ kind: "short", reason: "the agent is stopping" });
    expect(card.asked).toEqual(["llm:unload"]);
    expect(card.records[0]?.tookMs).toBe(1_000);
  });

  it("serves one request at a time per card, in order, and refuses a crowd", async () => {
    const card = simCard([{ id: "llm", gib: 10, moves: { unload: "frees late" } }]);
    const never = new AbortController().signal;
    const ask = (gpu: string) =>
      card.ladder.request({ requester: "job", gpu, bytesWanted: GIB, ceiling: "kill" }, never);
    const crowd = Array.from({ length: MAX_WAITING }, () => ask("GPU-a"));
    expect(await ask("GPU-a")).toEqual({ kind: "refused", reason: "too many evictions are waiting" });
    await vi.advanceTimersByTimeAsync(30_000);
    const kinds = (await Promise.all(crowd)).map(({ kind }) => kind);
    expect(kinds).toEqual(["freed", ...Array.from({ length: MAX_WAITING - 1 }, () => "refused")]);
    expect(card.asked).toEqual(["llm:unload"]);
  });

  it("holds exactly what the card lost, whatever its consumers do", async () => {
    const move = fc.constantFrom<Move>(
      "frees",
      "half",
      "lies",
      "fails",
      "busy",
      "idle",
      "throws",
      "frees late",
    );
    const moves = fc.dictionary(fc.constantFrom(...RUNGS), move) as fc.Arbitrary<Moves>;
    const row = fc.record({ gib: fc.integer({ min: 0, max: 40 }), moves });
    await fc.assert(
      fc.asyncProperty(
        fc.array(row, { maxLength: 5 }),
        fc.integer({ min: 1, max: 90 }),
        async (rows, wanted) => {
          const card = simCard(
            rows.map((each, index) => ({ ...each, id: `c${index}`, lastUsedAtMs: index })),
          );
          const beforeBytes = card.usedBytes();
          const result = await card.request(wanted);
          const lostBytes = beforeBytes - card.usedBytes();
          const freedBytes = result.kind === "refused" ? 0 : result.freedBytes;
          expect(freedBytes).toBe(lostBytes);
          expect(result.kind === "freed").toBe(lostBytes >= wanted * GIB);
          const heldBytes = card.holds.at(-1)?.[1] ?? 0;
          expect(heldBytes).toBe(result.kind === "freed" ? wanted * GIB : 0);
          expect(new Set(card.asked).size).toBe(card.asked.length);
        },
      ),
      { numRuns: 60 },
    );
  });
});

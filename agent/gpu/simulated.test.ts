import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { followJobs, SIMULATED_TOTAL_BYTES, type SimulatedLoad, simulateCard } from "./simulated.ts";

const GIB = 1024 ** 3;
const LOAD: SimulatedLoad = { pid: 7, vramBytes: 20 * GIB, startedBootMs: 1_000, endedBootMs: null };

function usedAt(bootMs: number, load: SimulatedLoad = LOAD): number {
  return simulateCard("alpha", [load], bootMs).processes?.[0]?.usedBytes ?? 0;
}

describe("the simulated card", () => {
  it("is a 96 GiB card that says of itself that it is simulated", () => {
    const { reading } = simulateCard("alpha", [], 0);
    expect(reading).toMatchObject({ totalBytes: 96 * GIB, source: "simulated", utilisationRatio: 0 });
    expect(reading.uuid).toMatch(/^GPU-sim-[0-9a-f]{16}$/);
    expect(reading.name).toMatch(/simulated/);
    expect(simulateCard("beta", [], 0).reading.uuid).not.toBe(reading.uuid);
  });

  it("is a function of seed, loads and time", () => {
    const at = fc.nat({ max: 1e7 });
    fc.assert(
      fc.property(fc.string(), at, (seed, bootMs) => {
        expect(simulateCard(seed, [LOAD], bootMs)).toEqual(simulateCard(seed, [LOAD], bootMs));
      }),
    );
    expect(usedAt(3_000)).not.toBe(simulateCard("beta", [LOAD], 3_000).processes?.[0]?.usedBytes);
  });

  it("rises to what the job asked for within a second and never past it", () => {
    expect(usedAt(1_000)).toBe(0);
    expect(usedAt(1_500) / LOAD.vramBytes).toBeCloseTo(0.5, 1);
    for (let bootMs = 2_000; bootMs < 12_000; bootMs += 170) {
      expect(usedAt(bootMs)).toBeLessThanOrEqual(LOAD.vramBytes);
      expect(usedAt(bootMs)).toBeGreaterThan(0.98 * LOAD.vramBytes);
    }
  });

  it("gives everything back within half a second of the end", () => {
    const ended = { ...LOAD, endedBootMs: 5_000 };
    expect(usedAt(5_250, ended) / LOAD.vramBytes).toBeCloseTo(0.5, 1);
    expect(simulateCard("alpha", [ended], 5_500)).toMatchObject({
      reading: { usedBytes: 0.5 * GIB, utilisationRatio: 0 },
      processes: [],
    });
  });

  it("reports sums and figures that a card could have", () => {
    const load = fc.record({
      pid: fc.nat(),
      vramBytes: fc.nat({ max: 200 * 1024 }).map((mib) => mib * 1024 ** 2),
      startedBootMs: fc.nat({ max: 5_000 }),
      endedBootMs: fc.option(fc.integer({ min: 5_000, max: 9_000 })),
    });
    fc.assert(
      fc.property(
        fc.array(load, { maxLength: 5 }),
        fc.integer({ min: 5_000, max: 9_999 }),
        (loads, bootMs) => {
          const { reading } = simulateCard("alpha", loads, bootMs);
          expect(reading.usedBytes).toBeLessThanOrEqual(SIMULATED_TOTAL_BYTES);
          expect(Number.isSafeInteger(reading.usedBytes)).toBe(true);
          expect(reading.utilisationRatio).toBeGreaterThanOrEqual(0);
          expect(reading.utilisationRatio).toBeLessThanOrEqual(1);
          expect(reading.temperatureC).toBeGreaterThan(25);
          expect(reading.powerW).toBeLessThan(650);
        },
      ),
    );
  });

  it("works and glows while jobs run", () => {
    const idle = simulateCard("alpha", [], 9_000).reading;
    const busy = simulateCard("alpha", [LOAD], 9_000).reading;
    expect(busy.utilisationRatio).toBeGreaterThan(0.5);
    expect(busy.powerW).toBeGreaterThan((idle.powerW ?? 0) + 200);
    expect(busy.temperatureC).toBeGreaterThan((idle.temperatureC ?? 0) + 15);
  });
});

describe("followJobs", () => {
  it("begins, ends and forgets loads as the jobs come and go", () => {
    const begun = followJobs([], [{ pid: 7, vramBytes: 5 }], 1_000);
    expect(begun).toEqual([{ pid: 7, vramBytes: 5, startedBootMs: 1_000, endedBootMs: null }]);
    const ended = followJobs(begun, [], 2_000);
    expect(ended).toEqual([{ pid: 7, vramBytes: 5, startedBootMs: 1_000, endedBootMs: 2_000 }]);
    expect(followJobs(ended, [], 2_400)).toEqual(ended);
    expect(followJobs(ended, [], 2_500)).toEqual([]);
  });
});

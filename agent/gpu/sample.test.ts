import { describe, expect, it } from "vitest";
import { READING } from "../../test/helpers/agent-world.ts";
import { sampleCards } from "./sample.ts";
import type { GpuCard } from "./sensor.ts";
import { simulateCard } from "./simulated.ts";

const tokenOf = (pid: number): number | null => ({ 10: 1, 11: 1, 20: 2 })[pid] ?? null;

type Share = readonly [pid: number, usedBytes: number | null];

function card(shares: readonly Share[] | null): GpuCard {
  const processes = shares?.map(([pid, usedBytes]) => ({ pid, usedBytes, name: null })) ?? null;
  return { ...simulateCard("alpha", [], 0), reading: READING, processes };
}

describe("sampleCards", () => {
  it("sums the processes of an attempt and leaves strangers to the foreign share", () => {
    const [sample] = sampleCards(
      [
        card([
          [10, 10],
          [11, 11],
          [20, 20],
          [99, 99],
        ]),
      ],
      tokenOf,
    );
    expect(sample?.usedByToken).toEqual(
      new Map([
        [1, 21],
        [2, 20],
      ]),
    );
  });

  it.each([
    { what: "no process is listed", shares: null },
    {
      what: "one process hides its bytes",
      shares: [
        [10, 5],
        [99, null],
      ] as const,
    },
  ])("knows nobody's share when $what", ({ shares }) => {
    expect(sampleCards([card(shares)], tokenOf)[0]?.usedByToken).toBe(null);
  });
});

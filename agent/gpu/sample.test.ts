import { describe, expect, it } from "vitest";
import { READING } from "../../test/helpers/agent-world.ts";
import { type OwnersOf, sampleCards } from "./sample.ts";
import type { GpuCard } from "./sensor.ts";
import { simulateCard } from "./simulated.ts";

const ownersOf: OwnersOf = ({ pid }) => {
  const id = ({ 10: "one", 11: "one", 20: "two" } as Readonly<Record<number, string>>)[pid];
  if (pid === 30)
    return [
      { id: "two", promisedBytes: 5 },
      { id: "three", promisedBytes: 5 },
    ];
  return id === undefined ? [] : [{ id, promisedBytes: 100 }];
};

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
      ownersOf,
    );
    expect(sample?.byConsumer).toEqual(
      new Map([
        ["one", 21],
        ["two", 20],
      ]),
    );
  });

  it("names strangers and what nobody answers for", () => {
    const reading = { ...READING, usedBytes: 1_000 };
    const [sample] = sampleCards(
      [
        {
          ...card([
            [98, 7],
            [99, 90],
          ]),
          reading,
          reservedBytes: 500,
        },
      ],
      ownersOf,
    );
    expect(sample?.foreign.map(({ pid, bytes }) => [pid, bytes])).toEqual([
      [99, 90],
      [98, 7],
    ]);
    expect(sample?.unattributedBytes).toBe(403);
  });

  it("gives a process behind several consumers to each up to its promise, the rest to the last", () => {
    const [sample] = sampleCards([card([[30, 17]])], ownersOf);
    expect(sample?.byConsumer).toEqual(
      new Map([
        ["two", 5],
        ["three", 12],
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
    expect(sampleCards([card(shares)], ownersOf)[0]?.byConsumer).toBe(null);
  });
});

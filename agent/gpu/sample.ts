/** Sample: whose VRAM a card's processes hold, as far as their parentage tells. Whoever is not ours is foreign. */
import type { CardSample } from "../core/telemetry.ts";
import type { GpuCard } from "./sensor.ts";

/** `tokenOf` answers for a pid: the attempt whose session it belongs to, or null. */
export function sampleCards(
  cards: readonly GpuCard[],
  tokenOf: (pid: number) => number | null,
): readonly CardSample[] {
  return cards.map(({ reading, processes }) => {
    // One process of unknown size makes every share of the card unknown.
    if (processes === null || processes.some(({ usedBytes }) => usedBytes === null)) {
      return { reading, usedByToken: null };
    }
    const usedByToken = new Map<number, number>();
    for (const { pid, usedBytes } of processes) {
      const token = tokenOf(pid);
      if (token !== null) usedByToken.set(token, (usedByToken.get(token) ?? 0) + (usedBytes ?? 0));
    }
    return { reading, usedByToken };
  });
}

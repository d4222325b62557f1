/** Card table: the latest row of each card, and which of them are the present. Pure. */

import { type CardMemory, createCardMemory } from "../probe/card.ts";
import type { GpuCard } from "../sensor.ts";
import type { GpuRow } from "./fields.ts";

export interface CardTable {
  add(row: GpuRow, nowMs: number): void;
  /** Whether rows are coming. */
  isFresh(nowMs: number): boolean;
  /** Cards of the present round; those that were there and are not any more are faulty for `trouble`. */
  cards(trouble: string | null): readonly GpuCard[];
}

/** A row older than this many periods is not the present. */
const FRESH_PERIODS = 3;
/** More than a box can hold: whatever invents UUIDs must not fill the memory. */
const MAX_CARDS = 64;

export function createCardTable(everyMs: number): CardTable {
  const rows = new Map<string, { readonly row: GpuRow; readonly atMs: number }>();
  const memory: CardMemory = createCardMemory();
  const freshMs = everyMs * FRESH_PERIODS;
  let newestMs = Number.NEGATIVE_INFINITY;
  return {
    add: (row, nowMs) => {
      const uuid = row.kind === "card" ? row.card.reading.uuid : row.uuid;
      if (!rows.has(uuid) && rows.size >= MAX_CARDS) return;
      rows.set(uuid, { row, atMs: nowMs });
      newestMs = nowMs;
    },
    isFresh: (nowMs) => nowMs - newestMs <= freshMs,
    cards: (trouble) => {
      const present = [...rows.values()].filter(({ atMs }) => newestMs - atMs <= freshMs);
      const cards = present.flatMap(({ row }) => (row.kind === "card" ? [row.card] : []));
      const faults = present.flatMap(({ row }) => (row.kind === "fault" ? [row.reason] : []));
      return memory.complete(cards, faults[0] ?? trouble);
    },
  };
}

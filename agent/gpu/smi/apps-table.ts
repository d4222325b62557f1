/**
 * Apps table: the processes of nvidia-smi's latest complete list. The query prints a block of rows per round and
 * nothing at all when no process holds VRAM, so rounds are told apart by the pause between them, and a long
 * pause means an empty list. Pure: whether the program still lives is not decided here.
 */
import type { AppRow } from "./fields.ts";

export interface AppsTable {
  add(row: AppRow, nowMs: number): void;
  /** Null until a first round can be over. */
  at(nowMs: number): readonly AppRow[] | null;
}

interface Round {
  readonly rows: AppRow[];
  lastMs: number;
}

/** Rows of one round follow each other faster. */
const ROUND_PAUSE_RATIO = 0.5;
/** A round is complete when nothing has followed for this part of the period. */
const SETTLED_RATIO = 0.1;
const EMPTY_RATIO = 1.5;
const MAX_ROWS = 4_096;

/** @param firstMs when the first round must have been printed, if it had any row */
export function createAppsTable(everyMs: number, firstMs: number): AppsTable {
  let complete: readonly AppRow[] | null = null;
  let open: Round | null = null;
  return {
    add: (row, nowMs) => {
      if (open !== null && nowMs - open.lastMs < everyMs * ROUND_PAUSE_RATIO) {
        if (open.rows.length < MAX_ROWS) open.rows.push(row);
        open.lastMs = nowMs;
        return;
      }
      complete = open?.rows ?? null;
      open = { rows: [row], lastMs: nowMs };
    },
    at: (nowMs) => {
      if (open === null) return nowMs < firstMs ? null : [];
      const pauseMs = nowMs - open.lastMs;
      if (pauseMs > everyMs * EMPTY_RATIO) return [];
      return pauseMs >= everyMs * SETTLED_RATIO ? open.rows : (complete ?? open.rows);
    },
  };
}

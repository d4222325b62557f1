/** Card: the ledger of a GH200 with consumers on it. */
import { applySample, book, createLedger, type Ledger, type VramClaim } from "../../shared/policy/ledger.ts";

const GIB = 1024 ** 3;
const TOTAL_BYTES = 96 * GIB;
const HOUR_MS = 3_600_000;

/** A quarter of the card is held, in equal parts. */
export function openCard(consumers: number, nowMs: number): Ledger {
  const budgets = { inference: TOTAL_BYTES * 0.75, tts: TOTAL_BYTES * 0.1, rendering: TOTAL_BYTES * 0.1 };
  const ledger = createLedger(TOTAL_BYTES, { ...budgets });
  for (let index = 0; index < consumers; index++) {
    book(ledger, claimOf(`held-${index}`, Math.floor(TOTAL_BYTES / 4 / consumers)), nowMs);
  }
  const byConsumer = new Map([...ledger.consumers.values()].map(({ id, bytes }) => [id, bytes]));
  applySample(ledger, { usedBytes: TOTAL_BYTES / 4, byConsumer, validForMs: 24 * HOUR_MS }, nowMs);
  return ledger;
}

export function claimOf(id: string, bytes: number): VramClaim {
  return {
    id,
    label: id,
    subsystem: "rendering",
    priority: "batch",
    bytes,
    evictable: true,
    resident: false,
    reloadMs: 0,
  };
}
